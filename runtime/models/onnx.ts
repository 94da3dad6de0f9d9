/** The second door of this folder: what loads ONNX Runtime, or decodes graphs. */
export { openFeeds } from './feeds.ts'
export { env } from './onnx-runtime.ts'
export {
  countOperations,
  fitOperations,
  settledGraph,
  weightlessModel,
} from './operations/index.ts'
export { detailOf, openSession, supportedProviders } from './session.ts'

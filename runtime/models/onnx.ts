/** The second door of this folder: what loads ONNX Runtime, or decodes graphs. */
export { cacheNames } from './decoder-inputs.ts'
export { openFeeds } from './feeds.ts'
export { env, Tensor } from './onnx-runtime.ts'
export {
  countOperations,
  fitOperations,
  settledGraph,
  weightlessModel,
} from './operations/index.ts'
export { detailOf, openSession, supportedProviders } from './session.ts'
export { openWholeDecoder, type WholeDecoder } from './whole-decoder.ts'

/** The second door of this folder: what loads ONNX Runtime, or decodes graphs. */
export { blockNames, cacheNames } from './decoder-inputs.ts'
export { openFeeds, sharedFeeds } from './feeds.ts'
export { type GpuTensors, zerosOnGpu } from './gpu-tensors.ts'
export { type LikelyToken, likeliest } from './likeliest.ts'
export { env, Tensor } from './onnx-runtime.ts'
export {
  countOperations,
  fitOperations,
  settledGraph,
  weightlessModel,
} from './operations/index.ts'
export {
  emptyPast,
  firstOf,
  type PastValues,
  pastFeeds,
  presentNames,
  presentOf,
  zeroPast,
} from './past-values.ts'
export { detailOf, openSession, supportedProviders } from './session.ts'
export { LEAST_MARGIN, leastMargin, openWholeDecoder, type WholeDecoder } from './whole-decoder.ts'
export { openWholeFile } from './whole-file.ts'

/** Files of models and how they are opened. What runs them, or counts their operations: onnx.ts. */
export { builtinContent } from './builtin-file.ts'
export { builtinWeightBytes } from './builtin-weights.ts'
export { type FoundDecoder, findDecoder } from './decoder-file.ts'
export {
  type BlockLayout,
  type Decoder,
  type DecoderLayout,
  type DecoderOptions,
  decoderOptions,
  type PastLayout,
  tokenBytes,
} from './decoder-inputs.ts'
export {
  type ExecutionProvider,
  executionProviderNames,
  executionProviders,
} from './execution-providers.ts'
export type { SharedInputs } from './feeds.ts'
export { contentOf, materialise, readOnnx } from './model-file.ts'
export { type InputSpec, type ModelFile, type ModelPlaces, requestDims } from './model-types.ts'
export { readSamplesShape } from './npy.ts'
export type { GraphInput, GraphValue, OnnxGraph } from './onnx-graph.ts'
export type { CountedBatch, GivenInput, NotCounted, OperationsFit } from './operations/index.ts'
export { isOutOfMemory } from './out-of-memory.ts'
export { halfValue, type Output, outputDifference } from './output-difference.ts'
export type { CalibrationInput, LeftOut, QuantisedFile } from './quantisation/quantised-file.ts'
export { quantiseApart } from './quantisation/quantised-file.ts'
export { type SessionOptions, sessionOptions } from './session-options.ts'
export { checkInputs } from './signature.ts'
export { bytesOf, elementsOf, elementsOfNumbers } from './tensor-data.ts'

export { countOperations, type NotCounted, type OperationCounts } from './count-operations.ts'
export {
  type CountedBatch,
  fitOperations,
  type OperationsFit,
  type OperationsWork,
} from './fit-operations.ts'
export { type SettledGraph, settledGraph } from './settled-graph.ts'
export { type GivenInput, type WeightlessModel, weightlessModel } from './weightless-model.ts'

export {
  countsBetween,
  expectAgreement,
  type ModelCounts,
  modelCounts,
  type SizeCounts,
} from './model-counts.ts'

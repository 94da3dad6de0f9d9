export { RecordProblem } from '../request-record.ts'
export {
  countsBetween,
  expectAgreement,
  type ModelCounts,
  modelCounts,
  type SizeCounts,
} from './model-counts.ts'

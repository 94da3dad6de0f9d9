export { canDecide, decide } from './decidable.ts'
export { measureThreads } from './measure.ts'
export type { MeasuredThread } from './noise-process.ts'
export { threadSummary } from './summary.ts'

export { canDecide, decide } from './decidable.ts'
export { measureThreads, threadSummary } from './measured-threads.ts'
export type { MeasuredThread } from './noise-process.ts'

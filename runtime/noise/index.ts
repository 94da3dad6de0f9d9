export { canDecide, decide } from './decidable.ts'
export { measureThreads } from './measured-threads.ts'
export type { MeasuredThread } from './noise-process.ts'
export { threadSummary } from './measured-threads.ts'

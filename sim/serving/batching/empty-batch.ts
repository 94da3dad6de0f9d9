import { type Batch, STATUS } from '../ports.ts'

/** The record of an executor's batches, before the first. */
export function emptyBatch(executor: number, maxBatch: number): Batch {
  const members = new Int32Array(maxBatch)
  return {
    executor,
    members,
    size: 0,
    length: 0,
    tokens: 0,
    oldestEnqueued: 0,
    dispatched: 0,
    started: 0,
    ended: 0,
    status: STATUS.ok,
  }
}

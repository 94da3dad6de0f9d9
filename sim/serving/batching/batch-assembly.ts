import type { PoolPlan } from '../plan.ts'
import { type Batch, type Ms, STATUS } from '../ports.ts'
import type { Requests } from '../requests.ts'
import type { Station } from '../routing/station.ts'
import type { Decision } from './index.ts'
import { paddedLength } from './padding.ts'

/** Where a batch comes from, and what it goes into. */
export interface BatchAssembly {
  readonly station: Station
  readonly requests: Requests
  batch: Batch
  /** whether one more of that length may join, after the first; null: all may */
  room: { takes(length: number): boolean } | null
}

/** The record of an executor's batches, before the first. */
export function emptyBatch(executor: number, maxBatch: number): Batch {
  return {
    executor,
    members: new Int32Array(maxBatch),
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

/** Takes requests of a group out of a queue into a batch that goes now. */
export function assembleBatch(
  now: Ms,
  { station, requests, batch, room }: BatchAssembly,
  decision: Decision,
) {
  const { take, group } = decision
  const { queue } = station
  const { members } = batch
  const idle = station.idleUntil(now)
  clear(batch)
  let size = 0
  for (; size < take; size++) {
    if (room !== null && size > 0) {
      if (!room.takes(requests.inputTokens[queue.peek(now, group)]!)) break
    }
    const request = queue.shift(now, group)
    members[size] = request
    requests.idleAtEnqueueMs[request] = idle - requests.idleAtEnqueueMs[request]!
    count(batch, requests, request)
  }
  station.running += size
  batch.size = size
  batch.dispatched = now
  batch.length = paddedLength(station.pool, batch.length)
}

/** Writes into a batch what its members make of it. */
export function describeBatch(
  batch: Batch,
  pool: Pick<PoolPlan, 'ragged' | 'padTo'>,
  requests: Requests,
): void {
  clear(batch)
  for (let i = 0; i < batch.size; i++) count(batch, requests, batch.members[i]!)
  batch.length = paddedLength(pool, batch.length)
}

function clear(batch: Batch): void {
  batch.length = 1
  batch.tokens = 0
  batch.oldestEnqueued = Number.POSITIVE_INFINITY
}

function count(batch: Batch, requests: Requests, request: number): void {
  const length = requests.inputTokens[request]!
  const enqueued = requests.enqueued[request]!
  batch.tokens += length
  if (length > batch.length) batch.length = length
  if (enqueued < batch.oldestEnqueued) batch.oldestEnqueued = enqueued
}

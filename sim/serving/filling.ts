import type { Decision } from './batching/index.ts'
import { padded } from './outlook.ts'
import type { PoolPlan } from './plan.ts'
import type { Batch, Ms } from './ports.ts'
import type { Requests } from './requests.ts'
import type { Station } from './station.ts'

/** Where a batch comes from, and what it goes into. */
export interface Filling {
  readonly station: Station
  readonly requests: Requests
  readonly batch: Batch
  /** whether one more of that length may join, after the first; null: all may */
  readonly room: { takes(length: number): boolean } | null
}

/** Takes requests of a lane out of a queue into a batch that goes now. */
export function fill(now: Ms, { station, requests, batch, room }: Filling, decision: Decision) {
  const { take, lane } = decision
  const { queue } = station
  const { members } = batch
  const idle = station.idleUntil(now)
  let size = 0
  for (; size < take; size++) {
    if (room !== null && size > 0) {
      if (!room.takes(requests.length[queue.peek(now, lane)]!)) break
    }
    const request = queue.shift(now, lane)
    members[size] = request
    requests.idle[request] = idle - requests.idle[request]!
  }
  station.running += size
  batch.size = size
  batch.dispatched = now
  describe(batch, station.pool, requests)
}

/** Writes into a batch what its members make of it. */
export function describe(
  batch: Batch,
  { ragged, padTo }: Pick<PoolPlan, 'ragged' | 'padTo'>,
  requests: Requests,
): void {
  const { members, size } = batch
  let longest = 1
  let tokens = 0
  let oldestCame = Number.POSITIVE_INFINITY
  for (let i = 0; i < size; i++) {
    const request = members[i]!
    const length = requests.length[request]!
    tokens += length
    if (length > longest) longest = length
    if (requests.enqueued[request]! < oldestCame) oldestCame = requests.enqueued[request]!
  }
  batch.length = ragged ? 0 : padded(longest, padTo)
  batch.tokens = tokens
  batch.oldestCame = oldestCame
}

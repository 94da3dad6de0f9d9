import type { Batching } from '../../scenarios/schema.ts'
import type { RunParts } from '../../sim/experiment/index.ts'
import type { RequestQueue } from '../../sim/serving/request-queue.ts'
import { Station } from '../../sim/serving/station.ts'
import { replaceMethod } from './method.ts'
import type { Mutant } from './mutant.ts'

/** Faults of queueing and batching. */
export const BATCHING_MUTANTS: readonly Mutant[] = [
  {
    name: 'max batch −1',
    fault: 'batches hold one request less than they may',
    change: (parts) => withBatching(parts, (batching) => withMaxBatch(batching, (max) => max - 1)),
  },
  {
    name: 'max batch doubled',
    fault: 'batches hold twice as many requests as they may',
    change: (parts) => withBatching(parts, (batching) => withMaxBatch(batching, (max) => 2 * max)),
  },
  {
    name: 'LIFO',
    fault: 'the newest requests of a queue go first',
    patch: () =>
      replaceMethod(
        Station.prototype,
        'decide',
        (decide) =>
          function (this: Station, now, out) {
            decide.call(this, now, out)
            // the newest come to the front, from where a batch is taken; the rest keeps its order
            if (out.take > 0) rotate(this.queue, this.queue.length - out.take)
          },
      ),
  },
  {
    name: 'window −10 %',
    fault: 'the batch window is a tenth too short',
    change: (parts) => withBatching(parts, (batching) => withWindow(batching, 0.9)),
  },
  {
    name: 'window +10 %',
    fault: 'the batch window is a tenth too long',
    change: (parts) => withBatching(parts, (batching) => withWindow(batching, 1.1)),
  },
  {
    name: 'window from the newest',
    fault: 'the batch window is counted from the newest request, not from the oldest',
    patch: () =>
      replaceMethod(
        Station.prototype,
        'decide',
        (decide) =>
          function (this: Station, now, out) {
            rotate(this.queue, this.queue.length - 1)
            decide.call(this, now, out)
            rotate(this.queue, 1)
          },
      ),
  },
]

function withBatching(parts: RunParts, change: (batching: Batching) => Batching): RunParts {
  const pools = parts.plan.pools.map((pool) => ({ ...pool, batching: change(pool.batching) }))
  return { ...parts, plan: { ...parts.plan, pools } }
}

function withMaxBatch(batching: Batching, change: (max: number) => number): Batching {
  switch (batching.policy) {
    case 'none':
      return batching
    case 'fixed':
      return { ...batching, batch: Math.max(1, change(batching.batch)) }
    case 'dynamic': {
      const max = Math.max(1, change(batching.max_batch))
      const preferred = batching.preferred.filter((size) => size <= max)
      return { ...batching, max_batch: max, preferred }
    }
  }
}

function withWindow(batching: Batching, factor: number): Batching {
  if (batching.policy !== 'dynamic') return batching
  return { ...batching, max_delay_ms: factor * batching.max_delay_ms }
}

/** Puts the first `count` requests of a queue behind the others. */
function rotate(queue: RequestQueue, count: number): void {
  for (let i = 0; i < count; i++) queue.push(queue.shift())
}

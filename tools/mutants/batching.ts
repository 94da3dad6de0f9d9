import type { RunParts } from '../../sim/experiment/index.ts'
import type { BatchingPlan, QueueView } from '../../sim/serving/index.ts'
import { RequestQueue } from '../../sim/serving/queue/request-queue.ts'
import { Station } from '../../sim/serving/routing/station.ts'
import { type Mutant, replaceMethods, withPools } from './mutant.ts'

/** Faults of queueing and batching. */
export const BATCHING_MUTANTS: readonly Mutant[] = [
  {
    name: 'max batch −1',
    fault: 'batches hold one request less than they may',
    change: (parts) => withMaxBatch(parts, (max) => max - 1),
  },
  {
    name: 'max batch doubled',
    fault: 'batches hold twice as many requests as they may',
    change: (parts) => withMaxBatch(parts, (max) => 2 * max),
  },
  {
    name: 'LIFO',
    fault: 'the newest requests of a queue go first',
    change: (parts) => withPools(parts, (pool) => ({ ...pool, order: { discipline: 'lifo' } })),
  },
  {
    name: 'window −10 %',
    fault: 'the batch window is a tenth too short',
    change: (parts) => withWindow(parts, 0.9),
  },
  {
    name: 'window +10 %',
    fault: 'the batch window is a tenth too long',
    change: (parts) => withWindow(parts, 1.1),
  },
  {
    name: 'window from the newest',
    fault: 'the batch window is counted from the newest request, not from the oldest',
    patch: countFromNewest,
  },
]

function withBatching(parts: RunParts, change: (batching: BatchingPlan) => BatchingPlan): RunParts {
  return withPools(parts, (pool) => ({ ...pool, batching: change(pool.batching) }))
}

function withMaxBatch(parts: RunParts, change: (max: number) => number): RunParts {
  const changed = (max: number) => Math.max(1, change(max))
  return withBatching(parts, (batching) => {
    if (batching.policy === 'none') return batching
    if (batching.policy === 'fixed') return { ...batching, batch: changed(batching.batch) }
    const maxBatch = changed(batching.maxBatch)
    if (batching.policy !== 'dynamic') return { ...batching, maxBatch }
    const preferred = batching.preferred.filter((size) => size <= maxBatch)
    return { ...batching, maxBatch, preferred }
  })
}

function withWindow(parts: RunParts, factor: number): RunParts {
  return withBatching(parts, (batching) =>
    'maxDelayMs' in batching ? { ...batching, maxDelayMs: factor * batching.maxDelayMs } : batching,
  )
}

/** The view of a station for its policy, with some values replaced. */
function viewOf(station: Station, values: Partial<QueueView>): QueueView {
  return new Proxy(station, {
    get: (target, key) => Reflect.get(key in values ? values : target, key, target),
  })
}

/** Makes the window start at the newest request, which is last in the queue. */
function countFromNewest(): () => void {
  const newestAt = new WeakMap<RequestQueue, number>()
  const undoPush = replaceMethods(RequestQueue.prototype, {
    push: (push) =>
      function (this: RequestQueue, now, request) {
        newestAt.set(this, now)
        push.call(this, now, request)
      },
  })
  const undoDecide = replaceMethods(Station.prototype, {
    decide: () =>
      function (this: Station, now, out) {
        const windowCloses = newestAt.get(this.queue)! + this.batcher.windowMs
        this.batcher.decide(viewOf(this, { windowCloses }), now, out)
      },
  })
  return () => {
    undoDecide()
    undoPush()
  }
}

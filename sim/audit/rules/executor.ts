import type { Evidence, SeenBatch, SeenQueue } from '../evidence.ts'
import { type Findings, ms } from '../findings.ts'
import type { Rule } from '../rule.ts'

export const executor: Rule = {
  rule: 'executor',
  promise: 'an executor has one batch at a time, of its own queue; the one free longest is taken',
  check({ queues }: Evidence, found: Findings) {
    for (const queue of queues) {
      // engines run many at once
      if (queue.pool.generation === undefined) checkQueue(queue, found)
    }
  },
}

function checkQueue(queue: SeenQueue, found: Findings): void {
  const { firstExecutor, executors } = queue
  const freeSince = new Float64Array(executors).fill(Number.NEGATIVE_INFINITY)
  const last: (SeenBatch | undefined)[] = Array.from({ length: executors })
  const freeFor = ({ executor }: SeenBatch) => freeSince[executor - firstExecutor] ?? Number.NaN
  for (const batch of inTurn(queue.batches, freeFor)) {
    found.checked++
    const { executor, dispatched, members } = batch
    const own = executor - firstExecutor
    if (!(own >= 0 && own < executors)) {
      found.violated(
        members,
        () => `ran on executor ${executor}, which does not serve queue ${queue.number}`,
      )
      continue
    }
    if (dispatched < freeSince[own]!) {
      const other = last[own]!
      found.violated(
        [...other.members, ...members],
        () =>
          `executor ${executor} was given the batch of request ${members[0]} at ` +
          `${ms(dispatched)}, but had that of ${other.members[0]} until ${ms(other.done)}`,
      )
    }
    const longest = longestFree(freeSince)
    // one that was free before `own` became free was free when the batch went
    if (freeSince[longest]! < freeSince[own]!) {
      found.violated(
        members,
        () =>
          `went to executor ${executor} at ${ms(dispatched)}, free since ` +
          `${ms(freeSince[own]!)}; executor ${firstExecutor + longest} had been free for longer`,
      )
    }
    freeSince[own] = batch.done
    last[own] = batch
  }
}

/**
 * Batches by dispatch. Rows do not tell which of one instant went first: so it was the one whose
 * executor had been free for longest.
 */
function* inTurn(
  batches: readonly SeenBatch[],
  freeSince: (batch: SeenBatch) => number,
): Generator<SeenBatch> {
  for (let from = 0, to = 0; from < batches.length; from = to) {
    const { dispatched } = batches[from]!
    while (to < batches.length && batches[to]!.dispatched === dispatched) to++
    const left = batches.slice(from, to)
    while (left.length > 0) {
      const first = left.reduce((a, b) => (freeSince(b) < freeSince(a) ? b : a))
      left.splice(left.indexOf(first), 1)
      yield first
    }
  }
}

function longestFree(freeSince: Float64Array): number {
  let longest = 0
  for (let i = 1; i < freeSince.length; i++) {
    if (freeSince[i]! < freeSince[longest]!) longest = i
  }
  return longest
}

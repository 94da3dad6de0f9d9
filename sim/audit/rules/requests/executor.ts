import type { Evidence, SeenQueue } from '../../evidence/evidence.ts'
import type { SeenBatch } from '../../evidence/seen-batch.ts'
import { type Findings, ms } from '../../findings.ts'
import { isSwappable, maySplitBatches } from '../../promises/memory-asked.ts'
import type { Rule } from '../../rule.ts'

export const executor: Rule = {
  rule: 'executor',
  promise: 'an executor has one batch at a time, of its own queue; the one free longest is taken',
  check(seen: Evidence, found: Findings) {
    for (const queue of seen.queues) {
      // engines run many requests at once
      if (queue.pool.generation !== undefined) continue
      if (maySplitBatches(queue)) checkHalves(seen, queue, found)
      // rows do not show when weights were loaded, and so which executor was free longest
      else checkQueue(queue, { inTurn: !isSwappable(seen.promises, queue) }, found)
    }
  },
}

/** Parts of one batch run one after the other; each records its own start. */
function checkHalves({ rows }: Evidence, queue: SeenQueue, found: Findings): void {
  const { batches, firstExecutor, executors, number } = queue
  const last = new Map<number, SeenBatch>()
  const order = ({ members }: SeenBatch) => rows.batch[members[0]!]!
  for (const batch of batches.toSorted((a, b) => a.done - b.done || order(a) - order(b))) {
    found.checked++
    const { executor, members } = batch
    if (!(executor >= firstExecutor && executor < firstExecutor + executors)) {
      found.violated(
        members,
        () => `ran on executor ${executor}, which does not serve queue ${number}`,
      )
    }
    const before = last.get(executor)
    const began = rows.started[members[0]!]!
    if (before !== undefined && began < before.done) {
      found.violated(
        [...before.members, ...members],
        () =>
          `executor ${executor} began with the batch of request ${members[0]} at ${ms(began)}, ` +
          `but had that of ${before.members[0]} until ${ms(before.done)}`,
      )
    }
    last.set(executor, batch)
  }
}

function checkQueue(
  queue: SeenQueue,
  { inTurn: longestFirst }: { readonly inTurn: boolean },
  found: Findings,
): void {
  const { firstExecutor, executors } = queue
  const freeSince = new Float64Array(executors).fill(Number.NEGATIVE_INFINITY)
  const last: (SeenBatch | undefined)[] = Array.from({ length: executors })
  for (const batch of queue.batches) {
    found.checked++
    const { executor, dispatched, members } = batch
    const index = executor - firstExecutor
    if (!(index >= 0 && index < executors)) {
      found.violated(
        members,
        () => `ran on executor ${executor}, which does not serve queue ${queue.number}`,
      )
      continue
    }
    if (dispatched < freeSince[index]!) {
      const previous = last[index]!
      found.violated(
        [...previous.members, ...members],
        () =>
          `executor ${executor} was given the batch of request ${members[0]} at ` +
          `${ms(dispatched)}, but had that of ${previous.members[0]} until ${ms(previous.done)}`,
      )
    }
    const longest = longestFree(freeSince)
    // an executor that became free earlier was also free when the batch was dispatched
    if (longestFirst && freeSince[longest]! < freeSince[index]!) {
      found.violated(
        members,
        () =>
          `went to executor ${executor} at ${ms(dispatched)}, free since ` +
          `${ms(freeSince[index]!)}; executor ${firstExecutor + longest} had been free for longer`,
      )
    }
    freeSince[index] = batch.done
    last[index] = batch
  }
}

function longestFree(freeSince: Float64Array): number {
  let longest = 0
  for (let i = 1; i < freeSince.length; i++) {
    if (freeSince[i]! < freeSince[longest]!) longest = i
  }
  return longest
}

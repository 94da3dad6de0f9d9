import type { Evidence, SeenQueue } from '../../evidence/evidence.ts'
import type { SeenBatch } from '../../evidence/seen-batch.ts'
import { type Findings, ms } from '../../findings.ts'
import { comesAndGoes, goesInHalves } from '../../promises/memory-asked.ts'
import type { Rule } from '../../rule.ts'

export const executor: Rule = {
  rule: 'executor',
  promise: 'an executor has one batch at a time, of its own queue; the one free longest is taken',
  check(seen: Evidence, found: Findings) {
    for (const queue of seen.queues) {
      // engines run many at once
      if (queue.pool.generation !== undefined) continue
      if (goesInHalves(queue)) checkHalves(seen, queue, found)
      // when weights came is not in the rows, so nobody knows who was free for longest
      else checkQueue(queue, { inTurn: !comesAndGoes(seen.promises, queue) }, found)
    }
  },
}

/** Parts of one batch go one after the other; each says itself when it began. */
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
    if (longestFirst && freeSince[longest]! < freeSince[own]!) {
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

function longestFree(freeSince: Float64Array): number {
  let longest = 0
  for (let i = 1; i < freeSince.length; i++) {
    if (freeSince[i]! < freeSince[longest]!) longest = i
  }
  return longest
}

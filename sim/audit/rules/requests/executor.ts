import type { Evidence, SeenQueue } from '../../evidence/evidence.ts'
import type { SeenBatch } from '../../evidence/seen-batch.ts'
import { type Findings, ms, type Rule } from '../../findings.ts'
import { isSwappable, maySplitBatches } from '../../promises/memory-asked.ts'

export const executor: Rule = {
  rule: 'executor',
  promise: 'an executor has one batch of its own queue at a time; the longest idle one goes first',
  check(evidence, findings) {
    for (const queue of evidence.queues) {
      // engines run many requests at once
      if (queue.pool.generation !== undefined) continue
      if (maySplitBatches(queue)) checkHalves(evidence, queue, findings)
      // rows do not show when weights were loaded, and so which executor was free longest
      else checkQueue(queue, { inTurn: !isSwappable(evidence.promises, queue) }, findings)
    }
  },
}

/** Parts of one batch run one after the other; each records its own start. */
function checkHalves({ rows }: Evidence, queue: SeenQueue, findings: Findings): void {
  const last = new Map<number, SeenBatch>()
  const order = ({ members }: SeenBatch) => rows.batch[members[0]!]!
  for (const batch of queue.batches.toSorted((a, b) => a.done - b.done || order(a) - order(b))) {
    findings.checked++
    const { executor, members } = batch
    checkServes(queue, batch, findings)
    const before = last.get(executor)
    const began = rows.started[members[0]!]!
    if (before !== undefined && began < before.done) {
      overlap(before, batch, began, findings)
    }
    last.set(executor, batch)
  }
}

function checkQueue(
  queue: SeenQueue,
  { inTurn: longestFirst }: { readonly inTurn: boolean },
  findings: Findings,
): void {
  const { firstExecutor, executors, absences } = queue
  const freeSince = new Float64Array(executors).fill(Number.NEGATIVE_INFINITY)
  const last: (SeenBatch | undefined)[] = Array.from({ length: executors })
  for (const batch of queue.batches) {
    findings.checked++
    const { executor, dispatched, members } = batch
    const index = executor - firstExecutor
    if (!checkServes(queue, batch, findings)) continue
    if (dispatched < freeSince[index]!) overlap(last[index]!, batch, dispatched, findings)
    if (absences.any) {
      if (absences.isAbsentAround(index, dispatched)) absent(batch, findings)
      for (let i = 0; i < executors; i++) {
        const back = absences.backAt(i, dispatched)
        if (back > freeSince[i]!) freeSince[i] = back
      }
    }
    const isAway = (place: number) => absences.any && absences.isAbsent(place, dispatched)
    const longest = longestFree(freeSince, isAway, index)
    // an executor that became free earlier was also free when the batch was dispatched
    if (longestFirst && freeSince[longest]! < freeSince[index]!) {
      findings.violated(
        members,
        () =>
          `dispatched to executor ${executor} at ${ms(dispatched)}, free since ` +
          `${ms(freeSince[index]!)}; executor ${firstExecutor + longest} was free for longer`,
      )
    }
    freeSince[index] = batch.done
    last[index] = batch
  }
}

function absent({ members, executor, dispatched }: SeenBatch, findings: Findings): void {
  findings.violated(
    members,
    () => `dispatched to executor ${executor} at ${ms(dispatched)}, which was away then`,
  )
}

/** Whether the executor of a batch serves its queue. */
function checkServes(
  { firstExecutor, executors, number }: SeenQueue,
  { executor, members }: SeenBatch,
  findings: Findings,
): boolean {
  const serves = executor >= firstExecutor && executor < firstExecutor + executors
  const text = () => `ran on executor ${executor}, which does not serve queue ${number}`
  if (!serves) findings.violated(members, text)
  return serves
}

/** Reports a batch that began at `at`, before the end of the one before it on its executor. */
function overlap(
  before: SeenBatch,
  { executor, members }: SeenBatch,
  at: number,
  findings: Findings,
) {
  findings.violated([...before.members, ...members], () => {
    const batchBefore = `that of request ${before.members[0]} until ${ms(before.done)}`
    return `executor ${executor} began the batch of request ${members[0]} at ${ms(at)}, but had ${batchBefore}`
  })
}

/** Of those that are not away; of equals `first`. */
function longestFree(
  freeSince: Float64Array,
  isAway: (place: number) => boolean,
  first: number,
): number {
  let longest = first
  for (let i = 0; i < freeSince.length; i++) {
    if (freeSince[i]! < freeSince[longest]! && !isAway(i)) longest = i
  }
  return longest
}

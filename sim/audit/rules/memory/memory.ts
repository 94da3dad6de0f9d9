import type { Evidence, SeenQueue } from '../../evidence/evidence.ts'
import type { SeenBatch } from '../../evidence/seen-batch.ts'
import { type Findings, ms } from '../../findings.ts'
import {
  asked,
  comesAndGoes,
  goesInHalves,
  memoryOf,
  residentBytes,
} from '../../promises/memory-asked.ts'
import type { Rule } from '../../rule.ts'
import { saidOf } from '../admission/refused.ts'

/** A batch as it stands on a device. */
interface Held {
  readonly batch: SeenBatch
  readonly from: number
  readonly bytes: number
}

/**
 * Weights that stay, and of models that come and go those that surely are there: of the batches
 * that run. Which of one instant came first rows do not tell, so an end makes room for a beginning.
 */
export const memory: Rule = {
  rule: 'memory',
  promise: 'weights and running batches fit their device, or arena; who never could is shed',
  check(seen: Evidence, found: Findings) {
    checkRefusals(seen, found)
    checkArenas(seen, found)
    for (const [device, { limitBytes }] of seen.promises.devices.entries()) {
      if (limitBytes < Number.POSITIVE_INFINITY) checkDevice(seen, device, found)
    }
  },
}

function checkRefusals(seen: Evidence, found: Findings): void {
  const { rows, queues, promises } = seen
  for (const queue of queues) {
    const own = memoryOf(queue)
    // of a model that a scenario does not describe nobody knows what a request asks for
    if (own === null || own.sums.length === 0) continue
    const device = own.devices[queue.firstExecutor - firstOf(seen, queue.poolIndex)]!
    const others = staying(seen, device) - (comesAndGoes(promises, queue) ? 0 : residentBytes(own))
    const beside = promises.devices[device]!.limitBytes - others - residentBytes(own)
    const left = beside < 0 ? beside : (own.arena?.bytes ?? beside)
    for (const key of [...queue.joined, ...queue.shed]) {
      const said = saidOf(rows, key, 'memory')
      if (said === null) continue
      found.checked++
      const length = Math.max(1, rows.length[key]!)
      const { padTo, ragged } = queue.pool
      const bytes = asked(own, 1, ragged ? length : Math.ceil(length / padTo) * padTo)
      if (bytes <= left === (said === 'passed')) continue
      found.violated([key], () => {
        const what = said === 'refused' ? 'was shed for its size' : 'was let in'
        return `request ${key} ${what}; it asks for ${bytes} bytes, of which there are ${left}`
      })
    }
  }
}

/** An arena holds one batch at a time, so each has all of it. */
function checkArenas(seen: Evidence, found: Findings): void {
  for (const queue of seen.queues) {
    const own = memoryOf(queue)
    if (own === null || own.arena === null) continue
    for (const batch of queue.batches) {
      const needed = neededBy(seen, queue, batch)
      if (needed === null) continue
      found.checked++
      if (needed <= own.arena.bytes) continue
      const has = own.arena.bytes
      found.violated(batch.members, () => `${needed} bytes are asked for of an arena of ${has}`)
    }
  }
}

function checkDevice(seen: Evidence, device: number, found: Findings): void {
  const { promises } = seen
  const limit = promises.devices[device]!.limitBytes
  const always = staying(seen, device)
  const held = heldOn(seen, device)
  let running: Held[] = []
  for (const one of held) {
    found.checked++
    // of what begins and ends at one instant nobody knows beside whom it was
    running = running.filter(({ batch, from }) => batch.done > one.from && from < batch.done)
    running.push(one)
    const sum = running.reduce((total, { bytes }) => total + bytes, always)
    if (sum <= limit) continue
    const keys = running.flatMap(({ batch }) => batch.members)
    const { name } = promises.devices[device]!
    found.violated(
      keys,
      () => `${sum} bytes are asked for on ${name} at ${ms(one.from)}; it has ${limit}`,
    )
  }
}

/** The batches on a device in the order in which they began, with what they keep there. */
function heldOn(seen: Evidence, device: number): Held[] {
  const { rows, queues, promises } = seen
  const held: Held[] = []
  for (const queue of queues) {
    const own = memoryOf(queue)
    if (own === null) continue
    const resident = comesAndGoes(promises, queue) ? residentBytes(own) : 0
    const first = firstOf(seen, queue.poolIndex)
    for (const batch of queue.batches) {
      if (own.devices[batch.executor - first] !== device) continue
      // halves of one batch go one after the other
      const from = goesInHalves(queue) ? rows.started[batch.members[0]!]! : batch.dispatched
      const needed = own.arena === null ? (neededBy(seen, queue, batch) ?? 0) : 0
      held.push({ batch, from, bytes: resident + needed })
    }
  }
  return held.sort((a, b) => a.from - b.from || a.batch.done - b.batch.done)
}

/** Null for half of a ragged batch: by the mean of its lengths it may be more than the whole. */
function neededBy({ rows }: Evidence, queue: SeenQueue, { members }: SeenBatch): number | null {
  const { ragged } = queue.pool
  if (ragged && goesInHalves(queue)) return null
  const tokens = members.reduce((sum, one) => sum + rows.length[one]!, 0)
  const length = ragged ? tokens / members.length : rows.padded[members[0]!]!
  return asked(memoryOf(queue)!, members.length, length)
}

/** Bytes of the weights that are on a device from the beginning to the end. */
function staying({ promises }: Evidence, device: number): number {
  let sum = 0
  for (const { memory: own } of promises.pools) {
    if (own === undefined || (promises.devices[device]!.residency !== null && !own.pinned)) continue
    sum += residentBytes(own) * own.devices.filter((one) => one === device).length
  }
  return sum
}

/** The first executor of a pool. */
function firstOf({ queues }: Evidence, pool: number): number {
  return queues.find(({ poolIndex }) => poolIndex === pool)!.firstExecutor
}

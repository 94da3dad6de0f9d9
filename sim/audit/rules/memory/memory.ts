import type { Evidence, SeenQueue } from '../../evidence/evidence.ts'
import type { SeenBatch } from '../../evidence/seen-batch.ts'
import { count, type Findings, ms, type Rule } from '../../findings.ts'
import {
  isSwappable,
  maySplitBatches,
  memoryOf,
  requestedBytes,
  residentBytes,
} from '../../promises/memory-asked.ts'
import { admissionDecision } from '../admission/refused.ts'
import { checkReloads } from './reloads.ts'

/** A batch and its bytes on a device. */
interface Held {
  readonly batch: SeenBatch
  readonly from: number
  readonly bytes: number
}

/**
 * Counts the weights that are loaded throughout, and those of swappable models while their batches
 * run. Rows do not show the order of events at one instant, so ends count before starts.
 */
export const memory: Rule = {
  rule: 'memory',
  promise:
    'weights and batches fit; what never could is shed; models are loaded before their batches',
  check(evidence, findings) {
    checkRefusals(evidence, findings)
    checkArenas(evidence, findings)
    checkReloads(evidence, findings)
    for (const [device, { limitBytes }] of evidence.promises.devices.entries()) {
      if (limitBytes < Number.POSITIVE_INFINITY) checkDevice(evidence, device, findings)
    }
  },
}

function checkRefusals(evidence: Evidence, findings: Findings): void {
  const { rows, queues, promises } = evidence
  for (const queue of queues) {
    const promised = memoryOf(queue)
    // the scenario does not have the memory of a model from a file
    if (promised === null || promised.sums.length === 0) continue
    const device = promised.devices[queue.firstExecutor - firstOf(evidence, queue.poolIndex)]!
    const others =
      staying(evidence, device) - (isSwappable(promises, queue) ? 0 : residentBytes(promised))
    const beside = promises.devices[device]!.limitBytes - others - residentBytes(promised)
    const left = beside < 0 ? beside : (promised.arena?.bytes ?? beside)
    for (const key of [...queue.joined, ...queue.shed]) {
      const decision = admissionDecision(rows, key, 'memory')
      if (decision === null) continue
      const length = Math.max(1, rows.inputTokens[key]!)
      const { padTo, ragged } = queue.pool
      const bytes = requestedBytes(promised, 1, ragged ? length : Math.ceil(length / padTo) * padTo)
      findings.check(bytes <= left === (decision === 'passed'), [key], () => {
        const what = decision === 'refused' ? 'was shed for its size' : 'was admitted'
        return `request ${key} ${what}; it requests ${bytes} bytes of ${left}`
      })
    }
  }
}

/** An arena has one batch at a time, which may use all of it. */
function checkArenas(evidence: Evidence, findings: Findings): void {
  for (const queue of evidence.queues) {
    const promised = memoryOf(queue)
    if (promised === null || promised.arena === null) continue
    for (const batch of queue.batches) {
      const needed = neededBy(evidence, queue, batch)
      if (needed === null) continue
      const has = promised.arena.bytes
      const text = () => `${needed} bytes requested from an arena of ${has}`
      findings.check(needed <= has, batch.members, text)
    }
  }
}

function checkDevice(evidence: Evidence, device: number, findings: Findings): void {
  const { promises } = evidence
  const limit = promises.devices[device]!.limitBytes
  const always = staying(evidence, device)
  const held = heldOn(evidence, device)
  let running: Held[] = []
  for (const starting of held) {
    // batches that begin and end at one instant may or may not have overlapped
    running = running.filter(({ batch, from }) => batch.done > starting.from && from < batch.done)
    running.push(starting)
    const sum = running.reduce((total, { bytes }) => total + bytes, always)
    const keys = () => running.flatMap(({ batch }) => batch.members)
    findings.check(sum <= limit, keys, () => {
      const { name } = promises.devices[device]!
      return `${count(sum)} bytes requested on ${name} at ${ms(starting.from)}; it has ${count(limit)}`
    })
  }
}

/** The batches on a device in the order of their starts, with their bytes on it. */
function heldOn(evidence: Evidence, device: number): Held[] {
  const { rows, queues, promises } = evidence
  const held: Held[] = []
  for (const queue of queues) {
    const promised = memoryOf(queue)
    if (promised === null) continue
    const resident = isSwappable(promises, queue) ? residentBytes(promised) : 0
    const first = firstOf(evidence, queue.poolIndex)
    for (const batch of queue.batches) {
      if (promised.devices[batch.executor - first] !== device) continue
      // halves of a batch run one after the other
      const from = maySplitBatches(queue) ? rows.started[batch.members[0]!]! : batch.dispatched
      const needed = promised.arena === null ? (neededBy(evidence, queue, batch) ?? 0) : 0
      held.push({ batch, from, bytes: resident + needed })
    }
  }
  return held.sort((a, b) => a.from - b.from || a.batch.done - b.batch.done)
}

/**
 * Null for half of a ragged batch: computed with its mean length, it may need more than the whole
 * batch.
 */
function neededBy({ rows }: Evidence, queue: SeenQueue, { members }: SeenBatch): number | null {
  const { ragged } = queue.pool
  if (ragged && maySplitBatches(queue)) return null
  const tokens = members.reduce((sum, key) => sum + rows.inputTokens[key]!, 0)
  const length = ragged ? tokens / members.length : rows.padded[members[0]!]!
  return requestedBytes(memoryOf(queue)!, members.length, length)
}

/** Bytes of the weights that are on a device throughout the run. */
function staying({ promises }: Evidence, device: number): number {
  let sum = 0
  for (const { memory: promised } of promises.pools) {
    if (
      promised === undefined ||
      (promises.devices[device]!.residency !== null && !promised.pinned)
    )
      continue
    sum += residentBytes(promised) * promised.devices.filter((number) => number === device).length
  }
  return sum
}

function firstOf({ queues }: Evidence, pool: number): number {
  return queues.find(({ poolIndex }) => poolIndex === pool)!.firstExecutor
}

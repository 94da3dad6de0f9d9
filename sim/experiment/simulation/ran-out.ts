import { OUTCOME } from '../../serving/index.ts'
import type { Rows, SpaceSummary } from '../../stats/index.ts'
import type { Check } from '../comparison/verdicts.ts'

/** What was done about memory that ran out, in all runs. */
interface RanOut {
  /** arenas gave back what they did not use; a replay cannot tell */
  readonly shrunk: number
  readonly split: number
  readonly failed: number
}

/** Of simulated runs. */
export function simulatedRanOut(runs: readonly (readonly SpaceSummary[])[]): RanOut {
  const counts = runs.flatMap((spaces) => spaces.map((space) => space.counts))
  const sum = (key: keyof RanOut) => counts.reduce((all, own) => all + own[key], 0)
  return { shrunk: sum('shrunk'), split: sum('split'), failed: sum('failed') }
}

/**
 * Of replays, by their rows: parts of a batch were sent to their executor at one instant. `on`: the
 * executors that are meant; all where it is left out.
 */
export function measuredRanOut(runs: readonly Rows[], on?: readonly number[]): RanOut {
  let split = 0
  let failed = 0
  for (const { count, columns } of runs) {
    const { batch, executor, dispatched, outcome } = columns
    const sent = new Set<string>()
    const batches = new Set<number>()
    const lost = new Set<number>()
    for (let key = 0; key < count; key++) {
      const own = batch[key]!
      if (own < 0 || on?.includes(executor[key]!) === false) continue
      batches.add(own)
      sent.add(`${executor[key]} ${dispatched[key]}`)
      if (outcome[key] === OUTCOME.failed) lost.add(own)
    }
    split += batches.size - sent.size
    failed += lost.size
  }
  return { shrunk: 0, split, failed }
}

/** A check with the reason why it may fail: memory ran out in one world alone. */
export function explained(check: Check, simulated: RanOut, measured: RanOut): Check {
  const [told, read] = [said(simulated), said(measured)]
  if ((told === '') === (read === '')) return check
  const where =
    told === ''
      ? `in replays alone (${read})`
      : `in simulations alone (${told}), as no arena of a replay keeps a limit`
  return { ...check, reason: `${check.reason}; memory ran out ${where}` }
}

function said({ shrunk, split, failed }: RanOut): string {
  const counts = { 'batches split': split, 'batches failed': failed, 'arenas shrunk': shrunk }
  return Object.entries(counts)
    .flatMap(([what, n]) => (n > 0 ? [`${what}: ${n}`] : []))
    .join(', ')
}

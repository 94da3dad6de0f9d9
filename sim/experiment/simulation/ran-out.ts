import { OUTCOME } from '../../serving/index.ts'
import type { Rows, SpaceSummary } from '../../stats/index.ts'
import type { Check } from '../comparison/verdicts.ts'
import { grouped } from '../system/crowd.ts'

/** Remedies for a lack of memory, in all runs. */
interface RanOut {
  /** arenas that released unused memory; not observable in a replay */
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
    const { batch, executor, dispatched, outcome, outputTokens } = columns
    const sent = new Set<string>()
    const batches = new Set<number>()
    const lost = new Set<number>()
    for (let key = 0; key < count; key++) {
      const own = batch[key]!
      // an engine gives several sequences a slot at once, and no sequence is split
      if (own < 0 || outputTokens[key]! > 0) continue
      if (on?.includes(executor[key]!) === false) continue
      batches.add(own)
      sent.add(`${executor[key]} ${dispatched[key]}`)
      if (outcome[key] === OUTCOME.failed) lost.add(own)
    }
    split += batches.size - sent.size
    failed += lost.size
  }
  return { shrunk: 0, split, failed }
}

/** A check with a reason why it may fail: memory ran out only in simulations, or in replays. */
export function explained(check: Check, simulated: RanOut, measured: RanOut): Check {
  const [inSimulations, inReplays] = [remediesText(simulated), remediesText(measured)]
  if ((inSimulations === '') === (inReplays === '')) return check
  const where =
    inSimulations === ''
      ? `only in replays (${inReplays})`
      : `only in simulations (${inSimulations}); arenas of a replay have no limit`
  return { ...check, reason: `${check.reason}; memory ran out ${where}` }
}

function remediesText({ shrunk, split, failed }: RanOut): string {
  const counts = { 'batches split': split, 'batches failed': failed, 'arenas shrunk': shrunk }
  return Object.entries(counts)
    .flatMap(([what, n]) => (n > 0 ? [`${what}: ${grouped(n)}`] : []))
    .join(', ')
}

import type { ControlKernel, ErrorSplit, PercentileComparison } from '../../documents/index.ts'
import { log } from '../../kernel/index.ts'
import { percentileLabel } from '../../stats/index.ts'

/** The largest part of the error at each percentile, in words: "at p50, p90: ...; at p95: ...". */
export function causesText(
  rows: readonly Pick<PercentileComparison, 'p' | 'split'>[],
  control: ControlKernel,
): string {
  const labels = new Map<string, string[]>()
  for (const { p, split } of rows) {
    if (split === null) continue
    const cause = causeText(largestPart(split), control)
    labels.set(cause, [...(labels.get(cause) ?? []), percentileLabel(p)])
  }
  return [...labels].map(([cause, at]) => `at ${at.join(', ')}: ${cause}`).join('; ')
}

/** The part that adds most to the error: parts of the other sign make it smaller. */
function largestPart(split: ErrorSplit): keyof ErrorSplit {
  const parts = Object.entries(split) as [keyof ErrorSplit, number | null][]
  const sign = Math.sign(parts.reduce((sum, [, part]) => sum + (part ?? 0), 0))
  const size = ([, part]: (typeof parts)[number]) => sign * (part ?? 0)
  return parts.reduce((most, part) => (size(part) > size(most) ? part : most))[0]
}

function causeText(part: keyof ErrorSplit, control: ControlKernel): string {
  if (part === 'structure') return 'queueing, batching and overheads'
  if (part === 'noise') return 'stalls and chance of these replays'
  if (part === 'drift') return driftText(control)
  return control.unknown === null
    ? "the profile's service times"
    : "the profile's service times or a change of the machine"
}

/** "the machine is 6 % slower than when ...", of the pool whose machine changed most. */
function driftText({ pools }: ControlKernel): string {
  const changes = pools.map(({ pool, profile_ms, replays_ms }) => ({
    pool,
    before: profile_ms!,
    now: replays_ms!,
    change: Math.abs(log(replays_ms! / profile_ms!)),
  }))
  const most = changes.reduce((a, b) => (b.change > a.change ? b : a))
  const percent = 100 * Math.abs(most.now / most.before - 1)
  const digits = percent < 9.5 ? 1 : 0
  const how = `${percent.toFixed(digits)} % ${most.now > most.before ? 'slower' : 'faster'}`
  const times = `${most.now.toFixed(2)} against ${most.before.toFixed(2)} ms`
  const where = pools.length > 1 ? ` at pool ${most.pool}` : ''
  return `the machine is ${how} than when its profile was recorded (control kernel${where} ${times})`
}

import { isTimed, type Objective } from '../../../scenarios/schema/objective.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { significant } from '../../kernel/index.ts'
import type { Extrapolated } from '../figures/extrapolation.ts'
import type { Doubt } from './doubt.ts'

/**
 * Up to this part of the work that decides an objective may be beyond the measurements. It is about
 * the error of a usable fit, which a verdict has anyway.
 */
const NEGLIGIBLE = 0.1

interface Met {
  readonly scenario: Scenario
  /** of each pool that may leave what its times were measured at; null for others */
  readonly work: readonly (Extrapolated | null)[]
  /** names of the pools that the class meets */
  readonly pools: ReadonlySet<string>
}

/**
 * Why an objective is in doubt as its times are extrapolated; null where these are negligible.
 * Nothing bounds the error of such times, so it passes by no margin.
 *
 * The slow requests decide a percentile, and all work above the ranges may be theirs: of p(99) one
 * in a hundred, so work above is negligible up to a tenth of 1 %. In windows all of it may be in
 * the worst one. Work below the ranges only delays others, so it is a share of all work.
 */
export function extrapolationDoubt(
  { scenario, work, pools }: Met,
  objective: Objective,
): Doubt | null {
  const decides = decidingShare(objective, scenario.duration_s - scenario.warmup_s)
  const shares = scenario.pools.flatMap(({ name }, i) => {
    const of = work[i] ?? null
    if (of === null || of.ms === 0 || !pools.has(name)) return []
    return [{ name, of, share: Math.min(1, of.above / of.ms / decides) + of.below / of.ms }]
  })
  if (shares.length === 0) return null
  const most = shares.reduce((a, b) => (b.share > a.share ? b : a))
  if (most.share <= NEGLIGIBLE) return null
  return {
    because: `${extrapolatedText(most.name, most.of)}${decidingText(objective, decides)}`,
    slowness: Number.POSITIVE_INFINITY,
    remedy: 'measure up to there',
  }
}

/** The share of the requests by which an objective is decided. */
function decidingShare(objective: Objective, countedS: number): number {
  if (objective.kind === 'cost') return 1
  if (!isTimed(objective)) return 1 - objective.share
  const { percentile, window_s } = objective
  const windows = window_s === null ? 1 : Math.max(1, countedS / window_s)
  return (1 - percentile) / windows
}

/** "the times of pool gpu are extrapolated for 41 % of its work (batches of up to 64 requests)" */
function extrapolatedText(pool: string, work: Extrapolated): string {
  const { ms, above, below, batch, length, prefill } = work
  const sizes = [
    ...(batch > 0 ? [`batches of up to ${batch}`] : []),
    ...(length > 0 ? [`lengths of up to ${Math.round(length)}`] : []),
    ...(prefill > 0 ? [`prefill of up to ${prefill} tokens`] : []),
    ...(below > above ? ['less than was measured'] : []),
  ]
  const share = percent((above + below) / ms)
  return `the times of pool ${pool} are extrapolated for ${share} of its work (${sizes.join(', ')})`
}

function decidingText(objective: Objective, decides: number): string {
  if (objective.kind === 'cost') return ''
  return `, and ${percent(decides)} of the requests decide`
}

const percent = (share: number) => `${Number(significant(100 * Math.min(1, share), 2))} %`

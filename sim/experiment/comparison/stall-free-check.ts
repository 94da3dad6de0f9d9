import type {
  Comparison,
  Estimate,
  PercentileComparison,
  StallFree,
  Verdict,
} from '../../documents/index.ts'
import { percentileLabel } from '../../stats/index.ts'
import type { Measure } from './measures.ts'
import { band, predictionCheck, unpredicted } from './prediction-check.ts'
import type { StallFreeFigures, StallFreeLatencies } from './stall-free.ts'
import { structureCheck } from './structure-check.ts'
import type { Check } from './verdicts.ts'

/** Where the shares differ by more, relative, both sides have percentiles of other requests. */
const ALIKE = 0.1

type Shares = StallFree['share']

/** The shares of requests that met no stall, simulated and measured. */
export function sharesOf(
  replays: readonly StallFreeLatencies[],
  predictions: readonly StallFreeFigures[],
): Shares {
  const each = replays.map(({ share }) => share)
  const measured: Estimate = {
    value: each.reduce((sum, share) => sum + share, 0) / each.length,
    low: Math.min(...each),
    high: Math.max(...each),
    n: Math.min(...replays.map(({ values }) => values.length)),
  }
  const fewest = Math.min(...predictions.map(({ n }) => n))
  return {
    simulated: band(
      predictions.map(({ share }) => share),
      fewest,
    ),
    measured,
  }
}

/** The checks of stall-free requests; n: of them in the replay with fewest. */
export function judgeStallFree({
  share,
  percentiles,
  n,
  control,
  measure,
}: Pick<StallFree, 'share' | 'percentiles'> & {
  readonly n: number
  readonly measure: Measure
  readonly control: Comparison['control_kernel']
}): StallFree {
  const structure = structureCheck(percentiles, n, measure.structure)
  const [simulated, measured] = [share.simulated.value!, share.measured.value!]
  if (Math.abs(simulated - measured) <= ALIKE * measured) {
    return {
      share,
      percentiles,
      checks: { structure, prediction: predictionCheck(percentiles, n, control, measure) },
    }
  }
  const reason =
    `${percent(measured)} of the measured requests met no stall and ${percent(simulated)} of the ` +
    'simulated: these are other requests'
  const prediction: Check = { verdict: 'UNDECIDED', reason, worst: null }
  return { share, percentiles: percentiles.map(unpredicted), checks: { structure, prediction } }
}

type Checks = StallFree['checks']

/**
 * The checks of all requests, which state so. Where one is undecided, the verdicts on stall-free
 * requests stand beside it, and never in its place: users wait in stalls, too.
 */
export function besideStallFree(
  { structure, prediction }: Checks,
  percentiles: readonly PercentileComparison[],
  stallFree: StallFree,
): Checks {
  const beside = (check: Check, kind: keyof Checks): Check => {
    const open = percentiles.filter(({ verdicts }) => verdicts[kind] === 'UNDECIDED')
    const without = open.flatMap(({ p }) => {
      const verdict = stallFree.percentiles.find((row) => row.p === p)?.verdicts[kind]
      return verdict ? [{ p, verdict }] : []
    })
    const share = percent(stallFree.share.measured.value!)
    const also =
      without.length === 0 ? '' : `; of the ${share} that met no stall: ${verdictsText(without)}`
    return { ...check, reason: `${check.reason} (of all requests${also})` }
  }
  return { structure: beside(structure, 'structure'), prediction: beside(prediction, 'prediction') }
}

/** "PASS at p90, p95; UNDECIDED at p99" */
function verdictsText(
  judged: readonly { readonly p: number; readonly verdict: Verdict }[],
): string {
  const texts = (['PASS', 'FAIL', 'UNDECIDED'] as const).flatMap((verdict) => {
    const having = judged.filter((row) => row.verdict === verdict)
    const labels = having.map(({ p }) => percentileLabel(p))
    return labels.length > 0 ? [`${verdict} at ${labels.join(', ')}`] : []
  })
  return texts.join('; ')
}

const percent = (share: number) => `${(100 * share).toFixed(share > 0.99 ? 1 : 0)} %`

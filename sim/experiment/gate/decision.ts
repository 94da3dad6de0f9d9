import { mean, sampleStandardDeviation } from 'simple-statistics'
import type { CaseVerdict, GateVerdict } from '../../documents/index.ts'
import { exp, log } from '../../kernel/index.ts'
import {
  holmAdjusted,
  normalQuantile,
  pocockLevel,
  type SignFlipInterval,
  signFlipInterval,
  signFlipP,
} from '../../stats/index.ts'

/** Numbers of blocks after which a measured gate may end. */
export const LOOKS = [10, 15, 20] as const
/** Fresh blocks that have to show a regression alone, before the gate fails. */
export const CONFIRMATION = 10
/** Chance of a false FAIL over all looks and metrics, where a ratio is at the margin. */
export const ALPHA = 0.01

/** The level of each look, one-sided: 0.0046. */
export const lookLevel = once(() => pocockLevel(LOOKS, ALPHA))

/** Share of further gates that would tell after the stated number of blocks. */
const POWER = 0.8
/** No advice of more blocks than this. */
const MOST_BLOCKS = 1000

/** ln(head / base), of one metric in each block, or of each metric in one; above 0 is worse. */
type BlockValues = readonly number[]

export interface MetricDecision {
  readonly verdict: GateVerdict
  /** head over base: geometric mean of blocks */
  readonly ratio: number
  /** that the ratio is above the margin by chance, adjusted for the number of metrics (Holm) */
  readonly p: number
  /** blocks of the same scatter that would tell; null where decided, and for more than 1,000 */
  readonly deciding_blocks: number | null
}

/**
 * Judges metrics by an exact sign-flip test of their blocks against the margin. FAIL: wholly above
 * 1 + margin, at `level` after Holm. IMPROVED: wholly below 1 - margin, likewise. PASS: wholly
 * below 1 + margin. A gate passes only if every metric does, so PASS needs no adjustment.
 */
export function decide(
  metrics: readonly BlockValues[],
  margin: number,
  level: number,
): MetricDecision[] {
  const [worse, better] = [log(1 + margin), log(1 - margin)]
  const shifted = (values: BlockValues, sign: 1 | -1, centre: number) =>
    signFlipP(values.map((value) => sign * (value - centre)))
  const fails = holmAdjusted(metrics.map((values) => shifted(values, 1, worse)))
  const improves = holmAdjusted(metrics.map((values) => shifted(values, -1, better)))
  return metrics.map((values, i) => {
    const verdict =
      fails[i]! <= level
        ? 'FAIL'
        : improves[i]! <= level
          ? 'IMPROVED'
          : shifted(values, -1, worse) <= level
            ? 'PASS'
            : 'UNDECIDED'
    return {
      verdict,
      ratio: exp(mean([...values])),
      p: fails[i]!,
      deciding_blocks: verdict === 'UNDECIDED' ? blocksToTell(values, worse, level) : null,
    }
  })
}

/** The ratios that the test of a look does not reject: an interval of 99 % confidence. */
export function ratioInterval(values: BlockValues): SignFlipInterval {
  const { low, high } = signFlipInterval(values, lookLevel())
  return { low: low === null ? null : exp(low), high: high === null ? null : exp(high) }
}

/** So that a test of `level` tells on which side of the margin a ratio is, in 80 % of gates. */
function blocksToTell(values: BlockValues, centre: number, level: number): number | null {
  const distance = Math.abs(mean([...values]) - centre)
  const deviation = sampleStandardDeviation([...values])
  const z = normalQuantile(1 - level) + normalQuantile(POWER)
  const needed = Math.ceil(((z * deviation) / distance) ** 2)
  return needed <= MOST_BLOCKS ? Math.max(needed, values.length + 1) : null
}

/** From the worst to the best. */
const CASE_VERDICTS = ['FAIL', 'NOT COMPARABLE', 'UNDECIDED', 'NEW', 'IMPROVED', 'PASS'] as const

/** The worst of some verdicts, whatever their order; UNDECIDED for none. */
export const gateVerdict = <V extends CaseVerdict>(verdicts: readonly V[]): V | 'UNDECIDED' =>
  verdicts.toSorted(byVerdict)[0] ?? 'UNDECIDED'

/** The worst first. */
export const byVerdict = (a: CaseVerdict, b: CaseVerdict) =>
  CASE_VERDICTS.indexOf(a) - CASE_VERDICTS.indexOf(b)

/** What a measured gate does after a look. */
type Step = 'continue' | 'confirm' | 'end'

/** A metric that fails has to be confirmed; the gate ends where every metric is decided. */
export function stepAfter(decisions: readonly MetricDecision[], blocks: number): Step {
  const verdict = gateVerdict(decisions.map((decision) => decision.verdict))
  if (verdict === 'FAIL') return 'confirm'
  return verdict === 'UNDECIDED' && blocks < LOOKS.at(-1)! ? 'continue' : 'end'
}

/**
 * The decisions after the confirmation: a metric that failed stays FAIL if the fresh blocks alone
 * show it as well, at `ALPHA` after Holm over the metrics that failed. Otherwise it is UNDECIDED.
 */
export function confirmed(
  decisions: readonly MetricDecision[],
  fresh: readonly BlockValues[],
  margin: number,
): MetricDecision[] {
  const failed = [...decisions.keys()].filter((i) => decisions[i]!.verdict === 'FAIL')
  const again = decide(
    failed.map((i) => fresh[i]!),
    margin,
    ALPHA,
  )
  return decisions.map((decision, i) => {
    const at = failed.indexOf(i)
    if (at < 0 || again[at]!.verdict === 'FAIL') return decision
    return { ...decision, verdict: 'UNDECIDED', deciding_blocks: again[at]!.deciding_blocks }
  })
}

/** The whole rule of a gate, which is given blocks until it needs no more of them. */
export class GateRule {
  readonly #margin: number
  readonly #blocks: BlockValues[] = []
  /** numbers of blocks after which it was judged */
  readonly looks: number[] = []
  /** by metric; none before the first look */
  decisions: readonly MetricDecision[] = []
  /** whether the next blocks have to confirm a regression, or have done so */
  confirming = false
  /** number of blocks that it is judged after; 0 where it has ended */
  needs: number = LOOKS[0]

  constructor(margin: number) {
    this.#margin = margin
  }

  /** Judges as many further blocks as are needed, each the values of all metrics. */
  judge(blocks: readonly BlockValues[]): void {
    if (this.confirming) {
      this.decisions = confirmed(this.decisions, byMetric(blocks), this.#margin)
      this.needs = 0
      return
    }
    this.#blocks.push(...blocks)
    const look = this.#blocks.length
    this.looks.push(look)
    this.decisions = decide(byMetric(this.#blocks), this.#margin, lookLevel())
    const step = stepAfter(this.decisions, look)
    this.confirming = step === 'confirm'
    if (step === 'continue') this.needs = LOOKS[this.looks.length]! - look
    else this.needs = step === 'confirm' ? CONFIRMATION : 0
  }

  /** Where there are no more blocks: a regression that is not confirmed is undecided. */
  end(): void {
    this.needs = 0
    if (!this.confirming) return
    this.decisions = this.decisions.map((decision) =>
      decision.verdict === 'FAIL' ? { ...decision, verdict: 'UNDECIDED' } : decision,
    )
  }
}

const byMetric = (blocks: readonly BlockValues[]) =>
  blocks[0]!.map((_, metric) => blocks.map((values) => values[metric]!))

interface GateRun {
  readonly verdict: GateVerdict
  /** that the looks used */
  readonly blocks: number
  /** fresh ones of the confirmation; 0 where nothing failed */
  readonly fresh: number
}

/** A gate whose blocks are drawn one after the other: `next` returns the values of all metrics. */
export function runGate(next: () => readonly number[], margin: number): GateRun {
  const rule = new GateRule(margin)
  while (rule.needs > 0) rule.judge(Array.from({ length: rule.needs }, next))
  return {
    verdict: gateVerdict(rule.decisions.map((decision) => decision.verdict)),
    blocks: rule.looks.at(-1)!,
    fresh: rule.confirming ? CONFIRMATION : 0,
  }
}

function once<T>(compute: () => T): () => T {
  let known: T | undefined
  return () => (known ??= compute())
}

import { mean, sampleStandardDeviation } from 'simple-statistics'
import { type GateVerdict, worst } from '../../documents/index.ts'
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
/** Fresh blocks that have to show a change alone, before the gate fails or says IMPROVED. */
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

/** What a measured gate does after a look. */
type Step = 'continue' | 'confirm' | 'end'

/** A change has to be confirmed; else the gate ends where every metric is decided. */
export function stepAfter(decisions: readonly MetricDecision[], blocks: number): Step {
  const verdict = worst(decisions.map((decision) => decision.verdict))
  if (isChange(verdict)) return 'confirm'
  return verdict === 'UNDECIDED' && blocks < LOOKS.at(-1)! ? 'continue' : 'end'
}

const isChange = (verdict: GateVerdict) => verdict === 'FAIL' || verdict === 'IMPROVED'

/** A change that nothing has confirmed: worse is UNDECIDED, and better is not worse. */
function withoutChange(decision: MetricDecision): MetricDecision {
  const { verdict } = decision
  if (!isChange(verdict)) return decision
  return { ...decision, verdict: verdict === 'FAIL' ? 'UNDECIDED' : 'PASS' }
}

/**
 * The decisions after the confirmation: a metric that changed has done so if the fresh blocks alone
 * show it as well, at `ALPHA` after Holm over the metrics that changed. Otherwise one that failed
 * is UNDECIDED, and one that improved passes, unless the fresh blocks fail.
 */
export function confirmed(
  decisions: readonly MetricDecision[],
  fresh: readonly BlockValues[],
  margin: number,
): MetricDecision[] {
  const changed = [...decisions.keys()].filter((i) => isChange(decisions[i]!.verdict))
  const again = decide(
    changed.map((i) => fresh[i]!),
    margin,
    ALPHA,
  )
  return decisions.map((decision, i) => {
    const at = changed.indexOf(i)
    if (at < 0) return decision
    const { verdict, deciding_blocks } = again[at]!
    if (verdict === decision.verdict) return decision
    if (verdict === 'FAIL') return { ...decision, verdict: 'UNDECIDED', deciding_blocks }
    return { ...withoutChange(decision), deciding_blocks }
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
  /** the change that the next blocks have to confirm, or have confirmed; null for none */
  confirming: 'FAIL' | 'IMPROVED' | null = null
  /** number of blocks that it is judged after; 0 where it has ended */
  needs: number = LOOKS[0]

  constructor(margin: number) {
    this.#margin = margin
  }

  /** Judges as many further blocks as are needed, each the values of all metrics. */
  judge(blocks: readonly BlockValues[]): void {
    if (this.confirming !== null) {
      this.decisions = confirmed(this.decisions, byMetric(blocks), this.#margin)
      this.needs = 0
      return
    }
    this.#blocks.push(...blocks)
    const look = this.#blocks.length
    this.looks.push(look)
    this.decisions = decide(byMetric(this.#blocks), this.#margin, lookLevel())
    const step = stepAfter(this.decisions, look)
    if (step === 'end') this.end()
    else if (step === 'continue') this.needs = LOOKS[this.looks.length]! - look
    else {
      this.needs = CONFIRMATION
      this.confirming = this.decisions.some(({ verdict }) => verdict === 'FAIL')
        ? 'FAIL'
        : 'IMPROVED'
    }
  }

  /** Where there are no more blocks: no change counts that is not confirmed. */
  end(): void {
    this.needs = 0
    this.decisions = this.decisions.map(withoutChange)
  }
}

const byMetric = (blocks: readonly BlockValues[]) =>
  blocks[0]!.map((_, metric) => blocks.map((values) => values[metric]!))

interface GateRun {
  readonly verdict: GateVerdict
  /** that the looks used */
  readonly blocks: number
  /** fresh ones of the confirmation; 0 where nothing changed */
  readonly fresh: number
}

/**
 * A gate whose blocks are drawn one after the other. `next` returns the values of all metrics,
 * `fresh` those of a block that is to confirm a change.
 */
export function runGate(
  next: () => readonly number[],
  margin: number,
  fresh: () => readonly number[] = next,
): GateRun {
  const rule = new GateRule(margin)
  while (rule.needs > 0) {
    rule.judge(Array.from({ length: rule.needs }, rule.confirming === null ? next : fresh))
  }
  return {
    verdict: worst(rule.decisions.map((decision) => decision.verdict)),
    blocks: rule.looks.at(-1)!,
    fresh: rule.confirming === null ? 0 : CONFIRMATION,
  }
}

function once<T>(compute: () => T): () => T {
  let known: T | undefined
  return () => (known ??= compute())
}

import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { exp, log, sum } from '../../kernel/index.ts'
import { geometricMean, percentile, studentTQuantile } from '../../stats/index.ts'
import { fieldsOf, type ModelProfile } from '../../world/index.ts'
import type { Ranged } from './joint-interval.ts'

/** A system by the profiles of its models, null where its work is declared. */
interface Recorded {
  readonly scenario: Pick<Scenario, 'pools'>
  readonly models: readonly (ModelProfile | null)[]
}

/**
 * Recordings that replications take turns with; of pools with several numbers the least, and one
 * where no pool meets any.
 */
export function recordingsOf({ scenario, models }: Recorded): number {
  const each = scenario.pools.flatMap(({ replicas, speed }, i) => {
    const model = models[i] ?? null
    const isRecorded = model !== null && speed !== 'ideal'
    return isRecorded ? [fieldsOf(model.fields, replicas).length] : []
  })
  return each.length === 0 ? 1 : Math.min(...each)
}

/**
 * A figure above 0 of a run on another day of the machine: the geometric mean over replications,
 * and where a next run is in 95 % of cases. Replications take turns with the recordings of the
 * machine (`bootstrapField`), so those of one recording differ by chance, and their means differ as
 * runs of that machine do. As so few recordings show that, it is Student's t that says how far the
 * next run may be from them. Both are added in squares, those below and above each for itself.
 *
 * Where no recording has two replications, nothing tells chance from what recordings differ by. The
 * interval then holds 95 % if all is chance, and more where recordings differ.
 *
 * `values`: in the order of the replications; none is NaN where nothing is predicted.
 * `recordings`: how many take turns. One shows no difference between runs, so the interval is
 * that of chance alone.
 */
export function nextRun(values: readonly number[], recordings: number): Ranged {
  const logs = values.map((value, i) => ({ of: i % recordings, log: log(value) }))
  const known = logs.filter((each) => !Number.isNaN(each.log))
  const groups = Array.from({ length: recordings }, (_, recording) =>
    known.filter(({ of }) => of === recording).map((each) => each.log),
  ).filter((group) => group.length > 0)
  const repeated = groups.filter((group) => group.length > 1)
  const residuals = Float64Array.from(repeated.flatMap(residualsOf)).sort()
  const between = halfWidthBetween(groups.map(meanOf), repeated.length > 0)
  const end = (p: number) =>
    Math.hypot(residuals.length > 0 ? percentile(residuals, p) : 0, between)
  const { value } = geometricMean(values.filter((each) => !Number.isNaN(each)))
  return { value, low: value / exp(end(0.025)), high: value * exp(end(0.975)) }
}

const meanOf = (values: readonly number[]) => sum(values) / values.length

/** What several values differ from their mean, as much as they differ from the true one. */
function residualsOf(values: readonly number[]): number[] {
  const mean = meanOf(values)
  const n = values.length
  const scale = Math.sqrt(n / (n - 1))
  return values.map((value) => scale * (value - mean))
}

/**
 * Recordings are used at levels that have the variance of a next run (`nextLevels`), so their own
 * variance is divided by their number. Chance has its usual variance: without `showsChance` all is
 * taken for chance, of which a next run has 1 + 1/n times as much.
 */
function halfWidthBetween(means: readonly number[], showsChance: boolean): number {
  const n = means.length
  if (n < 2) return 0
  const mean = meanOf(means)
  const squares = sum(means.map((each) => (each - mean) ** 2))
  const variance = showsChance ? squares / n : ((1 + 1 / n) * squares) / (n - 1)
  return studentTQuantile(0.975, n - 1) * Math.sqrt(variance)
}

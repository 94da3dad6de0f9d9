import type { Estimate, PercentileComparison } from '../../documents/index.ts'
import { log, sum } from '../../kernel/index.ts'
import { percentileLabel } from '../../stats/index.ts'

/** An interval whose ends differ by this factor leaves a question open that others would answer. */
const VERY_WIDE = 1.5
/**
 * Where 1 % of speed moves a figure by so many percent, queues and not service times decide it.
 * The mean time in an M/M/1 system has 1 / (1 - load): 3 at a load of 0.67.
 */
const SATURATED = 3

/** Whether the ends of an interval differ by a large factor, or are missing. */
export function isVeryWide({ low, high }: Pick<Estimate, 'low' | 'high'>): boolean {
  return low === null || high === null || !(high / low < VERY_WIDE)
}

/**
 * The elasticity of a figure to the speed of its machine: simulations of it and of a machine that
 * is `faster` times as fast, by the same draws.
 */
export function elasticityOf(
  figures: readonly number[],
  figuresOfFaster: readonly number[],
  faster: number,
): number {
  const changes = figuresOfFaster.map((figure, i) => log(figure / figures[i]!))
  return sum(changes) / changes.length / log(faster)
}

/** A percentile and its elasticity; absent where it was not simulated, or service decides. */
type Row = Pick<PercentileComparison, 'p' | 'speed_elasticity'>

/** The elasticity of a figure that queues decide; nothing of any other. */
export function saturated(speed_elasticity: number): Pick<Row, 'speed_elasticity'> {
  const isFound = Number.isFinite(speed_elasticity) && Math.abs(speed_elasticity) >= SATURATED
  return isFound ? { speed_elasticity } : {}
}

/**
 * "near saturation, where 1 % of speed moves the ratio by 14 % at p50"; null where queues decide no
 * row.
 */
export function saturationText(rows: readonly Row[], figure: string): string | null {
  const moved = rows.flatMap(({ p, speed_elasticity: elasticity }) =>
    elasticity === undefined ? [] : [`${percent(elasticity)} % at ${percentileLabel(p)}`],
  )
  if (moved.length === 0) return null
  return `near saturation, where 1 % of speed moves ${figure} by ${moved.join(', ')}`
}

const percent = (elasticity: number) => Number(Math.abs(elasticity).toPrecision(2))

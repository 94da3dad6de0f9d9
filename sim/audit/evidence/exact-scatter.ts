import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { AuditRows } from './raw-rows.ts'

/** Batches of one size and padded length whose mean is known well enough, and of all of them. */
const LEAST_ALIKE = 30
const LEAST_BATCHES = 1000
/** Standard errors within which a figure of a sample holds: chance exceeds them in 1 of 10^6. */
const STANDARD_ERRORS = 5

/** Coefficient of variation of batches alike, and the relative tolerance of such a sample. */
export interface ExactScatter {
  readonly cv: number
  readonly tolerance: number
}

/**
 * Whether rows show how the batches of a pool scatter by their law alone. Heat, power limits and
 * cold starts change times as well, memory may split a batch, and engines have none.
 */
export function showsScatter({ pools, models }: Pick<Scenario, 'pools' | 'models'>, index: number) {
  const { heat, power, generation, memory, model: name } = pools[index]!
  const model = models[name]!
  if (!('work' in model) || model.ragged || 'setup_ms' in model.work) return false
  if (heat !== undefined || power?.limit_w !== undefined) return false
  return generation === undefined && memory === undefined
}

/** From durations over the means of batches alike; null where there are too few. */
export function exactScatter(rows: AuditRows, index: number): ExactScatter | null {
  const alike = new Map<string, number[]>()
  const batches = new Set<number>()
  for (let key = 0; key < rows.at.length; key++) {
    const batch = rows.batch[key]!
    const tookMs = rows.ended[key]! - rows.started[key]!
    if (batch < 0 || rows.pool[key] !== index || batches.has(batch) || !(tookMs > 0)) continue
    batches.add(batch)
    const shape = `${rows.batchSize[key]} ${rows.padded[key]}`
    const times = alike.get(shape)
    if (times === undefined) alike.set(shape, [tookMs])
    else times.push(tookMs)
  }
  let [count, second, fourth] = [0, 0, 0]
  for (const times of alike.values()) {
    if (times.length < LEAST_ALIKE) continue
    const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length
    for (const ms of times) {
      const square = (ms / mean - 1) ** 2 * (times.length / (times.length - 1))
      count++
      second += square
      fourth += square ** 2
    }
  }
  if (count < LEAST_BATCHES) return null
  const variance = second / count
  const error = Math.sqrt(Math.max(0, fourth / count - variance ** 2) / count)
  // of a root, half of the relative error; sums are rounded
  const tolerance = variance === 0 ? 0 : (STANDARD_ERRORS * error) / (2 * variance) + 1e-9
  return { cv: Math.sqrt(variance), tolerance }
}

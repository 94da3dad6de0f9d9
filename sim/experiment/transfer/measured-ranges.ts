import { largestBatch } from '../../serving/index.ts'
import { isMeasured, measuredTable } from '../../world/index.ts'
import type { SimulationInput } from '../system/simulation-input.ts'
import { declaredOf, fittedOf } from './transfer.ts'

/** The smallest and the largest measured size. */
interface Span {
  readonly low: number
  readonly high: number
}

/** What the times of a pool were measured at; null where nothing is known of a size. */
export interface MeasuredRanges {
  /** requests of a batch, or sequences that decode in a step */
  readonly batch: Span | null
  /** tokens of a request, or in the KV cache of a sequence */
  readonly length: Span | null
  /** tokens of prompts in a step */
  readonly prefill: Span | null
}

type MeasuredSystem = Pick<SimulationInput, 'scenario' | 'models' | 'plan'>

/** The ranges that a pool may leave; null where it has none, or stays within them. */
export function rangesToLeave(system: MeasuredSystem, pool: number): MeasuredRanges | null {
  const ranges = measuredRanges(system, pool)
  if (ranges === null) return null
  const { batch, length, prefill } = ranges
  const staysWithin =
    batch === null || (batch.low <= 1 && largestBatch(system.plan.pools[pool]!) <= batch.high)
  return staysWithin && length === null && prefill === null ? null : ranges
}

/**
 * Of a table or a fit. Below the smallest size of a table its time is that of the smallest, so
 * there is no low end.
 */
function measuredRanges({ scenario, models }: MeasuredSystem, pool: number): MeasuredRanges | null {
  const work = declaredOf(scenario, pool)
  if (work === null || isMeasured(work)) {
    const table = work === null ? models[pool]?.work : measuredTable(work)
    if (table === undefined) return null
    const batch = { low: 0, high: table.sizes.at(-1)! }
    // a calibration covers the lengths of its traffic
    const length = work?.law === 'length-table' ? { low: 0, high: table.lengths.at(-1)! } : null
    return { batch, length, prefill: null }
  }
  const fitted = fittedOf(work)
  if (fitted === undefined) return null
  const { batch, length, prefill_tokens: prefill } = fitted
  // of a fit that states no range, such as one of an earlier version, nothing is known
  if (batch === undefined && length === undefined && prefill === undefined) return null
  // `spillway fit` states all that a decoder was measured at
  const none = work.law === 'transformer-decoder' ? { low: 0, high: 0 } : null
  const span = (range: typeof batch) =>
    range === undefined ? none : { low: range[0], high: range[1] }
  return { batch: span(batch), length: span(length), prefill: span(prefill) }
}

import type { Result, Uncertainty } from '../sim/documents/index.ts'
import { sampleResult } from './sample-documents.test-helper.ts'

const at = (value: number, half: number) => ({ value, low: value - half, high: value + half })

const SERVICE = 'models.encoder.work.base_ms'
const SURGE = 'traffic.interactive.arrivals.surges.0.factor'
const PRICE = 'pools.central.price_usd_per_hour'

interface Wanted {
  /** of p99 to the service time, with half of its interval; default 2.9 ± 0.2 */
  readonly elasticity?: readonly [value: number, half: number]
  /** part of the variance of p99 that no input has alone; default 0.01 */
  readonly together?: number
  /** part of it that the fit leaves open; default 0.01 */
  readonly open?: number
}

type Figure = Uncertainty['figures'][number]

/** p99 hangs on the surge, then on the service time; cost on the price. */
export function sampleUncertainty({
  elasticity = [2.9, 0.2],
  together = 0.01,
  open = 0.01,
}: Wanted = {}): Uncertainty {
  const effects = (service: number, surge: number, price: number): Figure['effects'] =>
    [
      { input: SERVICE, elasticity: at(...elasticity), share: at(service, 0.01) },
      { input: SURGE, elasticity: at(0.4, 0.02), share: at(surge, 0.02) },
      { input: PRICE, elasticity: at(0, 0.01), share: at(price, 0) },
    ].map((effect) =>
      together > 0.1 ? { ...effect, total: at(effect.share.value + together / 2, 0.05) } : effect,
    )
  const alone = 1 - together
  const p99 = {
    class: 'interactive',
    metric: 'latency' as const,
    p: 0.99,
    draws: { ...at(49.7, 1), n: 1000 },
    low: 42,
    high: 61,
    effects: effects(0.24 * alone, 0.76 * alone, 0),
    together,
  }
  return {
    draws: 64,
    replications: 4,
    settled: false,
    inputs: [
      { name: SERVICE, value: 12, low: 12 / 1.1, high: 12 * 1.1 },
      { name: SURGE, value: 3, low: 2.05, high: 3.95 },
      { name: PRICE, value: 0.1, low: 0, high: 0.2 },
    ],
    figures: [
      {
        ...p99,
        p: 0.5,
        draws: { ...at(10, 0.1), n: 1000 },
        low: 9,
        high: 11,
        effects: effects(0.9, 0.1, 0),
      },
      p99,
      {
        class: null,
        metric: 'usd_per_million',
        p: null,
        draws: { ...at(7, 0.1), n: 10 },
        low: 6,
        high: null,
        effects: [],
        together: null,
      },
    ],
    answers: [
      {
        ...p99,
        objective: 'p(99) latency_ms < 50',
        metric: null,
        p: null,
        open,
        narrowings: [
          { input: SERVICE, left: at(0.87, 0.03), enough: at(0.6, 0.05) },
          { input: SURGE, left: at(0.49, 0.03), enough: at(0.2, 0.02) },
          { input: PRICE, left: at(1, 0), enough: at(1, 0) },
        ],
      },
    ],
  }
}

/** A simulated result with uncertain inputs, whose objectives these decide. */
export function uncertainResult(wanted: Wanted = {}): Result {
  const result = sampleResult('simulated')
  const objectives = result.objectives.map((objective) => ({
    ...objective,
    interval: 'inputs' as const,
    with_inputs: { low: 1, high: 20, p_holds: 0.83, verdict_by_draws: 'PASS' as const },
  }))
  return { ...result, objectives, uncertainty: sampleUncertainty(wanted) }
}

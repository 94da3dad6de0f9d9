import { scenarioSchema } from '../../scenarios/index.ts'
import { arrivalsOf, DAY_S, WAVE_STEP_S, waveRates } from '../articles/fleet/rates.ts'
import { serve } from './serving.ts'

/** The day of the trace with some 10^8 requests. */
const DAY = 8
const REPLICAS = 64

/**
 * Hours of a recorded day of ServeGen m-small over 64 replicas with batches, which are used at 0.8
 * of their capacity at the peak, as `spillway simulate` runs them.
 */
export function serveHours(hours: number): void {
  const first = (DAY * DAY_S) / WAVE_STEP_S
  const rates = waveRates().slice(first, first + (hours * 3600) / WAVE_STEP_S)
  serve(
    scenarioSchema.parse({
      spillway: 1,
      name: 'day',
      duration_s: hours * 3600,
      models: {
        encoder: { work: { law: 'linear', base_ms: 28, per_item_ms: 7, per_token_ms: 0.07 } },
      },
      traffic: [
        {
          class: 'chat',
          arrivals: arrivalsOf(rates, WAVE_STEP_S),
          input_tokens: { distribution: 'lognormal', median: 64, p99: 480, max: 512 },
        },
      ],
      pools: [
        {
          name: 'pool',
          model: 'encoder',
          speed: 'ideal',
          replicas: REPLICAS,
          batching: { policy: 'dynamic', max_batch: 8, max_delay_ms: 28 },
        },
      ],
    }),
  )
}

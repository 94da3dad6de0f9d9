import { scenarioSchema } from '../../../scenarios/schema/schema.ts'
import { sharedProcessorMeanSojourns } from '../../theory/index.ts'
import { meanSojourn } from './theory-figures.ts'
import type { TheoryCase } from './theory-judge.ts'

const REQUESTS = 200_000
const WARMUP_MS = 2000

type Model = Parameters<typeof sharedProcessorMeanSojourns>[0]

const MODELS: readonly Model[] = [
  { arrivalRates: [0.35, 0.15], serviceRates: [1, 0.5], switchShare: 0 },
  { arrivalRates: [0.35, 0.1], serviceRates: [1, 0.5], switchShare: 0.1 },
]

/**
 * Two pools of one replica on one card. Rates are per ms; the first work is exponential of mean
 * 1 ms, the second of mean 2 ms.
 */
export function sharingCases(): TheoryCase[] {
  return MODELS.map((model) => {
    const { arrivalRates, serviceRates, switchShare } = model
    const [first, second] = sharedProcessorMeanSojourns(model)
    const load = arrivalRates[0] / serviceRates[0] + arrivalRates[1] / serviceRates[1]
    const name = `Two pools on one card, services 1 and 2, load ${load.toFixed(2)}`
    const text = switchShare > 0 ? `${name}, switch share ${switchShare}` : name
    const rate = arrivalRates[0] + arrivalRates[1]
    const scenario = scenarioSchema.parse({
      spillway: 1,
      name: 'theory',
      description: text,
      duration_s: (WARMUP_MS + REQUESTS / rate) / 1000,
      warmup_s: WARMUP_MS / 1000,
      models: Object.fromEntries(
        serviceRates.map((service, i) => [
          `model-${i}`,
          { work: { law: 'exponential', mean_ms: 1 / service } },
        ]),
      ),
      traffic: arrivalRates.map((arrivals, i) => ({
        class: `class-${i}`,
        model: `model-${i}`,
        arrivals: { process: 'poisson', rate_rps: 1000 * arrivals },
      })),
      cards: [{ name: 'card', switch_share: switchShare }],
      pools: serviceRates.map((_, i) => ({ name: `pool-${i}`, model: `model-${i}`, card: 'card' })),
    })
    return {
      model: text,
      scenario,
      figures: [meanSojourn(first), meanSojourn(second, 1)],
      exact: false,
    }
  })
}

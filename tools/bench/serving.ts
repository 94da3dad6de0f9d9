import { type Scenario, scenarioSchema } from '../../scenarios/index.ts'
import { runReplication, simulationInput } from '../../sim/experiment/index.ts'
import { type Extent, type Figure, rateOf, roundsIn, sizeIn } from './figure.ts'

const REQUESTS = 1_500_000
const ROUNDS = 5
/** About .8 of the capacity of a replica. */
export const RATE_RPS = 400

/** Batches up to 8 with a window, work by padded length. */
export function encoderScenario(of: {
  readonly durationS: number
  readonly replicas: number
  readonly arrivals: object
  readonly lengths: object
}): Scenario {
  return scenarioSchema.parse({
    spillway: 1,
    name: 'bench',
    duration_s: of.durationS,
    models: {
      encoder: { work: { law: 'linear', base_ms: 2, per_item_ms: 0.5, per_token_ms: 0.005 } },
    },
    traffic: [{ class: 'chat', arrivals: of.arrivals, input_tokens: of.lengths }],
    pools: [
      {
        name: 'pool',
        model: 'encoder',
        speed: 'ideal',
        replicas: of.replicas,
        batching: { policy: 'dynamic', max_batch: 8, max_delay_ms: 2 },
      },
    ],
  })
}

/** Poisson arrivals, lognormal lengths. */
export function servingScenario(replicas: number, requests: number): Scenario {
  const rate = RATE_RPS * replicas
  return encoderScenario({
    durationS: requests / rate,
    replicas,
    arrivals: { process: 'poisson', rate_rps: rate },
    lengths: { distribution: 'lognormal', median: 64, p99: 480, max: 512 },
  })
}

/** Runs one replication as `spillway simulate` does; every part of latencies is recorded. */
export function serve(scenario: Scenario): void {
  const { classes } = runReplication(simulationInput(scenario), 0)
  const { counts, parts } = classes[0]!
  if (counts.served !== counts.arrived || parts.service.n !== counts.served) {
    throw new Error('Expected every request to be served and recorded')
  }
}

const GENERATED = 400_000

/**
 * 512 input and 512 output tokens on one replica with continuous batching, its KV cache nearly
 * full.
 */
export function generatingScenario(requests: number): Scenario {
  const rate = 12
  return scenarioSchema.parse({
    spillway: 1,
    name: 'bench',
    duration_s: requests / rate,
    models: {
      decoder: {
        work: {
          law: 'generation',
          base_ms: 6,
          per_sequence_ms: 0.02,
          per_prefill_token_ms: 0.02,
          per_context_token_ms: 0.00005,
        },
      },
    },
    traffic: [
      {
        class: 'chat',
        arrivals: { process: 'poisson', rate_rps: rate },
        input_tokens: { distribution: 'fixed', value: 512 },
        output_tokens: { distribution: 'fixed', value: 512 },
      },
    ],
    slo: { chat: ['p(99) ttft_ms < 500', 'p(99) tpot_ms < 50'] },
    pools: [
      {
        name: 'pool',
        model: 'decoder',
        speed: 'ideal',
        generation: { policy: 'continuous', max_sequences: 256, kv_cache: { blocks: 16_384 } },
      },
    ],
  })
}

export function* servingFigures(extent: Extent): Generator<Figure> {
  const [requests, generated] = [REQUESTS, GENERATED].map((size) => sizeIn(extent, size)) as [
    number,
    number,
  ]
  const rounds = roundsIn(extent, ROUNDS)
  for (const replicas of [1, 64]) {
    const scenario = servingScenario(replicas, requests)
    yield rateOf({
      name: `Dynamic batching, ${replicas} replica${replicas > 1 ? 's' : ''}`,
      unit: 'M requests/s',
      size: requests,
      rounds,
      work: () => serve(scenario),
      bar: { atLeast: 2 },
    })
  }
  const generating = generatingScenario(generated)
  yield rateOf({
    name: 'Continuous batching, 512 tokens in and 512 out',
    unit: 'M requests/s',
    size: generated,
    rounds,
    work: () => serve(generating),
    bar: { atLeast: 0.2 },
  })
}

import { expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import {
  objectiveFigures,
  recordedReplication,
  recordJudged,
  runReplication,
  simulationInput,
} from '../index.ts'

const LIMITS = [
  'p(50) latency_ms < 9',
  'p(99) latency_ms < 60',
  'p(95, worst 1s) latency_ms < 30',
  'goodput > 90%',
  'cost_usd_per_million < 50',
]
const CALLS = [...LIMITS, 'p(95) call_ms < 90']
const TOKENS = [
  ...LIMITS,
  'p(90) ttft_ms < 400',
  'p(90) tpot_ms < 12',
  'p(50, worst 2s) tpot_ms < 9',
]

const POISSON = { process: 'poisson', rate_rps: 220 }
const web = { class: 'web', arrivals: POISSON }
const pool = { name: 'central', model: 'm', price_usd_per_hour: 2 }
const LENGTHS = { distribution: 'lognormal', median: 40, p99: 200, max: 400 }
const chat = {
  class: 'web',
  arrivals: { process: 'poisson', rate_rps: 30 },
  ...{ input_tokens: LENGTHS, output_tokens: LENGTHS },
}
const work = { law: 'generation', base_ms: 4, per_sequence_ms: 0.1, per_prefill_token_ms: 0.01 }

/** Each with requests that end in other ways than to be served in time. */
const SCENARIOS = {
  'a warm-up, a full queue and clients that leave': {
    warmup_s: 2,
    traffic: [{ ...web, timeout_ms: 25 }],
    pools: [{ ...pool, queue: { max_length: 12 } }],
  },
  'two classes at two pools, one with retries': {
    traffic: [
      { ...web, timeout_ms: 30, retry: { max_attempts: 3, backoff_ms: 5 } },
      { class: 'batch', arrivals: { process: 'poisson', rate_rps: 90 } },
    ],
    slo: { web: CALLS, batch: LIMITS },
    pools: [pool, { ...pool, name: 'edge', price_usd_per_hour: 1 }],
  },
  'copies and parts of calls': {
    warmup_s: 1,
    traffic: [
      {
        ...web,
        arrivals: { process: 'poisson', rate_rps: 100 },
        fan_out: 2,
        hedge: { policy: 'hedged', after_percentile: 90 },
      },
    ],
    slo: { web: CALLS },
    pools: [{ ...pool, replicas: 4, queue: { mode: 'per-replica' } }],
  },
  'a network': {
    warmup_s: 1,
    places: [{ name: 'shop' }, { name: 'centre' }],
    networks: [
      {
        between: ['shop', 'centre'],
        latency_ms: { distribution: 'uniform', min: 4, max: 12 },
        ...{ bandwidth_mbps: 50, sharing: 'fair', loss: 0.02, retransmit_ms: 30 },
      },
    ],
    traffic: [{ ...web, place: 'shop', request_kib: 2, answer_kib: 1, timeout_ms: 90 }],
    pools: [{ ...pool, place: 'centre' }],
  },
  'replicas that are scaled and fail': {
    pools: [
      {
        ...pool,
        replicas: 3,
        scaling: {
          ...{ policy: 'knative', target: 1, min: 1, initial: 1, max: 3 },
          start_s: { distribution: 'fixed', value: 1 },
        },
      },
    ],
    failures: [
      { kind: 'crash', every_s: 4, detection_s: 1, restart_s: { distribution: 'fixed', value: 1 } },
    ],
  },
  'tokens, of which some requests get none': {
    warmup_s: 1,
    models: { m: { work } },
    traffic: [{ ...chat, timeout_ms: 2500 }],
    slo: { web: TOKENS },
    pools: [{ ...pool, generation: { policy: 'continuous', max_sequences: 8 } }],
  },
  'all requests lost before their first token': {
    models: { m: { work: { ...work, base_ms: 900 } } },
    traffic: [{ ...chat, timeout_ms: 100 }],
    slo: { web: TOKENS },
    pools: [{ ...pool, generation: { policy: 'continuous', max_sequences: 8 } }],
  },
  'failed batches that a proxy sends again': {
    traffic: [{ ...web, timeout_ms: 60 }],
    pools: [
      {
        ...pool,
        replicas: 3,
        queue: { mode: 'per-replica' },
        retry_policy: { num_retries: 2 },
      },
    ],
    failures: [{ kind: 'errors', every_s: 3, for_s: 1, share: 0.5 }],
  },
  'prompts and answers on replicas of their own, and clients that leave': {
    warmup_s: 1,
    models: { m: { work } },
    traffic: [{ ...chat, timeout_ms: 700 }],
    slo: { web: TOKENS },
    pools: [
      {
        ...pool,
        generation: {
          ...{ policy: 'continuous', max_sequences: 8 },
          hand_over: { pool: 'decode', base_ms: 1 },
        },
      },
      { ...pool, name: 'decode', generation: { policy: 'continuous', max_sequences: 8 } },
    ],
  },
  'nothing that is drawn': {
    traffic: [{ ...web, arrivals: { process: 'deterministic', rate_rps: 100 } }],
    pools: [pool],
  },
}

test.each(Object.entries(SCENARIOS))(
  'what is judged is the same where nothing else is recorded: %s',
  (_, keys) => {
    const scenario = scenarioOf({ slo: { web: LIMITS }, ...keys })
    const input = simulationInput(scenario)
    for (const replication of [0, 1]) {
      const whole = runReplication(input, replication)
      const judged = recordedReplication(recordJudged, input, replication)
      const figures = objectiveFigures(scenario, judged)
      expect(figures.length).toBeGreaterThan(0)
      expect(figures).toEqual(objectiveFigures(scenario, whole))
      const { exact, observedMs, extrapolation } = whole
      expect(judged).toMatchObject({ exact, observedMs, extrapolation })
    }
  },
)

import {
  type Comparison,
  comparisonSchema,
  type PercentileComparison,
  type ReplayError,
  type StallFree,
  type Verdict,
  type WhatIf,
  type WhatIfPercentile,
} from '../sim/documents/index.ts'
import {
  estimateOf,
  LEVELS,
  latencyAt,
  SAMPLE_STABILITY,
  type Sample,
  TOKEN_SHARES,
} from './sample-figures.test-helper.ts'

function percentileRow(p: number, index: number, sample: Sample): PercentileComparison {
  const replays = sample.replays ?? [1.05, 0.92, 1.6]
  const simulated = latencyAt(p, 1, sample.medianMs)
  const errors = (scale: number) =>
    replays.map((stretch, replay) => {
      const measured = latencyAt(p, stretch, sample.medianMs)
      const relative = scale * (simulated / measured - 1) + 0.004 * (replay - 1)
      const inside = Math.abs(relative) <= 0.05
      return {
        replay: replay + 1,
        measured,
        simulated: measured * (1 + relative),
        low: measured * (1 + relative) * 0.97,
        high: measured * (1 + relative) * 1.03,
        error_ms: measured * relative,
        error_relative: relative,
        verdict: inside ? ('PASS' as const) : ('FAIL' as const),
      }
    })
  const wide = 0.02 * (index + 1)
  const supported = index < 4
  const structure = supported ? errors(0.1) : []
  const prediction = supported ? errors(1) : []
  const none = { value: null, low: null, high: null, n: 30_000, reason: 'needs 100,000 requests' }
  return {
    p,
    n: 30_000,
    simulated: estimateOf(simulated, wide),
    measured: supported ? estimateOf(latencyAt(p, 1.03, sample.medianMs), wide) : none,
    each: supported
      ? replays.map((stretch, i) => {
          const value = latencyAt(p, stretch, sample.medianMs)
          return { replay: i + 1, value, low: value * (1 - wide), high: value * (1 + wide) }
        })
      : [],
    structure,
    prediction,
    verdicts: { structure: verdictOf(structure), prediction: verdictOf(prediction) },
    split: supported ? splitOf(simulated / latencyAt(p, 1.03, sample.medianMs) - 1) : null,
    noise_floor: {
      median: supported ? 0.006 * 2 ** index : null,
      largest: supported ? 0.012 * 2 ** index : null,
      pairs: 3,
    },
  }
}

/** Mostly drift, with a service model that is a little too slow. */
const splitOf = (error: number) => ({
  structure: -0.002,
  service_model: 0.011,
  drift: error - 0.006,
  noise: -0.003,
})

/** FAIL where one replay is off by too much; null where there is none. */
function verdictOf(errors: readonly ReplayError[]): Verdict | null {
  if (errors.length === 0) return null
  return errors.some(({ verdict }) => verdict === 'FAIL') ? 'FAIL' : 'PASS'
}

/** Percentiles of the 94 % of requests that met no stall: of a tail half as long. */
function stallFreeOf(sample: Sample, check: StallFree['checks']['structure']): StallFree {
  const { medianMs } = sample
  const share = (value: number) => ({ value, low: value - 0.01, high: value + 0.01, n: 28_200 })
  const percentiles = Object.values(LEVELS).map((p, i) => ({
    ...percentileRow(p, i, { ...sample, medianMs: (medianMs ?? 1.4) * (1 - 0.1 * i) }),
    n: 28_200,
  }))
  return {
    share: { simulated: share(0.944), measured: share(0.938) },
    percentiles,
    checks: { structure: check, prediction: check },
  }
}

/** Ratios B/A of max_batch 8 → 2 at the LEVELS. */
const RATIOS = [0.284, 0.47, 0.551, 0.68, 0.72]
const ROUNDS = [-0.02, 0.01, 0.015, -0.005, 0]

function ratioRow(p: number, index: number, sample: Sample): WhatIfPercentile {
  const ratio = RATIOS[index]!
  const noise = 0.006 * 3 ** index
  const error = [-0.031, 0.012, 0.036, 0.08, 0.11][index]!
  const latency = latencyAt(p, 1, sample.medianMs)
  return {
    p,
    n: 30_000,
    a: latency,
    b: latency * ratio,
    predicted: estimateOf(ratio * (1 + error), 0.02 * (index + 1)),
    measured: estimateOf(ratio, 0.01 + noise),
    each: ROUNDS.map((shift, round) => {
      const b = latency * ratio * (1 + shift + noise * Math.cos(9 * round))
      return { round, a: latency * (1 + shift), b, ratio: b / (latency * (1 + shift)) }
    }),
    noise_floor: { median: noise, largest: 2 * noise, pairs: 10 },
    error_relative: error,
    error_ms: error * ratio * latency,
    verdict: index === 0 || index === 2 ? 'PASS' : null,
  }
}

function whatIfOf(sample: Sample): WhatIf {
  const { name = 'payment-peak' } = sample
  return {
    scenario: { name, hash: 'b0b0cafe', description: `A surge on ${name}` },
    changes: [`pools.${sample.pools?.[0] ?? 'central'}.batching.max_batch: 8 → 2`],
    requests: 'c0ffee42',
    rounds: ROUNDS.length,
    blocks: 3 * ROUNDS.length,
    not_counted: [],
    slice_ms: 1000,
    control: 1.002,
    percentiles: Object.values(LEVELS).map((p, i) => ratioRow(p, i, sample)),
  }
}

/** A second of steps of 10 ms on each of two engines: prompts beside decodes, then decodes only. */
function stepsOf(): NonNullable<Comparison['steps']> {
  const columns = (factor: number) => {
    const at_ms = Array.from({ length: 100 }, (_, i) => 10 * i)
    const withPrompts = at_ms.map((_, i) => i % 10 < 4)
    return {
      at_ms,
      ms: withPrompts.map((prompts) => factor * (prompts ? 9 : 3)),
      decodes: at_ms.map((_, i) => 1 + (i % 6)),
      prompts: withPrompts.map(Number),
      prompt_tokens: withPrompts.map((prompts) => (prompts ? 50 : 0)),
    }
  }
  const engine = { max_sequences: 8, measured: columns(1), simulated: columns(1.1) }
  const engines = [0, 1].map((replica) => ({ pool: 'engine', replica, ...engine }))
  return { replay: 0, from_s: 12, to_s: 13, engines, engines_left_out: 2 }
}

/** The comparison of the two sample results. */
export function sampleComparison(sample: Sample = {}): Comparison {
  const { verdict = 'PASS', name = 'payment-peak' } = sample
  const check = { verdict, reason: 'every structure error is within 5 % or 0.1 ms', worst: null }
  const { whatIf = true } = sample
  return comparisonSchema.parse({
    document: 'spillway-comparison',
    format: 1,
    version: '0.1.0',
    commit: null,
    scenario: { name, hash: '5f3c9a1e', description: `A surge on ${name}` },
    seed: 1,
    profile: { name: 'reference', hash: '77aa12bc' },
    requests: 'c0ffee42',
    replays: sample.replays?.length ?? 3,
    not_counted: [],
    replications: 80,
    tolerance: { relative: 0.05, absolute_ms: 0.1 },
    percentiles: Object.values(LEVELS).map((p, i) => percentileRow(p, i, sample)),
    ...(sample.tokens && {
      steps: stepsOf(),
      token_times: Object.fromEntries(
        Object.entries(TOKEN_SHARES).map(([name, share]) => {
          const of = { ...sample, medianMs: share * (sample.medianMs ?? 1.4) }
          const percentiles = Object.values(LEVELS).map((p, i) => percentileRow(p, i, of))
          return [name, { percentiles, checks: { structure: check, prediction: check } }]
        }),
      ),
    }),
    stability: { predicted: SAMPLE_STABILITY, measured: SAMPLE_STABILITY },
    control_kernel: {
      pools: [{ pool: sample.pools?.[0] ?? 'central', profile_ms: 1.012, replays_ms: 1.049 }],
      unknown: null,
    },
    stall_free: stallFreeOf(sample, check),
    what_if: whatIf ? whatIfOf(sample) : null,
    memory: null,
    checks: {
      structure: check,
      what_if: whatIf ? { ...check, reason: 'the predicted ratio is within 5 % or 50 µs' } : null,
      prediction: check,
      memory: null,
      audit: { ...check, reason: 'no rule is broken in 90,000 rows' },
    },
    verdict,
    command: `spillway run ${name}.yaml --seed 1`,
  })
}

import { describe, expect, test } from 'vitest'
import { shippedAccelerators } from '../../../scenarios/load/accelerators.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { runFigures } from '../configuration/run-figures.ts'
import { runDoubts } from '../plan/run-doubts.ts'
import { simulatedResult } from '../result/result.ts'
import { runReplication } from '../simulation/simulate.ts'
import { withoutFiles } from '../system/prepared-scenario.ts'
import { resolveSystem } from '../system/resolve.ts'

const BY = { version: '0', commit: null, profile: null }
const card = (name: string) => shippedAccelerators().find((sheet) => sheet.name === name)!

type Scenario = ReturnType<typeof scenarioOf>

function runsOf(scenario: Scenario) {
  const system = resolveSystem(withoutFiles({ scenario, hash: 'none', file: 's.yaml' }), null)
  return { system, runs: [0, 1].map((replication) => runReplication(system, replication)) }
}

function objectivesOf(scenario: Scenario) {
  const { system, runs } = runsOf(scenario)
  return simulatedResult(system, runs, BY).objectives
}

const verdictsOf = (scenario: Scenario) => objectivesOf(scenario).map(({ verdict }) => verdict)

interface Measured {
  readonly rate?: number
  readonly slo?: readonly string[]
  readonly most?: number
  readonly work?: object
  readonly pool?: object
  readonly tokens?: object
}

/** Batches that were measured up to 8 requests. */
function batched({
  rate = 100,
  slo = ['p(99) latency_ms < 1000'],
  most = 64,
  work = { law: 'table', sizes: [1, 8], ms: [3, 10] },
  pool = {},
  tokens = { distribution: 'fixed', value: 128 },
}: Measured) {
  return scenarioOf({
    duration_s: 200,
    models: { m: { work } },
    traffic: [
      { class: 'web', arrivals: { process: 'poisson', rate_rps: rate }, input_tokens: tokens },
    ],
    slo: { web: [...slo] },
    pools: [
      {
        ...{ name: 'gpu', model: 'm', ...pool },
        batching: { policy: 'dynamic', max_batch: most, max_delay_ms: 0 },
      },
    ],
  })
}

const T4 = { accelerator: card('t4'), precision: 'fp16' }

function encoder(fitted: object) {
  const size = { layers: 12, hidden: 768, heads: 12, vocabulary: 30_522 }
  return { law: 'transformer-encoder', ...size, efficiency: { fitted: { error: 0.05, ...fitted } } }
}

describe('an objective', () => {
  test('passes where batches may be beyond the measured ones, but are not', () => {
    expect(verdictsOf(batched({ rate: 60 }))).toEqual(['PASS'])
  })

  test('does not pass where they are, by any margin, and says what to measure', () => {
    const [objective] = objectivesOf(batched({ rate: 700 }))
    expect(objective!.verdict).toBe('UNDECIDED')
    expect(objective!.estimate.high).toBeLessThan(100)
    expect(objective!.deciding_duration_s).toBeNull()
    expect(objective!.estimate.reason).toMatch(
      /^the times of pool gpu are extrapolated for [\d.]+ % of its work \(batches of up to \d+\), and 1 % of the requests decide, so nothing shows that it holds; measure up to there$/,
    )
  })

  test('still fails where it fails', () => {
    expect(verdictsOf(batched({ rate: 700, slo: ['p(99) latency_ms < 5'] }))).toEqual(['FAIL'])
  })

  test('of a declared law, or of a batch that cannot be larger, is not in doubt', () => {
    const linear = { law: 'linear', base_ms: 2, per_item_ms: 1 }
    expect(verdictsOf(batched({ rate: 700, work: linear }))).toEqual(['PASS'])
    const { runs } = runsOf(batched({ rate: 300, most: 8 }))
    expect(runs[0]!.extrapolation).toBeNull()
  })

  test('on the median passes where few long requests are beyond, and one on the tail does not', () => {
    const work = encoder({ batch: [1, 64], length: [32, 128] })
    const quantiles = [
      [0, 100],
      [0.996, 128],
      [1, 500],
    ]
    const tokens = { distribution: 'quantiles', quantiles }
    const slo = ['p(50) latency_ms < 1000', 'p(99) latency_ms < 1000', 'goodput > 99%']
    const of = batched({
      rate: 100,
      work,
      tokens,
      pool: T4,
      slo: [...slo, 'p(95) latency_ms < 1000'],
    })
    expect(verdictsOf(of)).toEqual(['PASS', 'UNDECIDED', 'UNDECIDED', 'PASS'])
    const reasons = objectivesOf(of).flatMap(({ estimate: { reason } }) => reason ?? [])
    expect(reasons.map((reason) => reason.includes('lengths of up to'))).toEqual([true, true])
  })

  test('on a worst window is stricter, as all of it may be in that one', () => {
    const slo = ['p(50) latency_ms < 1000', 'p(50, worst 10s) latency_ms < 1000']
    // some batches in a hundred are beyond
    expect(verdictsOf(batched({ rate: 620, slo }))).toEqual(['PASS', 'UNDECIDED'])
  })

  test('on lengths that were never measured does not pass', () => {
    const work = encoder({ batch: [1, 64], length: [32, 512] })
    const tokens = { distribution: 'fixed', value: 4096 }
    const slo = ['p(50) latency_ms < 60000']
    const [objective] = objectivesOf(batched({ rate: 5, work, tokens, pool: T4, slo }))
    expect(objective!.verdict).toBe('UNDECIDED')
    expect(objective!.estimate.reason).toContain('for 87 % of its work (lengths of up to 4096)')
  })

  test('on lengths below the measured ones passes while these hardly shorten the work', () => {
    const tokens = { distribution: 'uniform', min: 28, max: 60 }
    const near = encoder({ batch: [1, 64], length: [32, 384] })
    expect(verdictsOf(batched({ rate: 100, work: near, tokens, pool: T4 }))).toEqual(['PASS'])
    const far = encoder({ batch: [1, 64], length: [1024, 4096] })
    const [objective] = objectivesOf(batched({ rate: 100, work: far, tokens, pool: T4 }))
    expect(objective!.verdict).toBe('UNDECIDED')
    expect(objective!.estimate.reason).toContain('(less than was measured)')
  })

  test('of a fit that states no range is not in doubt', () => {
    const of = batched({ rate: 100, work: encoder({}), pool: T4 })
    expect(verdictsOf(of)).toEqual(['PASS'])
  })

  test('of another pool is left alone', () => {
    const both = scenarioOf({
      duration_s: 100,
      models: {
        own: { work: { law: 'constant', ms: 1 } },
        m: { work: { law: 'table', sizes: [1, 2], ms: [3, 4] } },
      },
      traffic: ['own', 'm'].map((model) => ({
        class: model,
        model,
        arrivals: { process: 'poisson', rate_rps: 400 },
      })),
      slo: { own: ['p(95) latency_ms < 1000'], m: ['p(95) latency_ms < 1000'] },
      pools: ['own', 'm'].map((name) => ({
        name,
        model: name,
        batching: { policy: 'dynamic', max_batch: 16 },
      })),
    })
    expect(verdictsOf(both)).toEqual(['PASS', 'UNDECIDED'])
    const { runs } = runsOf(both)
    const doubts = runDoubts(
      both,
      runs.map((run) => runFigures(both, run)),
    )
    expect(doubts.map((doubt) => doubt?.slowness ?? null)).toEqual([null, Number.POSITIVE_INFINITY])
  })
})

describe('an engine', () => {
  const FITTED = { batch: [1, 64], length: [64, 4096], prefill_tokens: [64, 512] }

  function engine(prompt: number, fitted: object = FITTED) {
    const size = { layers: 32, hidden: 4096, heads: 32, kv_heads: 8, feed_forward: 14_336 }
    const efficiency = {
      fitted: { accelerator: 'h100-sxm', precision: 'fp16', error: 0.03, ...fitted },
    }
    const law = { law: 'transformer-decoder', gated: true, vocabulary: 128_256 }
    return scenarioOf({
      duration_s: 900,
      models: { m: { work: { ...law, ...size, efficiency } } },
      traffic: [
        {
          class: 'web',
          arrivals: { process: 'poisson', rate_rps: 1 },
          input_tokens: { distribution: 'fixed', value: prompt },
          output_tokens: { distribution: 'fixed', value: 100 },
        },
      ],
      slo: { web: ['p(50) ttft_ms < 60000'] },
      pools: [
        {
          ...{ name: 'gpu', model: 'm', accelerator: card('h100-sxm'), precision: 'fp16' },
          generation: { policy: 'continuous', max_sequences: 64, token_budget: 16_384 },
        },
      ],
    })
  }

  test('that computes prompts of 16,000 tokens by a fit to 512 gives no plain PASS', () => {
    expect(verdictsOf(engine(500))).toEqual(['PASS'])
    const [objective] = objectivesOf(engine(16_000))
    expect(objective!.verdict).toBe('UNDECIDED')
    expect(objective!.estimate.reason).toMatch(
      /lengths of up to 16\d+, prefill of up to 16\d+ tokens/,
    )
  })

  test('that was fitted to decode steps alone shows nothing of its prompts', () => {
    const { prefill_tokens: _, ...decodes } = FITTED
    const [objective] = objectivesOf(engine(4000, decodes))
    expect(objective!.estimate.reason).toMatch(/prefill of up to \d000 tokens/)
  })
})

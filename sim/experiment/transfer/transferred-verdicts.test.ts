import { describe, expect, test } from 'vitest'
import { shippedAccelerators } from '../../../scenarios/load/accelerators.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { simulatedResult } from '../result/result.ts'
import { runReplication } from '../simulation/simulate.ts'
import { withoutFiles } from '../system/prepared-scenario.ts'
import { resolveSystem } from '../system/resolve.ts'
import { withDeclaredSpeed } from '../system/scaled-speed.ts'
import { TRANSFER_WIDTHS } from './transfer-widths.ts'
import { growthOf, withinTransfers } from './transferred-verdicts.ts'

const card = (name: string) => shippedAccelerators().find((one) => one.name === name)!
const SIZE = { layers: 12, hidden: 768, heads: 12, vocabulary: 30_522 }
const BY = { version: '0', commit: null, profile: null }

interface Wanted {
  readonly accelerator?: string
  readonly precision?: string
  readonly limits?: readonly string[]
  readonly rate?: number
  readonly arrivals?: object
  readonly pool?: object
  readonly more?: object
  readonly duration_s?: number
}

/** Times that were fitted on a T4 at fp16, in a pool on some card. */
function scenario({
  accelerator = 't4',
  precision = 'fp16',
  limits = [],
  rate = 20,
  arrivals = {},
  pool = {},
  more = {},
  duration_s = 600,
}: Wanted) {
  const efficiency = { fitted: { accelerator: 't4', precision: 'fp16', error: 0.03 } }
  const work = { law: 'transformer-encoder', ...SIZE, efficiency }
  return scenarioOf({
    duration_s,
    models: { m: { work } },
    traffic: [
      {
        class: 'web',
        arrivals: { process: 'poisson', rate_rps: rate, ...arrivals },
        input_tokens: { distribution: 'fixed', value: 128 },
        ...more,
      },
    ],
    slo: limits.length > 0 ? { web: [...limits] } : {},
    pools: [
      { name: 'gpu', model: 'm', accelerator: card(accelerator), precision, replicas: 1, ...pool },
    ],
  })
}

function resultOf(of: ReturnType<typeof scenario>) {
  const system = resolveSystem(withoutFiles({ scenario: of, hash: 'none', file: 's.yaml' }), null)
  return simulatedResult(system, [runReplication(system, 0), runReplication(system, 1)], BY)
}

const verdictOf = (wanted: Wanted) => resultOf(scenario(wanted)).objectives[0]!

const P95 = (limit: number) => [`p(95) latency_ms < ${limit}`]

describe('an objective of transferred times', () => {
  test('passes where the fit was made, and elsewhere by a margin above the width only', () => {
    const here = verdictOf({ limits: P95(6) })
    expect(here.verdict).toBe('PASS')
    expect(here.estimate.reason).toBeUndefined()
    const there = verdictOf({ accelerator: 'l4', limits: P95(3) })
    expect(there.verdict).toBe('UNDECIDED')
    expect(there.deciding_duration_s).toBeNull()
    expect(there.estimate.reason).toMatch(
      /^the fit of pool gpu is transferred from t4 at fp16: transfers of this kind missed by −40 … \+55 %, which may make [\d.]+ ms up to [\d.]+ ms$/,
    )
    expect(verdictOf({ accelerator: 'l4', limits: P95(60) }).verdict).toBe('PASS')
  })

  test('at another precision needs the margin of precisions', () => {
    expect(verdictOf({ precision: 'int8', limits: P95(6) }).verdict).toBe('UNDECIDED')
    const reason = verdictOf({ precision: 'int8', limits: P95(6) }).estimate.reason!
    expect(reason).toContain('missed by −64 … +136 %')
    expect(verdictOf({ precision: 'int8', limits: P95(60) }).verdict).toBe('PASS')
  })

  test('still fails where it fails', () => {
    expect(verdictOf({ accelerator: 'l4', limits: P95(1) }).verdict).toBe('FAIL')
  })

  test('does not pass where slower times would overload the pool', () => {
    const { objectives, load } = resultOf(
      scenario({ accelerator: 'l4', rate: 400, limits: P95(10_000) }),
    )
    expect(load! / (1 + TRANSFER_WIDTHS.encoder.card!.low)).toBeGreaterThan(1)
    expect(load).toBeLessThan(1)
    expect(objectives[0]!.verdict).toBe('UNDECIDED')
    expect(objectives[0]!.estimate.reason).toContain('overloaded')
  })

  test('does not pass where nothing bounds what slower times would do', () => {
    const reason = 'what slower times would do to this is not known'
    const unbounded: Wanted[] = [
      { limits: ['goodput > 50%', ...P95(600)] },
      { limits: P95(600), more: { timeout_ms: 500 } },
      { limits: P95(600), arrivals: { surges: [{ at_s: 10, factor: 2, hold_s: 5 }] } },
      { limits: P95(600), arrivals: { process: 'gamma', cv: 3 } },
      { limits: P95(600), pool: { queue: { max_length: 100 } } },
      { limits: ['p(95, worst 1m) latency_ms < 600'] },
    ]
    for (const wanted of unbounded) {
      const { verdict, estimate } = verdictOf({ accelerator: 'l4', ...wanted })
      expect([verdict, estimate.reason], JSON.stringify(wanted)).toEqual([
        'UNDECIDED',
        expect.stringContaining(reason),
      ])
    }
  })

  test('does not pass by any margin where no such transfer was measured', () => {
    const { verdict, estimate } = verdictOf({ pool: { partition: 0.5 }, limits: P95(60_000) })
    expect(verdict).toBe('UNDECIDED')
    expect(estimate.reason).toContain('no transfer of this kind was measured')
  })

  test('of another class is left alone', () => {
    const of = scenarioOf({
      models: {
        own: { work: { law: 'constant', ms: 1 } },
        m: scenario({}).models.m!,
      },
      traffic: ['own', 'm'].map((model) => ({
        class: model,
        model,
        arrivals: { process: 'poisson', rate_rps: 20 },
      })),
      slo: { own: P95(100), m: P95(60_000) },
      pools: [
        { name: 'own', model: 'own' },
        { name: 'gpu', model: 'm', accelerator: card('l4'), precision: 'int8', partition: 0.5 },
      ],
    })
    const estimate = { value: 1, low: 1, high: 1, n: 10 }
    const judged = ['own', 'm'].map((name) => ({
      class: name,
      text: of.slo[name]![0]!,
      estimate,
      verdict: 'PASS' as const,
      deciding_duration_s: null,
    }))
    const verdicts = withinTransfers({ scenario: of, load: 0.1 }, judged)
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['PASS', 'UNDECIDED'])
  })
})

test('no latency of a system that is that much slower is above its bound', () => {
  const slowness = 1 / (1 + TRANSFER_WIDTHS.encoder.card!.low)
  const batched = { batching: { policy: 'dynamic', max_batch: 16, max_delay_ms: 5 } }
  for (const [rate, { arrivals = {}, ...pool }] of [
    [20, {}],
    [150, {}],
    [200, { arrivals: { process: 'deterministic', rate_rps: 200 } }],
    [20, batched],
    [150, batched],
    [300, batched],
    [400, { replicas: 4 }],
    [800, { replicas: 4 }],
    [800, { replicas: 4, queue: { mode: 'per-replica' }, ...batched }],
  ] as readonly (readonly [number, { arrivals?: object }])[]) {
    const of = scenario({ rate, arrivals, pool, duration_s: 150 })
    const fast = resultOf(of)
    const load = fast.load!
    expect(slowness * load, `${rate}`).toBeLessThan(1)
    const slow = resultOf(withDeclaredSpeed(of, 1 / slowness))
    for (const p of ['p50', 'p95', 'p99'] as const) {
      const [before, after] = [fast, slow].map(({ classes }) => classes[0]!.latency_all[p].value!)
      const bound = before! * growthOf(slowness, load)
      expect(after, `${p} at ${rate}, load ${load}`).toBeLessThan(bound)
    }
  }
})

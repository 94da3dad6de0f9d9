import { describe, expect, test } from 'vitest'
import { parseScenario } from '../scenarios/index.ts'
import {
  keptReplication,
  type RunSummary,
  resolveSystem,
  runFigures,
  runReplication,
  simulatedResult,
  simulationInput,
  variantFigures,
  withoutFiles,
} from '../sim/experiment/index.ts'

/**
 * Utilisation is a share of the time that is paid for. Batches run on replicas that are paid for,
 * one after another, so it is at most 1 to the last digit, whatever comes, drains, splits or fails.
 */

const textOf = (pool: string, sections = '', work = '{ law: constant, ms: 70 }', output = '') => `
spillway: 1
name: busy
duration_s: 30
warmup_s: 2
models: { m: { work: ${work} } }
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 120 }
    timeout_ms: 120
    ${output}
pools:
  - { name: p, model: m, ${pool} }
${sections}`

function systemOf(text: string) {
  const { scenario } = parseScenario(text, { file: 'busy.yaml' })
  return resolveSystem(withoutFiles({ scenario, hash: 'x', file: 'busy.yaml' }), null)
}

const scaled = (scaling: string) =>
  `scaling: { ${scaling}, min: 1, max: 6, initial: 4, start_s: { distribution: fixed, value: 1 } }`
const STEPS = scaled(
  'policy: scheduled, steps: [{ at_s: 0, replicas: 4 }, { at_s: 5, replicas: 1 }, { at_s: 9, replicas: 6 }, { at_s: 17, replicas: 2 }]',
)
const BATCHES = 'batching: { policy: dynamic, max_batch: 4, max_delay_ms: 5 }'
const FEW = 'queue: { max_length: 20 }'
const CRASH =
  'failures: [{ kind: crash, every_s: 4, detection_s: 0.3, restart_s: { distribution: fixed, value: 1 } }]'
const NETWORK =
  'places: [{ name: shop }, { name: centre }]\n' +
  'networks: [{ between: [shop, centre], latency_ms: { distribution: lognormal, median: 12, p99: 60 } }]'

/** Small batches fill the device with blocks that larger ones cannot use: these run in parts. */
const SPLIT = `
spillway: 1
name: split
duration_s: 8
models:
  m:
    work: { law: linear, base_ms: 480, per_item_ms: 1 }
    memory: { activations: [{ per_item_kib: 5000 }, { per_item_kib: 5000 }, { per_token_kib: 200 }] }
traffic:
  - class: web
    arrivals: { process: poisson, schedule: [{ at_s: 0, rate_rps: 3 }, { at_s: 2, rate_rps: 60 }] }
pools:
  - name: p
    model: m
    batching: { policy: dynamic, max_batch: 16, max_delay_ms: 1 }
    memory: { allocator: bucket, limit_mib: 220, out_of_memory: [split] }
failures:
  - { kind: errors, at_s: [0.1], for_s: 8, share: 1 }
  - { kind: deployment, at_s: 4.6, restart_s: { distribution: fixed, value: 1 } }
`

const SYSTEMS = {
  'a full pool': textOf(`replicas: 3, ${FEW}`),
  'a full pool in batches': textOf(`replicas: 3, ${BATCHES}, ${FEW}`),
  'a scaled pool that is full': textOf(`${STEPS}, ${FEW}`),
  'a scaled pool in batches': textOf(`${STEPS}, ${BATCHES}, ${FEW}`),
  'a scaled pool with a queue for each replica': textOf(
    `${STEPS}, queue: { mode: per-replica, max_length: 5 }`,
  ),
  'a scaled pool with a warm pool': textOf(`${STEPS.replace('min: 1', 'min: 1, warm: 2')}, ${FEW}`),
  'a scaled pool whose replicas crash': textOf(`${STEPS}, ${FEW}`, CRASH),
  'a pool whose replicas crash': textOf(`replicas: 3, ${FEW}`, CRASH),
  'a pool that follows its utilisation': textOf(
    `${scaled('policy: hpa, metrics: [{ metric: utilisation, target: 0.7 }]')}, ${FEW}`,
  ),
  'a pool behind a network': textOf(
    `replicas: 2, place: centre, ${BATCHES}, ${FEW}`,
    NETWORK,
    '{ law: constant, ms: 70 }',
    'place: shop',
  ),
  'a scaled pool that generates': textOf(
    `${STEPS}, generation: { policy: continuous, max_sequences: 4 }, ${FEW}`,
    '',
    '{ law: generation, base_ms: 5, per_prefill_token_ms: 0.1 }',
    'output_tokens: { distribution: geometric, mean: 10 }',
  ),
  'a pool whose replica is given up while a batch runs in parts': SPLIT,
}

/** The shares of time of the only pool, as the document of one run states them. */
function sharesOf(system: ReturnType<typeof systemOf>, run: RunSummary) {
  const by = { version: 'x', commit: null, profile: null }
  const { pools, worst_window } = simulatedResult(system, [run], by)
  const { utilisation, occupied, wasted } = pools[0]!
  return {
    utilisation: utilisation.value!,
    occupied: occupied.value!,
    wasted: wasted.value!,
    worst: worst_window!.pools[0]!.utilisation.value!,
  }
}

describe.each(Object.entries(SYSTEMS))('%s', (_, text) => {
  const system = systemOf(text)

  test('is busy for no longer than it is paid for, to the last digit', () => {
    for (let replication = 0; replication < 3; replication++) {
      const shares = sharesOf(system, runReplication(system, replication))
      for (const share of Object.values(shares)) expect(share).toBeLessThanOrEqual(1)
      // so nearly full that it matters
      expect(shares.worst).toBeGreaterThan(0.7)
      expect(shares.worst).toBeGreaterThan(shares.utilisation - 1e-3)
    }
  })
})

test('replicas that drain are busy when they serve no longer, and are paid for', () => {
  const system = systemOf(SYSTEMS['a scaled pool that is full'])
  const { busyMs, paidMs, availability } = runReplication(system, 0)
  // over the time in which replicas take batches it would be more than the whole
  expect(busyMs[0]! / (1000 * availability![0]!.upS)).toBeGreaterThan(1)
  expect(paidMs[0]!).toBeCloseTo(1000 * availability![0]!.paidS, 6)
})

test('a run, a row of a sweep and a variant state one utilisation: that of rows over paid time', () => {
  const system = systemOf(SYSTEMS['a scaled pool with a warm pool'])
  const run = runReplication(system, 0)
  const { utilisation } = sharesOf(system, run)
  expect(runFigures(system.scenario, run).pools[0]!.utilisation).toBe(utilisation)
  expect(variantFigures({ runs: [run] }).utilisation.value).toBe(utilisation)
  const { rows } = keptReplication(system, 0)
  const { batch, dispatched, started, ended } = rows.columns
  const batches = new Map<number, number>()
  for (let key = 0; key < rows.count; key++) {
    if (batch[key]! < 0 || dispatched[key]! < 2000) continue
    batches.set(batch[key]!, ended[key]! - started[key]!)
  }
  const busy = [...batches.values()].reduce((sum, ms) => sum + ms, 0)
  const paid = 1000 * run.availability![0]!.paidS + 2 * run.observedMs
  expect(utilisation).toBeCloseTo(busy / paid, 7)
})

/** Time that spans of executors have within another span. */
const within = (spans: readonly (readonly [number, number])[], from: number, to: number) =>
  spans.reduce((sum, [a, b]) => sum + Math.max(0, Math.min(b, to) - Math.max(a, from)), 0)

describe.each(['shared', 'per-replica'])('with %s queues', (mode) => {
  test('a scaler counts replicas that drain neither as busy nor as there', () => {
    // batches are long against its interval, and replicas are given up with several to serve
    const WINDOW_S = 1
    const { scenario } = parseScenario(
      `spillway: 1
name: drains
duration_s: 300
models: { m: { work: { law: constant, ms: 2000 } } }
traffic:
  - class: web
    arrivals: { process: on-off, on_s: 2, off_s: 2, rate_rps: 3.5 }
pools:
  - name: p
    model: m
    queue: { mode: ${mode} }
    scaling:
      policy: huggingface
      utilisation: 0.9
      window_s: ${WINDOW_S}
      interval_s: 1
      up_every_s: 1
      down_after_s: 0
      min: 3
      initial: 12
      max: 12
      start_s: { distribution: fixed, value: 1 }
`,
      { file: 'drains.yaml' },
    )
    const input = simulationInput(scenario)
    const { rows, changes = [] } = keptReplication(input, 0)
    const executors = [...Array(12).keys()].map((executor) => {
      let since: number | null = 0
      const serves: [number, number][] = []
      for (const { at, executor: changed, state } of changes) {
        if (changed !== executor) continue
        if (state === 'up') since ??= at
        else if (since !== null) {
          serves.push([since, at])
          since = null
        }
      }
      if (since !== null) serves.push([since, Number.POSITIVE_INFINITY])
      const busy: [number, number][] = []
      for (let key = 0; key < rows.count; key++) {
        if (rows.columns.executor[key] !== executor) continue
        busy.push([rows.columns.dispatched[key]!, rows.columns.done[key]!])
      }
      return { serves, busy }
    })
    const { availability } = runReplication(input, 0)
    let drained = 0
    const stated: number[] = []
    const expected: number[] = []
    for (const { at, reason } of availability![0]!.steps) {
      const [, share] = /utilisation ([\d.]+)/.exec(reason) ?? []
      if (share === undefined) continue
      const [from, to] = [Math.max(0, at - 1000 * WINDOW_S), at]
      let [busyMs, servesMs] = [0, 0]
      for (const { serves, busy } of executors) {
        const served = busy.reduce(
          (sum, [a, b]) => sum + within(serves, Math.max(a, from), Math.min(b, to)),
          0,
        )
        busyMs += served
        servesMs += within(serves, from, to)
        if (within(busy, from, to) > served + 1) drained++
      }
      stated.push(Number(share))
      expected.push(Number((busyMs / servesMs).toPrecision(3)))
    }
    expect(stated).toEqual(expected)
    expect(drained).toBeGreaterThan(5)
  })
})

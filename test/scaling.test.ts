import { describe, expect, test } from 'vitest'
import { parseScenario } from '../scenarios/index.ts'
import { auditRows, promisesOf } from '../sim/audit/index.ts'
import { keptReplication, runReplication, simulationInput } from '../sim/experiment/index.ts'
import { OUTCOME } from '../sim/serving/index.ts'

/** Pools whose replicas follow the load: what starts, drains and stops, and what is lost by it. */

const BASE = `
spillway: 1
name: scaling
duration_s: 900
traffic:
  - class: a
    arrivals: { process: poisson, rate_rps: 30, surges: [{ at_s: 200, factor: 4, rise_s: 60, hold_s: 150, decay_s: 60 }] }
`

const POLICIES: Readonly<Record<string, string>> = {
  scheduled:
    'policy: scheduled, min: 1, steps: [{ at_s: 0, replicas: 2 }, { at_s: 180, replicas: 8 }, { at_s: 600, replicas: 3 }]',
  hpa: 'policy: hpa, min: 1, metrics: [{ metric: concurrency, target: 0.8 }], scale_down: { stabilization_s: 60 }',
  keda: 'policy: keda, min: 1, metric: queue_length, threshold: 2, scale_down: { stabilization_s: 60 }',
  'keda to zero':
    'policy: keda, min: 0, metric: concurrency, threshold: 1, cooldown_s: 30, scale_down: { stabilization_s: 60 }',
  knative: 'policy: knative, min: 0, target: 2, zero_grace_s: 5',
  huggingface: 'policy: huggingface, min: 1, up_every_s: 30, window_s: 30, down_after_s: 60',
  predictive:
    'policy: predictive, min: 1, capacity_rps: 12, lead_s: 20, seasonality: none, period_s: 900, step_s: 10, refit_s: 60, down_delay_s: 30',
}

const QUEUES: Readonly<Record<string, string>> = {
  shared: 'batching: { policy: dynamic, max_batch: 2, max_delay_ms: 5 }',
  'per replica': 'queue: { mode: per-replica }',
}

const inputOf = (queue: string, scaling: string, sections = '') =>
  simulationInput(
    parseScenario(
      `${BASE}models: { m: { work: { law: linear, base_ms: 50, per_item_ms: 5 } } }
pools:
  - { name: p, model: m, ${queue}, scaling: { ${scaling}, initial: 2, max: 12, start_s: { distribution: uniform, min: 8, max: 12 } } }
${sections}`,
      { file: 'scaling.yaml' },
    ).scenario,
  )

const cases = Object.keys(POLICIES).flatMap((policy) =>
  Object.keys(QUEUES).map((queue) => [policy, queue] as const),
)

describe.each(cases)('%s, %s queue', (policy, queue) => {
  const input = inputOf(QUEUES[queue]!, POLICIES[policy]!)
  const run = keptReplication(input, 0)
  const changes = run.changes!

  test('keeps every promise, and loses no request of a replica that is given back', () => {
    const { columns, count } = run.rows
    const requests = { ...columns, prefixes: [] }
    const report = auditRows(promisesOf(input.scenario), columns, requests, changes)
    const broken = report.rules.flatMap(({ first }) =>
      first.map(({ rule, text }) => `${rule}: ${text}`),
    )
    expect(broken).toEqual([])
    const failed = columns.outcome.filter((outcome) => outcome === OUTCOME.failed)
    expect(failed).toHaveLength(0)
    const served = columns.outcome.filter((outcome) => outcome === OUTCOME.served).length
    const refused = columns.refusal.filter((why) => why !== 0).length
    expect(served + refused).toBe(count)
  })

  test('adds replicas in the surge and gives them back, each after it was asked for', () => {
    const serving = new Set([0, 1])
    const counts = [2]
    const askedAt = new Map<number, number>()
    for (const { at, executor, state } of changes) {
      if (state === 'starting') askedAt.set(executor, at)
      else if (state === 'up') {
        const waited = at - askedAt.get(executor)!
        expect(waited).toBeGreaterThanOrEqual(8000)
        expect(waited).toBeLessThanOrEqual(12_000)
        serving.add(executor)
      } else serving.delete(executor)
      counts.push(serving.size)
    }
    expect(Math.max(...counts)).toBeGreaterThan(4)
    expect(Math.max(...counts)).toBeLessThanOrEqual(12)
    expect(counts.at(-1)).toBeLessThan(Math.max(...counts))
  })

  test('the same run again is the same', () => {
    expect(keptReplication(input, 0).changes).toEqual(changes)
  })
})

test('advice changes nothing: the run is that of a pool of fixed size', () => {
  const advised = keptReplication(inputOf(QUEUES.shared!, `${POLICIES.hpa}, advisory: true`), 0)
  const fixed = keptReplication(inputOf(QUEUES.shared!, 'policy: fixed, replicas: 2, min: 2'), 0)
  expect(advised.rows.columns.done).toEqual(fixed.rows.columns.done)
  const { availability } = runReplication(
    inputOf(QUEUES.shared!, `${POLICIES.hpa}, advisory: true`),
    0,
  )
  expect(availability![0]!.steps.length).toBeGreaterThan(3)
})

test('replicas of a warm pool serve at once, one after another', () => {
  const warm = 'warm: 2, warm_start_s: { distribution: fixed, value: 1 }'
  const { changes } = keptReplication(inputOf(QUEUES.shared!, `${POLICIES.scheduled}, ${warm}`), 0)
  const starts = changes!.filter(({ state, at }) => state === 'starting' && at > 0)
  const up = (executor: number) =>
    changes!.find(({ state, executor: changed }) => state === 'up' && changed === executor)!.at
  const waits = starts.map(({ at, executor }) => up(executor) - at)
  expect(waits.slice(0, 2)).toEqual([1000, 1000])
  for (const wait of waits.slice(2)) expect(wait).toBeGreaterThanOrEqual(8000)
})

test('replicas are paid for from when they are asked for until they are given back', () => {
  const input = inputOf(QUEUES.shared!, POLICIES.scheduled!)
  const { changes } = keptReplication(input, 0)
  const { availability, observedMs } = runReplication(input, 0)
  let [paid, since] = [0, 0]
  let count = 2
  for (const { at, state } of changes!) {
    if (state !== 'starting' && !(state === 'stopped' && at > 0)) continue
    paid += count * (at - since)
    since = at
    count += state === 'starting' ? 1 : -1
  }
  paid += count * (observedMs - since)
  expect(availability![0]!.paidS).toBeCloseTo(paid / 1000, 6)
})

test('a scaled pool whose replicas crash keeps every promise', () => {
  const crash =
    'failures: [{ kind: crash, every_s: 60, restart_s: { distribution: exponential, mean: 10 } }]'
  for (const queue of Object.values(QUEUES)) {
    const input = inputOf(queue, POLICIES.hpa!, crash)
    const run = keptReplication(input, 0)
    const { columns } = run.rows
    const requests = { ...columns, prefixes: [] }
    const report = auditRows(promisesOf(input.scenario), columns, requests, run.changes)
    expect(report.rules.flatMap(({ first }) => first)).toEqual([])
    expect(columns.outcome.filter((outcome) => outcome === OUTCOME.failed)).not.toHaveLength(0)
  }
})

test('a replica that is lost while it drains stays away until it is asked for again', () => {
  const crash =
    'failures: [{ kind: crash, every_s: 15, detection_s: 0.02, restart_s: { distribution: exponential, mean: 10 } }]'
  let lost = 0
  for (const queue of ['queue: { mode: per-replica }', 'queue: { mode: shared }']) {
    const steps = Array.from(
      { length: 60 },
      (_, i) => `{ at_s: ${15 * i}, replicas: ${i % 2 ? 2 : 12} }`,
    )
    const policy = `policy: scheduled, min: 1, steps: [${steps}]`
    const { changes } = keptReplication(inputOf(queue, policy, crash), 0)
    const drains = new Set<number>()
    for (const { executor, state } of changes!) {
      if (state === 'draining') drains.add(executor)
      if (state === 'starting') drains.delete(executor)
      if (state === 'down' && drains.has(executor)) lost++
      if (state === 'up') expect(drains.has(executor), `executor ${executor}`).toBe(false)
    }
  }
  expect(lost).toBeGreaterThan(0)
})

import { describe, expect, test } from 'vitest'
import { loadSystem } from '../runtime/jobs/prepare.ts'
import { refuseLive } from '../runtime/jobs/refuse.ts'
import { parseScenario } from '../scenarios/index.ts'
import { auditRows, type ExecutorChange, promisesOf } from '../sim/audit/index.ts'
import {
  keptReplication,
  runReplication,
  simulatedResult,
  simulationInput,
} from '../sim/experiment/index.ts'

import { put, temporaryFolder } from './spillway.ts'

const folder = temporaryFolder()

/** Scaled pools that share a budget: what they have together, and which of them gets what. */

/** Cards of 100 W and of 300 W. */
const card = (name: string, watts: number) =>
  `{ accelerator: 1, name: ${name}, title: ${name}, vendor: us, memory_gib: { value: 16, confidence: checked, source: test }, bandwidth_gb_s: { value: 300, confidence: checked, source: test }, tflops: { fp16: { value: 65, confidence: checked, source: test } }, power_w: { value: ${watts}, confidence: checked, source: test }, prices: [] }`

const START = 'start_s: { distribution: uniform, min: 8, max: 12 }'
const surge = (at: number) =>
  `arrivals: { process: poisson, rate_rps: 6, surges: [{ at_s: ${at}, factor: 5, rise_s: 40, hold_s: 150, decay_s: 60 }] }`

const textOf = (budget: string, queue = 'batching: { policy: none }') => `
spillway: 1
name: budgets
duration_s: 700
models: { a: { work: { law: linear, base_ms: 200, per_item_ms: 20 } }, b: { work: { law: linear, base_ms: 200, per_item_ms: 20 } } }
traffic:
  - { class: a, model: a, ${surge(150)} }
  - { class: b, model: b, ${surge(180)} }
${budget}
pools:
  - { name: light, model: a, accelerator: ${card('light', 100)}, ${queue}, scaling: { policy: hpa, metrics: [{ metric: concurrency, target: 0.8 }], scale_down: { stabilization_s: 60 }, initial: 2, max: 12, ${START} } }
  - { name: heavy, model: b, accelerator: ${card('heavy', 300)}, ${queue}, scaling: { policy: knative, target: 2, min: 1, initial: 2, max: 12, warm: 1, ${START} } }
`

const inputOf = (budget: string, queue?: string) =>
  simulationInput(parseScenario(textOf(budget, queue), { file: 'budgets.yaml' }).scenario)

function audited(
  budget: string,
  queue?: string,
  fewerReplicas = 0,
  changes?: readonly ExecutorChange[],
) {
  const input = inputOf(budget, queue)
  const run = keptReplication(input, 0)
  const { columns } = run.rows
  const promises = promisesOf(input.scenario)
  const { budget: promised } = promises
  const reduced = promised && {
    ...promised,
    replicas: promised.replicas - fewerReplicas,
    watts: promised.watts - 100 * fewerReplicas,
  }
  const report = auditRows(
    { ...promises, budget: reduced },
    columns,
    { ...columns, prefixes: [] },
    changes ?? run.changes,
  )
  const budgetRule = report.rules.find(({ rule }) => rule === 'replica-budget')!
  return { run, report, budgetRule, promises }
}

const BUDGETS: Readonly<Record<string, string>> = {
  replicas: 'budget: { replicas: 10 }',
  watts: 'budget: { watts: 2200 }',
  both: 'budget: { replicas: 11, watts: 2000 }',
  'replicas, light first': 'budget: { replicas: 10, priority: [light] }',
  'watts, heavy first': 'budget: { watts: 2200, priority: [heavy, light] }',
}
const QUEUES: Readonly<Record<string, string>> = {
  shared: 'batching: { policy: dynamic, max_batch: 2, max_delay_ms: 5 }',
  'per replica': 'queue: { mode: per-replica }',
}
const cases = Object.keys(BUDGETS).flatMap((budget) =>
  Object.keys(QUEUES).map((queue) => [budget, queue] as const),
)

describe.each(cases)('a budget of %s, %s queues', (budget, queue) => {
  const { run, report, budgetRule } = audited(BUDGETS[budget]!, QUEUES[queue]!)

  test('is kept at every instant, with every other promise', () => {
    expect(report.rules.flatMap(({ first }) => first.map(({ text }) => text))).toEqual([])
    expect(budgetRule.checked).toBeGreaterThan(15)
  })

  test('binds: with one replica less the audit finds instants beyond it', () => {
    const spoilt = audited(BUDGETS[budget]!, QUEUES[queue]!, budget.startsWith('watts') ? 3 : 1)
    expect(spoilt.budgetRule.violations).toBeGreaterThan(0)
    expect(spoilt.budgetRule.first[0]!.text).toMatch(/replicas and .* W at .* where the budget is/)
  })

  test('is kept only because pools give replicas back for others', () => {
    // without their ends, replicas that were given back still count
    const withoutEnds = run.changes!.filter(({ state, at }) => state !== 'stopped' || at === 0)
    expect(
      audited(BUDGETS[budget]!, QUEUES[queue]!, 0, withoutEnds).budgetRule.violations,
    ).toBeGreaterThan(0)
  })

  test('the result has what an independent count of the changes finds', async () => {
    const text = textOf(BUDGETS[budget]!, QUEUES[queue]!)
    const input = await loadSystem(put(folder, 'budgets.yaml', text))
    const summary = runReplication(input, 0)
    const { most, integral } = counted(run.changes!, summary.observedMs)
    expect(summary.budget!.replicas.most).toBe(most)
    expect(summary.budget!.replicas.mean).toBeCloseTo(integral / summary.observedMs, 9)
    const build = { version: 'test', commit: null, profile: null }
    const { budget: result } = simulatedResult(input, [summary], build)
    for (const { what, limit, most: had, mean } of result!.limits) {
      expect(limit).toBe(input.scenario.budget![what])
      expect(had).toBeLessThanOrEqual(limit)
      expect(mean.value).toBeLessThan(limit)
    }
    expect(result!.pools.map(({ name }) => name)).toEqual(['light', 'heavy'])
  })

  test('the decision log has the reason of each cut', () => {
    const { availability } = runReplication(inputOf(BUDGETS[budget]!, QUEUES[queue]!), 0)
    const reasons = availability!.flatMap(({ steps }) => steps.map(({ reason }) => reason))
    expect(reasons.join('\n')).toMatch(/; cut to \d+ of \d+ replicas by the budget/)
    expect(reasons.join('\n')).toMatch(
      /granted \d+ of \d+ replicas?, as (light|heavy) asks for \d+/,
    )
  })
})

/** Executors 0 to 11 and 12 to 23, of which two each serve at first; one more is in a warm pool. */
function counted(changes: readonly ExecutorChange[], end: number) {
  const here = new Set([0, 1, 12, 13])
  let [at, most, integral] = [0, 0, 0]
  const pass = (next: number) => {
    // scalers give replicas back after the last request, too
    const to = Math.min(next, end)
    if (to > at) most = Math.max(most, here.size + 1)
    integral += (here.size + 1) * (to - at)
    at = to
  }
  for (const change of changes) {
    if (change.at === 0) continue
    pass(change.at)
    if (change.state === 'stopped') here.delete(change.executor)
    else here.add(change.executor)
  }
  pass(end)
  return { most, integral }
}

test('a pool with priority gets all it asks for while it fits, and others what is left', () => {
  const cutOf = (budget: string) => runReplication(inputOf(budget), 0).budget!.cuts
  const [first, second] = cutOf('budget: { replicas: 14, priority: [light] }')
  const [, shared] = cutOf('budget: { replicas: 14 }')
  // beside the one replica and the warm one that heavy always has, 12 of light fit
  expect(first!.seconds).toBe(0)
  expect(second!.replicaS).toBeGreaterThan(shared!.replicaS)
})

test('a budget that nothing exceeds changes nothing', () => {
  const none = keptReplication(inputOf(''), 0)
  const ample = keptReplication(inputOf('budget: { replicas: 25 }'), 0)
  expect(ample.rows.columns.done).toEqual(none.rows.columns.done)
  expect(ample.changes).toEqual(none.changes)
  // a budget that binds does
  const tight = keptReplication(inputOf('budget: { replicas: 10 }'), 0)
  expect(tight.rows.columns.done).not.toEqual(none.rows.columns.done)
})

test.each([
  ['budget: {}', /budget: expected at least one of replicas and watts/],
  ['budget: { replicas: 4 }', /budget.replicas: expected 5 or more, which the scaled pools have/],
  ['budget: { watts: 900 }', /budget.watts: expected 1100 or more/],
  ['budget: { replicas: 9, priority: [x] }', /priority.0: expected a pool with scaling, one of/],
  ['budget: { replicas: 9, priority: [light, light] }', /priority.1: expected each pool once/],
])('%s is refused', (budget, problem) => {
  expect(() => inputOf(budget)).toThrow(problem)
})

test('a budget needs pools that scale, power that is known, and no replay', () => {
  const changed = (from: string, to: string, budget = 'budget: { watts: 2000 }') =>
    textOf(budget).replaceAll(from, to)
  const parse = (text: string) => parseScenario(text, { file: 'budgets.yaml' })
  expect(() => parse(changed(`accelerator: ${card('heavy', 300)},`, ''))).toThrow(
    /remove watts: the accelerator of pool heavy is this machine, and its power is not known/,
  )
  expect(() => parse(changed(START, `advisory: true, ${START}`))).toThrow(
    /scaling.advisory: expected false, as a budget is shared by what scalers do/,
  )
  expect(() =>
    parse(textOf('budget: { replicas: 9 }').replace(/scaling: \{.*\} \}/g, '}')),
  ).toThrow(/remove budget: it is shared by pools with scaling/)
  const { scenario } = parse(textOf('budget: { replicas: 9 }'))
  expect(() => refuseLive([{ scenario, file: 'budgets.yaml' }])).toThrow(
    /budget: a replay does not start and stop replicas, which share it; simulate/,
  )
})

test('a pool that gives replicas back for another one has been measured up to then', () => {
  const text = `
spillway: 1
name: given
duration_s: 170
models: { long: { work: { law: linear, base_ms: 100000 } }, other: { work: { law: linear, base_ms: 1 } } }
traffic:
  - { class: one, model: long, arrivals: { process: deterministic, rate_rps: 0.01 } }
  - { class: two, model: other, arrivals: { process: deterministic, rate_rps: 0.01 } }
budget: { replicas: 3, priority: [b] }
pools:
  - { name: a, model: long, speed: ideal, batching: { policy: none }, scaling: { policy: hpa, interval_s: 40, metrics: [{ metric: utilisation, target: 0.45 }], initial: 2, max: 2 } }
  - { name: b, model: other, speed: ideal, scaling: { policy: scheduled, steps: [{ at_s: 0, replicas: 1 }, { at_s: 130, replicas: 2 }], initial: 1, max: 2 } }
`
  const { scenario } = parseScenario(text, { file: 'given.yaml' })
  const { availability, budget } = runReplication(simulationInput(scenario), 0)
  expect(availability![0]!.steps[0]).toMatchObject({ at: 130_000, replicas: 1 })
  // a is busy from 100 s on: from 80 s, 60 s of 50 x 2 + 30 x 1 s, 1.03 times the target, for which
  // one replica is enough; without what was there up to 130 s it would be 60 of 120 s, 1.11 times
  expect(budget!.cuts[0]!.seconds).toBe(30)
})

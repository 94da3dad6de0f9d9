import { describe, expect, test } from 'vitest'
import { loadScenario } from '../../../scenarios/index.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { auditRows, exactCalls, promisesOf } from '../../audit/index.ts'
import { servingPlan } from '../../serving/index.ts'
import { accept, meanWithError, PERCENTILES } from '../../stats/index.ts'
import { requestsIn } from '../../traffic/index.ts'
import { feedBack, feedbackDifferences } from '../comparison/feedback.ts'
import { simulationInput } from '../system/simulation-input.ts'
import { keptReplication, runReplication } from './simulate.ts'

const poisson = { process: 'poisson', rate_rps: 60 }

/** Two classes over five replicas, each with a queue of its own, at about 0.7 of their capacity. */
function scenarioWith(first: object, queue: object = {}): Scenario {
  return scenarioOf({
    seed: 4,
    duration_s: 40,
    warmup_s: 2,
    models: { m: { work: { law: 'exponential', mean_ms: 15 } } },
    traffic: [
      { class: 'wide', fan_out: 3, ...first },
      { class: 'whole', arrivals: poisson },
    ],
    pools: [
      {
        name: 'pool',
        model: 'm',
        speed: 'ideal',
        replicas: 5,
        queue: { mode: 'per-replica', ...queue },
      },
    ],
  })
}

const think_time_s = { distribution: 'exponential', mean: 0.1 }
const users = { process: 'closed-loop', users: 8, think_time_s }
const retry = { max_attempts: 3, backoff_ms: 5, jitter: 'full' }

describe.each([
  ['of independent clients', { arrivals: poisson }, {}],
  ['of users who think', { arrivals: users }, {}],
  [
    'of clients that time out and retry',
    {
      arrivals: poisson,
      cancel: true,
      retry,
      timeout_ms: { distribution: 'exponential', mean: 60 },
    },
    { max_length: 4 },
  ],
  [
    'of sessions',
    {
      arrivals: { process: 'poisson', rate_rps: 20 },
      session: { turns: { distribution: 'uniform', min: 1, max: 5 }, think_time_s },
    },
    { routing: 'round-robin' },
  ],
] as const)('requests in parts %s', (_, first, queue) => {
  const scenario = scenarioWith(first, queue)
  const input = simulationInput(scenario)
  const { rows, journal } = keptReplication(input, 0)
  const requests = requestsIn(rows)

  test('keep every promise', () => {
    const report = auditRows(promisesOf(scenario), rows.columns, requests.columns)
    expect(report.rules.flatMap((rule) => rule.first)).toEqual([])
    expect(report.rules.find(({ rule }) => rule === 'fan-out')!.checked).toBeGreaterThan(1000)
  })

  test('are decided alike when their journal is fed back', () => {
    const again = feedBack(servingPlan(scenario), requests, journal)
    expect(feedbackDifferences(rows, again)).toEqual([])
  })

  test('have the calls that their rows give', () => {
    const { calls, classes } = runReplication(input, 0)
    const exact = exactCalls(rows.columns, { class: 0, warmupMs: 2000, levels: PERCENTILES })
    const { made, latency } = calls[0]!
    expect([made, latency.n]).toEqual([exact.made, exact.answered])
    latency.percentiles.forEach((value, i) => {
      expect(Math.abs(value / exact.values[i]! - 1)).toBeLessThanOrEqual(0.0079)
    })
    expect(calls[1]).toBeNull()
    // the slowest of three is slower than one of them
    expect(latency.mean).toBeGreaterThan(classes[0]!.latency.mean)
  })
})

test('of a hundred servers that are slow for 1 in 100, one is for 63 % of the requests', async () => {
  const { scenario } = await loadScenario('scenarios/library/fan-out.yaml')
  const shares = Array.from({ length: 10 }, (_, replication) => {
    const input = simulationInput(scenario)
    const { classes, calls } = runReplication(input, replication)
    const { arrived, abandoned } = classes[0]!.counts
    expect(arrived).toBe(100 * calls[0]!.made)
    return [1 - abandoned / arrived, 1 - calls[0]!.latency.n / calls[0]!.made]
  })
  for (const [i, theory] of [0.99, 1 - 0.99 ** 100].entries()) {
    const { mean, standardError, halfWidth } = meanWithError(shares.map((share) => share[i]!))
    const trial = { name: `share ${i}`, estimate: mean, standardError, halfWidth95: halfWidth }
    expect(accept({ ...trial, theory }).problem).toBeNull()
  }
})

import { describe, expect, test } from 'vitest'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { stream } from '../../kernel/index.ts'
import { servingPlan } from '../../serving/index.ts'
import { accept, meanWithError } from '../../stats/index.ts'
import { lengthDistribution } from '../../traffic/index.ts'
import { declaredWork } from '../../world/index.ts'
import { poolCapacity } from '../capacity/capacity.ts'
import { simulationInput } from '../system/simulation-input.ts'
import { runReplication } from './simulate.ts'

const LONGEST = 100
const PER_TOKEN_MS = 0.01

/** Lengths from 1 to LONGEST, all alike, in batches under a policy. */
const scenarioWith = (batching: object, ragged = false): Scenario =>
  scenarioOf({
    duration_s: 40,
    models: {
      m: { work: { law: 'linear', base_ms: 1, per_token_ms: PER_TOKEN_MS }, ragged },
    },
    traffic: [
      {
        class: 'web',
        arrivals: { process: 'poisson', rate_rps: 500 },
        input_tokens: { distribution: 'uniform', min: 1, max: LONGEST },
      },
    ],
    pools: [{ name: 'central', model: 'm', speed: 'ideal', batching }],
  })

const fixed = (batch: number) => ({ policy: 'fixed', batch })
const bucketed = { policy: 'length-bucketed', max_batch: 8, edges: [25, 50, 75] }

/** Useful share in each of several replications. */
const sharesOf = (scenario: Scenario) =>
  Array.from({ length: 10 }, (_, replication) => {
    const input = simulationInput(scenario)
    return runReplication(input, replication).efficiency[0]!
  })

/** Mean of the largest of so many lengths: sum over k of P(max >= k). */
function meanLongest(batch: number, from = 1, to = LONGEST): number {
  let sum = from
  for (let k = from + 1; k <= to; k++) sum += 1 - ((k - from) / (to - from + 1)) ** batch
  return sum
}

const meanLength = (1 + LONGEST) / 2

describe('batch efficiency', () => {
  test.each([2, 8, 32])('of %i lengths is mean over mean of the largest', (batch) => {
    const own = meanWithError(sharesOf(scenarioWith(fixed(batch))))
    const judge = (theory: number) => {
      const { mean: estimate, standardError, halfWidth: halfWidth95 } = own
      const name = `batches of ${batch}`
      return accept({ name, estimate, standardError, halfWidth95, theory }).problem
    }
    const theory = meanLength / meanLongest(batch)
    expect(judge(theory)).toBeNull()
    expect(judge(1.05 * theory)).not.toBeNull()
  })

  test('of single requests and of ragged batches is 1', () => {
    expect(new Set(sharesOf(scenarioWith({ policy: 'none' })))).toEqual(new Set([1]))
    expect(new Set(sharesOf(scenarioWith(fixed(8), true)))).toEqual(new Set([1]))
  })

  test('is higher in buckets', () => {
    const mean = (shares: readonly number[]) => shares.reduce((a, b) => a + b, 0) / shares.length
    const window = { max_delay_ms: 30 }
    const apart = mean(sharesOf(scenarioWith({ ...bucketed, ...window })))
    const together = mean(sharesOf(scenarioWith({ policy: 'dynamic', max_batch: 8, ...window })))
    expect(together).toBeLessThan(0.65)
    expect(apart).toBeGreaterThan(0.75)
  })
})

describe('the capacity of a pool', () => {
  const capacityOf = (scenario: Scenario) => {
    const [pool] = servingPlan(scenario).pools
    const model = scenario.models.m!
    if (!('work' in model)) throw new Error('Expected declared work')
    const lengths = lengthDistribution(
      { distribution: 'uniform', min: 1, max: LONGEST },
      stream(1, 0, 'lengths'),
    )
    return poolCapacity(pool!, declaredWork(model.work), 0, () => lengths.draw())
  }
  const rate = (batch: number, length: number) =>
    (1000 * batch) / (1 + batch * length * PER_TOKEN_MS)

  test('counts padding, ragged only what is there', () => {
    expect(capacityOf(scenarioWith(fixed(8))) / rate(8, meanLongest(8))).toBeCloseTo(1, 2)
    expect(capacityOf(scenarioWith(fixed(8), true)) / rate(8, meanLength)).toBeCloseTo(1, 2)
  })

  test('counts the padding of each bucket', () => {
    const longest = [1, 26, 51, 76].map((from) => meanLongest(8, from, from + 24))
    const mean = longest.reduce((a, b) => a + b, 0) / 4
    expect(capacityOf(scenarioWith(bucketed)) / rate(8, mean)).toBeCloseTo(1, 2)
  })
})

import { describe, expect, test } from 'vitest'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { Random } from '../../kernel/index.ts'
import { servingPlan } from '../../serving/index.ts'
import { EngineEventRecorder, playBack } from '../../stats/index.ts'
import { lengthDistribution, RequestList, trafficSource } from '../../traffic/index.ts'
import { declaredWork } from '../../world/index.ts'
import { mixedLengths, poolCapacity } from '../capacity/capacity.ts'
import { feedBack, feedbackDifferences, watchAgain } from '../comparison/feedback.ts'
import { recordRun } from '../figures/run-summary.ts'
import { simulationInput } from '../system/simulation-input.ts'
import { keptReplication, runReplication } from './simulate.ts'

function scenarioWith(load: number, rest: Partial<Record<keyof Scenario, unknown>> = {}): Scenario {
  return scenarioOf({
    duration_s: 20,
    models: { m: { work: { law: 'constant', ms: 4 } } },
    traffic: [{ class: 'web', arrivals: { process: 'poisson', load } }],
    pools: [
      {
        name: 'central',
        model: 'm',
        replicas: 2,
        batching: { policy: 'dynamic', max_batch: 8, max_delay_ms: 0 },
      },
    ],
    ...rest,
  })
}

/** The input of an engine with a cache of prefixes, whose steps scatter. */
function inputOfEngines() {
  const fixed = (value: number) => ({ distribution: 'fixed', value })
  const work = { law: 'generation', base_ms: 4, per_sequence_ms: 1, cv: 0.2 }
  const kv_cache = { blocks: 60, block_tokens: 16, prefix_cache: true }
  const generation = { policy: 'continuous', max_sequences: 8, token_budget: 64, kv_cache }
  const lengths = { input_tokens: fixed(100), output_tokens: fixed(30), shared_prefix_tokens: 64 }
  const scenario = scenarioOf({
    duration_s: 5,
    models: { m: { work } },
    traffic: [{ class: 'chat', arrivals: { process: 'poisson', rate_rps: 15 }, ...lengths }],
    pools: [{ name: 'engine', model: 'm', generation }],
  })
  return simulationInput(scenario, { capacityRps: null })
}

const inputOf = (scenario: Scenario) =>
  simulationInput(scenario, { capacityRps: capacityOf(scenario) })

function capacityOf(scenario: Scenario, overheadMs = 0, draw = () => 1): number {
  const model = scenario.models.m!
  if (!('work' in model)) throw new Error('Expected declared work')
  const pool = servingPlan(scenario).pools[0]!
  return poolCapacity(pool, declaredWork(model.work), overheadMs, draw)
}

describe('capacity', () => {
  test('of constant work is batch over ms, for every replica', () => {
    expect(capacityOf(scenarioWith(1))).toBe((2 * 8 * 1000) / 4)
    expect(capacityOf(scenarioWith(1), 1)).toBe((2 * 8 * 1000) / 5)
  })

  test('counts the padding of a batch to its longest', () => {
    const work = { law: 'linear', base_ms: 0, per_token_ms: 0.1 }
    const scenario = scenarioWith(1, { models: { m: { work } } })
    const lengths = [1, 1, 1, 1, 1, 1, 1, 10]
    let next = 0
    const draw = () => lengths[next++ % 8]!
    expect(capacityOf(scenario, 0, draw)).toBeCloseTo((2 * 1000) / 1, 9)
  })

  test('mixes the lengths of classes by their weights', () => {
    const unused = new Random('fixed lengths')
    const fixed = (value: number) => lengthDistribution({ distribution: 'fixed', value }, unused)
    const draw = mixedLengths(
      [
        { lengths: fixed(1), weight: 3 },
        { lengths: fixed(2), weight: 1 },
      ],
      1,
    )
    const twos = Array.from({ length: 20_000 }, draw).filter((length) => length === 2).length
    // four standard errors of a share of a quarter
    expect(Math.abs(twos / 20_000 - 0.25)).toBeLessThan(4 * Math.sqrt(0.1875 / 20_000))
  })

  test('is where the queue stops being stable', () => {
    const [below, above] = [0.9, 1.1].map((load) => {
      const { series, observedMs } = runReplication(inputOf(scenarioWith(load)), 0)
      return { queue: series.queue_mean, drainMs: observedMs - 20_000 }
    })
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
    const [early, late] = [below!, above!].map(({ queue }) => ({
      first: mean(queue.slice(30, 60)),
      second: mean(queue.slice(90, 119)),
    })) as [{ first: number; second: number }, { first: number; second: number }]
    expect(early.second).toBeLessThan(3 * early.first)
    expect(early.second).toBeLessThan(40)
    // 0.1 of 4000 requests/s are left over: 400 more each second
    expect(late.second - late.first).toBeGreaterThan(0.7 * 400 * 10)
    expect(late.second - late.first).toBeLessThan(1.3 * 400 * 10)
    expect(below!.drainMs).toBeLessThan(100)
    expect(above!.drainMs).toBeGreaterThan(1000)
  })
})

describe('a replication', () => {
  const input = inputOf(scenarioWith(0.5, { duration_s: 2 }))

  test('depends on its number alone', () => {
    expect(runReplication(input, 3)).toEqual(runReplication(input, 3))
    expect(runReplication(input, 3)).not.toEqual(runReplication(input, 4))
  })

  test('names its requests', () => {
    expect(runReplication(input, 3).requests).not.toBe(runReplication(input, 4).requests)
  })

  test('leaves rows that sum up to its figures, and a journal that gives the same rows', () => {
    const { scenario } = input
    const plan = servingPlan(scenario)
    const traffic = { ...input, seed: scenario.seed, replication: 3 }
    const requests = RequestList.collect(trafficSource(scenario, traffic))
    const { rows, journal } = keptReplication({ ...input, requests }, 3)
    expect(feedbackDifferences(rows, feedBack(plan, requests, journal))).toEqual([])
    const replay = { scenario, plan, expected: null, replication: 0, simulated: null }
    const recording = playBack({ rows }, (table) => recordRun({ ...replay, requests: table }))
    const again = recording.summary(requests.hash())
    const { classes, batchSizes, requests: hash } = runReplication(input, 3)
    expect([again.requests, again.batchSizes]).toEqual([hash, batchSizes])
    expect(again.classes[0]!.counts).toEqual(classes[0]!.counts)
    expect(again.classes[0]!.latency.percentiles).toEqual(classes[0]!.latency.percentiles)
  })

  test('of engines has its gaps and blocks in its journal', () => {
    const { plan, ...own } = inputOfEngines()
    const { scenario } = own
    const traffic = { ...own, seed: scenario.seed, replication: 0 }
    const requests = RequestList.collect(trafficSource(scenario, traffic))
    const run = keptReplication({ ...own, plan, requests }, 0)
    const watching = watchAgain(plan, requests, run, () => new EngineEventRecorder())
    const replay = { scenario, plan, expected: null, replication: 0, simulated: null }
    const again = playBack({ ...run, engineEvents: watching!.events }, (table) =>
      recordRun({ ...replay, requests: table }),
    ).summary(requests.hash())
    const { classes, batchSizes, kvBlocks, prefixes } = runReplication({ ...own, plan }, 0)
    expect(again.classes[0]!.tokens).toEqual(classes[0]!.tokens)
    expect(classes[0]!.tokens!.itl.percentiles[0]).toBeGreaterThan(5)
    expect([again.batchSizes, again.kvBlocks]).toEqual([batchSizes, kvBlocks])
    expect(again.prefixes).toEqual(prefixes)
  })

  test('judges requests by the strictest objective of their class', () => {
    const slo = { web: ['p(99) latency_ms < 100', 'p(50) latency_ms < 5', 'goodput > 90%'] }
    const strict = inputOf(scenarioWith(0.5, { duration_s: 2, slo }))
    const cell = runReplication(strict, 0).classes[0]!
    const share = cell.good / cell.counts.served
    // at low load a batch starts at once and takes 4 ms: many wait longer than 1 ms
    expect(share).toBeGreaterThan(0.3)
    expect(share).toBeLessThan(0.99)
    expect(cell.judged[0]!.value).toBe(cell.all[3])
    expect(cell.judged[1]!.value).toBe(cell.all[0])
  })
})

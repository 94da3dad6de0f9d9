import { mean, standardDeviation } from 'simple-statistics'
import { describe, expect, test } from 'vitest'
import {
  DYNAMIC,
  knownPlan,
  poissonRequests,
  scenarioBatching,
} from '../sim/experiment/comparison/known-machine.test-helper.ts'
import { knownProfile } from '../sim/experiment/comparison/known-profile.test-helper.ts'
import {
  carried,
  decide,
  type GateSlicing,
  lookLevel,
  type MeasuredBlock,
  ratioInterval,
  roundBlocks,
  runReplication,
  type SimulationInput,
  simulationInput,
  withoutStalls,
} from '../sim/experiment/index.ts'
import { Random } from '../sim/kernel/index.ts'
import { percentile } from '../sim/stats/index.ts'
import { declaredWork, NO_WAKE } from '../sim/world/index.ts'
import { driftingSpeeds, playedRounds, RATE, RUN_MS, replayedFrom } from './drifting-machine.ts'
import { scenarioOf } from './scenarios.ts'

/**
 * A measured gate on machines whose speed drifts by 9 %, whose batches vary and which stall, and of
 * which everything is known. So the ratios that a gate derives can be held against the truth.
 */

const SLICING: GateSlicing = { slices: 40, sliceMs: 250, gapMs: 12.5, blockSlices: 8 }
const MODEL = declaredWork({ law: 'linear', base_ms: 0.8, per_item_ms: 0.5, per_token_ms: 0.004 })
const work = (size: number, length: number) => MODEL.of(size, length, new Random('not drawn from'))
const INDEX_P50 = 0
const INDEX_P99 = 3

const vary = (ms: number, noise: Random) => ms * (1 + 0.04 * noise.normal())

/** A batch varies by 4 %, and one in 150 meets a stall of some ms. */
const onMachine = (slowness: number) => (ms: number, noise: Random) =>
  slowness * vary(ms, noise) + (noise.uniform() < 1 / 150 ? 6 * noise.exponential() : 0)

const sideOf = (slowness: number) => ({ largest: 8, took: onMachine(slowness) })

const scenario = scenarioOf({
  duration_s: RUN_MS / 1000,
  warmup_s: 0,
  models: { known: { builtin: 'transformer-encoder', pad_to: 8 } },
  traffic: [
    {
      class: 'web',
      arrivals: { process: 'poisson', rate_rps: 1000 * RATE },
      // as of poissonRequests
      input_tokens: { distribution: 'uniform', min: 8, max: 56 },
    },
  ],
  pools: [{ name: 'central', model: 'known', replicas: 1, batching: scenarioBatching(DYNAMIC) }],
})

/** The blocks of a gate, and ln of head over base: service time, p50 and p99. */
function gateOn(seed: number, slowness: number, rounds = 4) {
  const speeds = driftingSpeeds(seed, 2 * rounds * RUN_MS + 1000)
  const sides = [sideOf(1), sideOf(slowness)] as const
  const runs = playedRounds(speeds, sides, { rounds, slicing: SLICING, seed })
  const requests = poissonRequests(RATE, RUN_MS, 1)
  const plan = knownPlan(1, DYNAMIC)
  const observed = runs.map(([base]) => {
    return { ...base, plan, requests, work: [{ work, wake: NO_WAKE }] }
  })
  const model = knownProfile({ rehearsals: observed, seconds: RUN_MS / 1000, load: 0.45, work })
  const base = simulationInput(scenario, { models: [withoutStalls(model)] })
  const blocks = runs.flatMap(([a, b]) => {
    const found = roundBlocks({ system: base, run: a }, { system: base, run: b }, SLICING)
    expect(found.leftOut).toEqual([])
    return found.blocks
  })
  const before = percentiles(base)
  return blocks.map((block) => [Math.log(block.service), ...derived(base, before, block)])
}

/** As many requests as a gate simulates. */
const REPLICATIONS = 8
/** Of requests, whose mean is the truth. */
const LISTS = 40

function percentiles(input: SimulationInput): number[][] {
  return Array.from({ length: REPLICATIONS }, (_, replication) => {
    const { percentiles: all } = runReplication(input, replication).all
    return [all[INDEX_P50]!, all[INDEX_P99]!]
  })
}

function derived(base: SimulationInput, before: number[][], { causes }: MeasuredBlock): number[] {
  const after = percentiles(carried(base, [base.models[0]!], causes))
  return [0, 1].map((i) => mean(after.map((own, r) => Math.log(own[i]! / before[r]![i]!))))
}

/**
 * The change of p50 and p99 by a slower executor: replays of both sides meet the same stretch of
 * the machine of a gate, which a live gate cannot do.
 */
function truth(seed: number, slowness: number, rounds = 4): number[] {
  const lasts = 2 * rounds * RUN_MS
  const speeds = driftingSpeeds(seed, lasts + 1000)
  const changes = Array.from({ length: LISTS }, (_, list) => {
    const from = (list * (lasts - RUN_MS)) / LISTS
    const [before, after] = [1, slowness].map((factor) => {
      const took = (ms: number, noise: Random) => factor * vary(ms, noise)
      const { at, done } = replayedFrom(from, speeds, { largest: 8, took }, list).rows.columns
      return Float64Array.from(at, (arrived, key) => done[key]! - arrived).sort()
    })
    return [0.5, 0.99].map((p) => Math.log(percentile(after!, p) / percentile(before!, p)))
  })
  return [0, 1].map((i) => mean(column(changes, i)))
}

const column = (blocks: readonly number[][], i: number) => blocks.map((block) => block[i]!)

describe('the causes of each block, carried through the simulator', () => {
  const slower = gateOn(3, 1.05)
  const same = gateOn(3, 1)

  test('without a change every ratio is 1 within a percent or two, and the gate passes', () => {
    for (const i of [0, 1, 2]) expect(Math.abs(mean(column(same, i)))).toBeLessThan(0.015)
    const metrics = [0, 1, 2].map((i) => column(same, i))
    const verdicts = decide(metrics, 0.05, lookLevel()).map(({ verdict }) => verdict)
    expect(verdicts).toEqual(['PASS', 'PASS', 'PASS'])
  })

  test('a slowdown of 5 % is the ratio of service times within 2 %', () => {
    expect(Math.abs(Math.exp(mean(column(slower, 0))) - 1.05)).toBeLessThan(0.02)
  })

  test('and its effect on p50 and p99 is within their intervals of the truth', () => {
    const [p50, p99] = truth(3, 1.05)
    expect(p99).toBeGreaterThan(0.05)
    for (const [i, true_] of [
      [1, p50!],
      [2, p99!],
    ] as const) {
      const { low, high } = ratioInterval(column(slower, i))
      expect(Math.exp(true_)).toBeGreaterThan(low!)
      expect(Math.exp(true_)).toBeLessThan(high!)
    }
  })

  test('blocks scatter by some percent, so that a margin of 2.5 % finds 5 % and one of 5 % does not', () => {
    expect(standardDeviation(column(slower, 0))).toBeLessThan(0.04)
    const metrics = [0, 1, 2].map((i) => column(slower, i))
    expect(decide(metrics, 0.025, lookLevel())[0]!.verdict).toBe('FAIL')
    expect(decide(metrics, 0.05, lookLevel())[0]!.verdict).toBe('UNDECIDED')
  })

  test('negative control: causes of another block than the head had do not tell the change', () => {
    const shuffled = slower.map((_, i) => same[(i + 3) % same.length]!)
    const metrics = [0, 1, 2].map((i) => column(shuffled, i))
    expect(decide(metrics, 0.025, lookLevel()).map(({ verdict }) => verdict)).not.toContain('FAIL')
  })
})

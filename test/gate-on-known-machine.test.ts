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
  type ObservedRun,
  ratioInterval,
  roundBlocks,
  runReplication,
  type SimulationInput,
  simulationInput,
  withoutOthers,
  withoutStalls,
} from '../sim/experiment/index.ts'
import { Random, stream } from '../sim/kernel/index.ts'
import { percentile, Rows } from '../sim/stats/index.ts'
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

/** Replays of base and head in so many rounds, and the base. */
function playedOn(seed: number, slowness: number, rounds = 4) {
  const speeds = driftingSpeeds(seed, 2 * rounds * RUN_MS + 1000)
  const sides = [sideOf(1), sideOf(slowness)] as const
  const runs = playedRounds(speeds, sides, { rounds, slicing: SLICING, seed })
  const requests = poissonRequests(RATE, RUN_MS, 1)
  const plan = knownPlan(1, DYNAMIC)
  const observed = runs.map(([base]) => {
    return { ...base, plan, requests, work: [{ work, wake: NO_WAKE }] }
  })
  const model = knownProfile({ rehearsals: observed, seconds: RUN_MS / 1000, load: 0.45, work })
  return { runs, base: simulationInput(scenario, { models: [withoutStalls(model)] }) }
}

/** The blocks of a gate, and ln of head over base: service time, p50 and p99. */
function gateOn(seed: number, slowness: number, rounds = 4) {
  const { runs, base } = playedOn(seed, slowness, rounds)
  const blocks = runs.flatMap(([a, b]) => {
    const round = roundBlocks({ system: base, run: a }, { system: base, run: b }, SLICING)
    expect(round.leftOut).toEqual([])
    return round.blocks
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
    const { percentiles: overall } = runReplication(input, replication).all
    return [overall[INDEX_P50]!, overall[INDEX_P99]!]
  })
}

function derived(base: SimulationInput, before: number[][], { causes }: MeasuredBlock): number[] {
  const after = percentiles(carried(base, [base.models[0]!], causes))
  return [0, 1].map((i) => mean(after.map((values, r) => Math.log(values[i]! / before[r]![i]!))))
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
  const unchanged = gateOn(3, 1)

  test('without a change every ratio is 1 within a percent or two, and the gate passes', () => {
    for (const i of [0, 1, 2]) expect(Math.abs(mean(column(unchanged, i)))).toBeLessThan(0.015)
    const metrics = [0, 1, 2].map((i) => column(unchanged, i))
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
    const shuffled = slower.map((_, i) => unchanged[(i + 3) % unchanged.length]!)
    const metrics = [0, 1, 2].map((i) => column(shuffled, i))
    expect(decide(metrics, 0.025, lookLevel()).map(({ verdict }) => verdict)).not.toContain('FAIL')
  })
})

/** A run with the processor time of its batches, which is all the time that they took. */
function timed(run: ObservedRun): ObservedRun {
  const { batch, started, ended } = run.rows.columns
  const processorMs = new Float64Array(Math.max(...batch) + 1)
  for (const [key, number] of batch.entries()) {
    if (number >= 0) processorMs[number] = ended[key]! - started[key]!
  }
  return { ...run, processorMs }
}

/** The same run on an executor that waits for its core in 70 % of its batches, for 10 ms each. */
function besideOthers(run: ObservedRun, seed: number): ObservedRun {
  const { batch, ended, done } = run.rows.columns
  const random = stream(seed, 0, 'waits')
  const waits = Float64Array.from({ length: Math.max(...batch) + 1 }, () =>
    random.uniform() < 0.7 ? 10 * random.exponential() : 0,
  )
  const later = (times: Float64Array) =>
    times.map((time, key) => time + (batch[key]! < 0 ? 0 : waits[batch[key]!]!))
  const rows = Rows.of({ ...run.rows.columns, ended: later(ended), done: later(done) })
  return { ...run, rows }
}

/** A run whose dispatcher acts on nothing for so long from each of the times on, ms. */
function stalling(run: ObservedRun, ms: number, from: readonly number[]): ObservedRun {
  const { at, sent, ended, done } = run.rows.columns
  const delayed = (times: Float64Array) =>
    times.map((time) => {
      const begun = from.find((start) => time >= start && time < start + ms)
      return begun === undefined ? time : begun + ms
    })
  const columns = { ...run.rows.columns, at, ended, sent: delayed(sent), done: delayed(done) }
  return { ...run, rows: Rows.of(columns) }
}

describe('beside other programs', () => {
  const { runs, base } = playedOn(3, 1.05)
  const seeded = runs.map(([a, b], round) => [timed(a), timed(b), round] as const)
  const blocksIn = (a: ObservedRun, b: ObservedRun) =>
    roundBlocks({ system: base, run: a }, { system: base, run: b }, SLICING)
  const service = (a: ObservedRun, b: ObservedRun) =>
    blocksIn(a, b).blocks.map((block) => Math.log(block.service))
  const quiet = seeded.flatMap(([a, b]) => service(a, b))

  test('processor time has the service of a machine without them, in every block', () => {
    const busy = seeded.flatMap(([a, b, round]) => {
      const { blocks } = blocksIn(besideOthers(a, 2 * round), besideOthers(b, 2 * round + 1))
      expect(blocks.flatMap(({ causes }) => causes.map(({ clock }) => clock))).toEqual(
        Array.from({ length: 5 }, () => 'processor'),
      )
      return blocks.map((block) => Math.log(block.service))
    })
    expect(busy).toHaveLength(20)
    for (const [i, value] of busy.entries()) expect(Math.abs(value - quiet[i]!)).toBeLessThan(0.01)
    expect(decide([busy], 0.025, lookLevel())[0]!.verdict).toBe('FAIL')
  })

  test('a thread that waits for its core before most batches has the same overheads', () => {
    const late = (run: ObservedRun, seed: number): ObservedRun => {
      const { batch, started, ended, done } = run.rows.columns
      const random = stream(seed, 0, 'late starts')
      const waits = Float64Array.from({ length: Math.max(...batch) + 1 }, () =>
        random.uniform() < 0.7 ? 4 * random.exponential() : 0,
      )
      const later = (times: Float64Array) =>
        times.map((time, key) => time + (batch[key]! < 0 ? 0 : waits[batch[key]!]!))
      const columns = { ...run.rows.columns, started: later(started), ended: later(ended) }
      return { ...run, rows: Rows.of({ ...columns, done: later(done) }) }
    }
    for (const [a, b, round] of seeded) {
      const { blocks } = blocksIn(late(a, 2 * round), late(b, 2 * round + 1))
      for (const { causes } of blocks) {
        for (const { dispatch_ms, completion_ms } of causes) {
          expect(Math.abs(dispatch_ms)).toBeLessThan(0.02)
          expect(Math.abs(completion_ms)).toBeLessThan(0.02)
        }
      }
    }
  })

  test('negative control: by wall time the same blocks do not show the slowdown', () => {
    const walls = seeded.flatMap(([a, b, round]) => {
      const [busyA, busyB] = [besideOthers(a, 2 * round), besideOthers(b, 2 * round + 1)]
      // a side without processor time: both are compared by wall time
      return service(busyA, { ...busyB, processorMs: new Float64Array(0) })
    })
    expect(standardDeviation(walls)).toBeGreaterThan(4 * standardDeviation(quiet))
    expect(decide([walls], 0.025, lookLevel())[0]!.verdict).not.toBe('FAIL')
  })

  test('without a change there is no bias: base and head exchanged have the inverse ratio', () => {
    for (const [a, b] of seeded) {
      const [there, back] = [service(a, b), service(b, a)]
      for (const [i, value] of there.entries()) {
        expect(Math.abs(value + back[i]!)).toBeLessThan(0.005)
      }
      expect(service(a, a)).toEqual([0, 0, 0, 0, 0])
    }
  })

  test('slices in which the dispatcher stalls are left out, and the others of the round stay', () => {
    const [[a, b]] = seeded as [(typeof seeded)[number]]
    expect(blocksIn(a, b).stalls).toMatchObject({ slices: 40, leftOut: 0, most: 0.25 })
    // two slices of the first block, and six of the second
    const from = [0, 3, 8, 9, 10, 11, 12, 13].map((slice) => slice * SLICING.sliceMs + 50)
    const { blocks, stalls, leftOut } = blocksIn(stalling(a, 100, from), b)
    expect(blocks).toHaveLength(4)
    expect(leftOut).toEqual(['1 of 5 blocks: other programs used the machine in most slices'])
    expect(stalls).toMatchObject({ slices: 40, leftOut: 8, most: 0.25 })
    expect(stalls.base).toBeGreaterThan(0.06)
    expect(stalls.head).toBeLessThan(0.02)
    expect(blocks[0]!.batches).toBeLessThan(blocksIn(a, b).blocks[0]!.batches)
    expect(Math.abs(Math.log(blocks[0]!.service) - quiet[0]!)).toBeLessThan(0.02)
  })

  test('by wall time a slice may stall for 5 %', () => {
    const [[a, b]] = seeded as [(typeof seeded)[number]]
    const plain = ({ rows, timers, control = [] }: ObservedRun): ObservedRun => {
      return { rows, timers, control }
    }
    expect(blocksIn(plain(a), plain(b)).stalls.most).toBe(0.05)
    const stalled = stalling(plain(a), 30, [50])
    expect(blocksIn(stalled, plain(b)).stalls.leftOut).toBe(1)
    expect(blocksIn(stalling(a, 30, [50]), b).stalls.leftOut).toBe(0)
  })

  test('the machine of a run without them is that of its processor time', () => {
    const [[a]] = seeded as [(typeof seeded)[number]]
    const restored = withoutOthers(besideOthers(a, 1)).rows.columns
    const { ended, done } = a.rows.columns
    for (const [key, time] of ended.entries()) {
      if (Number.isNaN(time)) continue
      expect(restored.ended[key]).toBeCloseTo(time, 6)
      expect(restored.done[key]).toBeCloseTo(done[key]!, 6)
    }
    const { processorMs: _, ...plain } = a
    expect(withoutOthers(plain)).toBe(plain)
  })
})

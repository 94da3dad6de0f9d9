import { describe, expect, test } from 'vitest'
import { type Ms, OUTCOME } from '../../serving/index.ts'
import { percentile, Rows } from '../../stats/index.ts'
import type { DueEvent } from '../../world/index.ts'
import {
  DYNAMIC,
  type KnownRun,
  knownPlan,
  knownRun,
  OVERHEADS,
  WINDOW_MS,
} from './known-machine.test-helper.ts'
import { latenciesOf } from './latencies.ts'
import { overheadsOf } from './observed-overheads.ts'
import { batchesOf, dueEvents } from './observed-run.ts'
import { fieldOf, structureSimulator } from './structure.ts'

const WARMUP_MS = 1000
const LEVELS = [0.5, 0.9, 0.95, 0.99, 0.999]

/** Relative errors of a run's reconstruction at LEVELS, in the mean of some replications. */
function errors(run: KnownRun, as: Partial<KnownRun> = {}, replications = 3) {
  const measured = latenciesOf(run.rows, WARMUP_MS).sorted
  const simulate = structureSimulator({ ...run, ...as, seed: 1 })
  const runs = Array.from({ length: replications }, (_, replication) => {
    const { rows } = simulate(replication)
    return latenciesOf(rows, WARMUP_MS).sorted
  })
  return LEVELS.map((p) => {
    const value = percentile(measured, p)
    const mean = runs.reduce((sum, one) => sum + percentile(one, p), 0) / runs.length
    return {
      p,
      ms: mean - value,
      relative: mean / value - 1,
      allowed: Math.max(0.01, 0.03 / value),
    }
  })
}

describe('a run on a known machine is rebuilt from its rows', () => {
  test.each([0.3, 0.5, 0.7, 0.85])('one replica, load %f: within max(1 %, 30 µs)', (load) => {
    for (const { p, relative, allowed } of errors(knownRun({ load }))) {
      expect(Math.abs(relative), `p${100 * p}`).toBeLessThanOrEqual(allowed)
    }
  })

  // a stall of an idle executor leaves no trace, so a small bias remains
  test.each([0.3, 0.5, 0.7, 0.85])(
    'two replicas, load %f: the same up to p95, then within 3 %',
    (load) => {
      const seeds = [1, 2, 3].map((seed) => errors(knownRun({ replicas: 2, load, seed }), {}, 1))
      LEVELS.forEach((p, i) => {
        const mean = seeds.reduce((sum, one) => sum + one[i]!.relative, 0) / seeds.length
        // 27 to 80 requests lie beyond p99.9, of four or five stalls
        const allowed = p < 0.99 ? seeds[0]![i]!.allowed : p < 0.999 ? 0.02 : 0.03
        expect(Math.abs(mean), `p${100 * p}`).toBeLessThanOrEqual(allowed)
      })
    },
  )
})

describe('a simulator with a fault is found out', () => {
  const run = knownRun({ load: 0.85 })
  const largest = (as: Partial<KnownRun>) =>
    Math.max(...errors(run, as, 1).map(({ relative }) => Math.abs(relative)))
  const batching = (maxBatch: number, maxDelayMs: number, preferred: number[] = []) => ({
    plan: knownPlan(1, { policy: 'dynamic', maxBatch, maxDelayMs, preferred }),
  })

  test('batches of one less', () => {
    expect(largest(batching(7, WINDOW_MS))).toBeGreaterThan(0.03)
  })

  test('a window twice as long', () => {
    expect(largest(batching(8, 2 * WINDOW_MS))).toBeGreaterThan(0.03)
  })

  test('preferred sizes that are not there', () => {
    expect(largest(batching(8, WINDOW_MS, [4]))).toBeGreaterThan(0.03)
  })

  test('one replica more', () => {
    const plan = knownPlan(2, DYNAMIC)
    expect(largest({ plan, work: [run.work[0]!, run.work[0]!] })).toBeGreaterThan(0.03)
  })

  test('wrong lengths', () => {
    const plan = { ...run.plan, pools: [{ ...run.plan.pools[0]!, padTo: 64 }] }
    expect(largest({ plan })).toBeGreaterThan(0.03)
  })
})

describe('an error of the work model is cancelled, as speed is work over time', () => {
  const run = knownRun({ load: 0.85 })
  test.each([
    ['constant', () => 3],
    ['half', (size: number, length: number) => run.work[0]!.work(size, length) / 2],
    ['double', (size: number, length: number) => run.work[0]!.work(size, length) * 2],
    ['blind to lengths', (size: number) => 0.8 + 0.7 * size],
  ])('%s work', (_, work) => {
    const wrong = { ...run, work: [{ ...run.work[0]!, work }] }
    for (const { p, relative, allowed } of errors(wrong, {}, 1)) {
      expect(Math.abs(relative), `p${100 * p}`).toBeLessThanOrEqual(allowed)
    }
  })
})

describe('what is read back from rows', () => {
  const run = knownRun({ load: 0.5, seconds: 4, replicas: 2 })
  const batches = batchesOf(run)

  test('every request is in one batch, and batches come in the order of dispatch', () => {
    expect(batches.reduce((sum, { size }) => sum + size, 0)).toBe(run.rows.count)
    batches.forEach((batch, i) => {
      expect(batch.dispatched).toBeGreaterThanOrEqual(batches[i - 1]?.dispatched ?? 0)
      expect(batch.started).toBeGreaterThanOrEqual(batch.dispatched)
      expect(batch.done).toBeGreaterThanOrEqual(batch.ended)
    })
  })

  test('a gap runs from the end of the last batch of the same executor', () => {
    const first = batches.filter(({ gap }) => gap === Number.POSITIVE_INFINITY)
    expect(new Set(first.map(({ executor }) => executor))).toEqual(new Set([0, 1]))
    const own = batches.filter(({ executor }) => executor === 1)
    own.slice(1).forEach(({ gap, dispatched }, i) => {
      expect(gap).toBe(dispatched - own[i]!.ended)
      expect(gap).toBeGreaterThanOrEqual(0)
    })
  })

  test('turns are the completions, the timers and the hand-overs', () => {
    const { reactions, handOvers } = dueEvents(run)
    expect(reactions.length).toBe(batches.length + run.timers.length)
    expect(handOvers.length).toBe(run.rows.count)
    expect([...reactions, ...handOvers].every(([due, at]) => at >= due)).toBe(true)
  })

  test('failed batches do not affect the speed of the machine', () => {
    const again = knownRun({ load: 0.5, seconds: 4, replicas: 2 })
    const { batch, outcome, started, ended } = again.rows.columns
    for (const [key, number] of batch.entries()) {
      if (number % 10 !== 0) continue
      outcome[key] = OUTCOME.failed
      started[key] = ended[key]! - 1e-3
    }
    const speeds = fieldOf(again, again.work).executors.flatMap((field) => field.speeds)
    expect(Math.max(...speeds)).toBeLessThan(1 + 1e-6)
    outcome.fill(OUTCOME.served)
    const taken = fieldOf(again, again.work).executors.flatMap((field) => field.speeds)
    expect(Math.max(...taken)).toBeGreaterThan(2)
  })

  test('the field has the speeds of the machine, and overheads are the usual ones', () => {
    const { executors } = fieldOf(run, run.work)
    expect(executors.length).toBe(2)
    for (const { speeds } of executors) {
      const usual = speeds.filter((speed) => Math.abs(speed - 1) < 1e-6)
      expect(usual.length / speeds.length).toBeGreaterThan(0.5)
      expect(Math.max(...speeds)).toBeLessThan(1 + 1e-6)
    }
    const recorded = { run, executors: [0, 2] as const }
    const { dispatch, completion } = overheadsOf([recorded, recorded])
    const middle = (table: readonly number[]) => table[table.length >> 1]!
    // a dispatcher that is about to act is awake; one that sleeps must be woken
    const [awake, asleep] = OVERHEADS.completion.map(({ table }) => middle(table))
    expect(Math.abs(middle(completion[0]!.table) / awake! - 1)).toBeLessThan(0.1)
    expect(Math.abs(middle(completion.at(-1)!.table) / asleep! - 1)).toBeLessThan(0.1)
    // after a longer sleep a dispatch takes longer
    expect(middle(dispatch.at(-1)!.table)).toBeGreaterThan(2 * middle(dispatch[0]!.table))
    expect(dispatch.every(({ table }) => table.at(-1)! < 0.3)).toBe(true)
  })

  test('without runs there are no overheads', () => {
    const none = [{ atMs: 0, table: [0] }]
    expect(overheadsOf([])).toEqual({ lag: [0], timer: [0], completion: none, dispatch: none })
  })
})

describe('completion overheads depend on when the dispatcher was due next', () => {
  interface Episode {
    /** from the end until the dispatcher has seen it, ms */
    readonly cost: Ms
    /** a further request and a timer: when they were due and happened, from the end on, ms */
    readonly request?: DueEvent
    readonly timer?: DueEvent
  }

  /** A batch ends every 10 ms, 2 ms after its request has come. */
  function costs(episodes: readonly Episode[]) {
    const rows = Rows.allocate(2 * episodes.length)
    const { at, sent, dispatched, started, ended, done, batch, executor } = rows.columns
    const timers: DueEvent[] = []
    episodes.forEach(({ cost, request, timer }, i) => {
      const end = 10 * i + 2
      at[2 * i] = sent[2 * i] = dispatched[2 * i] = started[2 * i] = 10 * i
      ended[2 * i] = end
      done[2 * i] = end + cost
      batch[2 * i] = i
      executor[2 * i] = 0
      // without another request the place is taken by one that came with the first
      const [due, happened] = request ?? [-2, -2]
      at[2 * i + 1] = end + due
      sent[2 * i + 1] = end + happened
      if (timer !== undefined) timers.push([end + timer[0], end + timer[1]])
    })
    const { completion } = overheadsOf([{ run: { rows, timers }, executors: [0, 1] }])
    return completion.map(({ atMs, table }) => [atMs, table.map((ms) => Number(ms.toFixed(9)))])
  }

  test('in three classes: awake, at the edge of it, asleep', () => {
    const episodes: Episode[] = [
      { cost: 0.001, request: [0.05, 0.06] },
      { cost: 0.002, timer: [0.14, 0.2] },
      { cost: 0.003, request: [0.3, 0.31], timer: [0.1, 0.11] },
      { cost: 0.004, request: [0.1, 0.11], timer: [5, 5] },
      { cost: 0.02, request: [0.15, 0.16] },
      { cost: 0.03, timer: [0.21, 0.22] },
      { cost: 0.05, request: [0.22, 0.23] },
      { cost: 0.06, timer: [4, 4.1] },
      { cost: 0.07 },
    ]
    expect(costs(episodes)).toEqual([
      [0.12, [0.001, 0.002, 0.003, 0.004]],
      [0.18, [0.02, 0.03]],
      [0.25, [0.05, 0.06, 0.07]],
    ])
  })

  test('an event due before the end, but handled after it, counts as due at once', () => {
    const late: Episode[] = [
      { cost: 0.001, request: [-1, 1] },
      { cost: 0.002, timer: [-0.5, 0.5] },
    ]
    expect(costs(late)).toEqual([[0.12, [0.001, 0.002]]])
  })

  test('an event handled before the completion counts too', () => {
    const before: Episode[] = [
      { cost: 0.05, request: [0.01, 0.02] },
      { cost: 0.06, timer: [0.03, 0.03] },
    ]
    expect(costs(before)).toEqual([[0.12, [0.05, 0.06]]])
  })

  test('an event handled before the end does not count', () => {
    const past: Episode[] = [
      { cost: 0.05, request: [-0.2, -0.1] },
      { cost: 0.06, timer: [-0.1, -0.05] },
    ]
    expect(costs(past)).toEqual([[0.25, [0.05, 0.06]]])
  })

  test('a stall is no cost of any class', () => {
    const episodes = [0.05, 0.05, 5, 0.05].map((cost): Episode => ({ cost }))
    expect(costs(episodes)).toEqual([[0.25, [0.05, 0.05, 0.05]]])
  })
})

import { describe, expect, test } from 'vitest'
import { replay } from '../../../test/manual-world.ts'
import { planOf, requestsOf, type SmallSystem } from '../../../test/small-system.ts'
import type { ModelMove } from '../../stats/index.ts'
import { NO_WAKE } from '../../world/index.ts'
import { RecordedLoads } from './recorded-loads.ts'
import { structureSimulator } from './structure.ts'

const load = (executor: number, asked: number, ended: number, ok = true): ModelMove => ({
  executor,
  asked,
  ended,
  ok,
  kind: 'load',
  started: asked,
  done: ended,
})

/** Of a load that begins then; null for one that fails. */
const timeOf = (loads: RecordedLoads, executor: number, now: number) => {
  const ends = loads.load(now, executor)
  return ends && ends[0]!.at - now
}

describe('recorded loads', () => {
  test('take as long as that of their executor which began nearest to them', () => {
    const loads = new RecordedLoads([load(0, 0, 10), load(1, 5, 7), load(0, 20, 50)])
    const times = [0, 9, 11, 20, 99].map((now) => timeOf(loads, 0, now))
    expect(times).toEqual([10, 10, 30, 30, 30])
    expect(timeOf(loads, 1, 20)).toBe(2)
  })

  test('fail where they failed', () => {
    const loads = new RecordedLoads([load(0, 0, 10, false), load(0, 10, 14)])
    expect([1, 9].map((now) => timeOf(loads, 0, now))).toEqual([null, 4])
  })

  test('fail once for each that failed, though the next try begins at the same instant', () => {
    const loads = new RecordedLoads([load(0, 0, 50, false), load(0, 50, 60, false)])
    expect([0, 0].map((now) => timeOf(loads, 0, now))).toEqual([null, null])
    const more = new RecordedLoads([load(0, 0, 50, false), load(0, 50, 64), load(0, 900, 990)])
    expect([0, 0, 0].map((now) => timeOf(more, 0, now))).toEqual([null, 14, 14])
  })

  test('of a model without loads are those of the other models', () => {
    const loads = new RecordedLoads([load(0, 0, 10), load(1, 50, 70)])
    expect([0, 60].map((now) => timeOf(loads, 2, now))).toEqual([10, 20])
  })
})

/** Two models on a device that has room for one; asked for in turn, more often than they come. */
function inTurn(): SmallSystem {
  const at = Array.from({ length: 120 }, (_, i) => 3.1 * i + (i % 7))
  const memory = {
    devices: [0],
    weightsBytes: 60,
    sums: [],
    arena: null,
    outOfMemory: [],
    pinned: false,
  }
  const residency = { eviction: 'lru', gibPerS: 1, setUpMs: 0, shrinks: true } as const
  const only = (pool: number) => ({ pools: [pool] })
  const plan = planOf([{ memory }, { memory }], {
    devices: [{ name: 'device', limitBytes: 100, residency }],
  })
  const [any] = plan.classes
  const classes = [0, 1].map((pool) => ({ ...any!, ...only(pool) }))
  const sent = [...at].sort((a, b) => a - b)
  return {
    plan: { ...plan, classes },
    requests: requestsOf(sent, { classes: sent.map((_, i) => (i % 5 < 3 ? 0 : 1)) }),
    work: plan.pools.map(() => ({ law: 'constant', ms: 2 })),
  }
}

describe('the structure of a replay with model swapping', () => {
  const system = inTurn()
  const { rows, fired: timers, moves } = replay(system)
  const rebuilt = (given: readonly ModelMove[]) => {
    const work = system.plan.pools.map(() => ({ work: () => 2, wake: NO_WAKE }))
    const run = { ...system, rows, timers, moves: given, work, seed: 1 }
    return structureSimulator(run)(0).rows.columns.dispatched
  }

  test('is rebuilt from its rows and the times of its loads', () => {
    expect(moves.filter(({ kind }) => kind === 'load').length).toBeGreaterThan(20)
    for (const [key, at] of rebuilt(moves).entries()) {
      expect(at).toBeCloseTo(rows.columns.dispatched[key]!, 6)
    }
  })

  test('but not without them, nor from times that are 1.5 times as long', () => {
    const longer = moves.map((move) => {
      const ended = move.asked + 1.5 * (move.ended - move.asked)
      return { ...move, ended, done: ended }
    })
    for (const other of [[], longer]) {
      const off = rebuilt(other).filter(
        (at, key) => Math.abs(at - rows.columns.dispatched[key]!) > 1,
      )
      expect(off.length).toBeGreaterThan(20)
    }
  })
})

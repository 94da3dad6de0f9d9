import { expect, test } from 'vitest'
import { OUTCOME } from '../../serving/index.ts'
import { coldShare, type ModelMove } from './model-moves.ts'
import { Rows } from './rows.ts'

const load = (executor: number, done: number, ok = true): ModelMove => ({
  executor,
  done,
  ok,
  kind: 'load',
  asked: done - 3,
  started: done - 2,
  ended: done - 1,
})

/** Rows of [executor, sent, dispatched], all served. */
function served(rows: readonly (readonly [number, number, number])[]): Rows {
  const filled = Rows.allocate(rows.length)
  for (const [key, [executor, sent, dispatched]] of rows.entries()) {
    filled.columns.executor[key] = executor
    filled.columns.sent[key] = sent
    filled.columns.dispatched[key] = dispatched
    filled.columns.outcome[key] = OUTCOME.served
  }
  return filled
}

test('a request is cold if it arrived before the last load that ended by its dispatch', () => {
  const rows = served([
    [0, 5, 10], // waited for the first load
    [0, 11, 12], // arrived after the first load
    [0, 15, 30], // waited for the second load
    [0, 10, 10], // arrived at the instant of a load
  ])
  const moves = [load(0, 10), { ...load(0, 14), kind: 'unload' } as const, load(0, 30)]
  expect(coldShare(rows, moves, [0])).toEqual({ part: 2, of: 4 })
})

test('failed loads and loads of other executors do not count', () => {
  const rows = served([
    [0, 5, 12],
    [1, 5, 12],
  ])
  expect(coldShare(rows, [load(0, 10, false)], [0])).toEqual({ part: 0, of: 1 })
  expect(coldShare(rows, [load(1, 10)], [0])).toEqual({ part: 0, of: 1 })
  expect(coldShare(rows, [load(1, 10)], [0, 1])).toEqual({ part: 1, of: 2 })
})

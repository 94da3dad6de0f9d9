import { expect, test } from 'vitest'
import { OUTCOME } from '../../sim/serving/index.ts'
import { Rows } from '../../sim/stats/index.ts'
import { replayedBatches } from './observe-replay.ts'

test('batches of each executor are listed once, in the order of their starts', () => {
  // per row: number of its batch, executor, size, start; the third request has no batch
  const told = [
    [1, 0, 2, 30],
    [0, 0, 1, 10],
    [-1, -1, 0, 0],
    [2, 1, 1, 20],
    [1, 0, 2, 30],
    [3, 1, 7, 40],
  ] as const
  const rows = Rows.allocate(told.length)
  for (const [row, [batch, executor, size, started]] of told.entries()) {
    rows.columns.batch[row] = batch
    rows.columns.executor[row] = executor
    rows.columns.batchSize[row] = size
    rows.columns.padded[row] = 8 * size
    rows.columns.started[row] = started
    rows.columns.ended[row] = started + 5
    // the batch of 7 ran out of memory
    rows.columns.outcome[row] = size === 7 ? OUTCOME.failed : OUTCOME.served
  }
  expect([...replayedBatches(rows)].sort(([a], [b]) => a - b)).toEqual([
    [
      0,
      [
        { size: 1, length: 8, started: 10, ended: 15 },
        { size: 2, length: 16, started: 30, ended: 35 },
      ],
    ],
    [1, [{ size: 1, length: 8, started: 20, ended: 25 }]],
  ])
})

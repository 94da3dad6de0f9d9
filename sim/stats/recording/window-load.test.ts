import { expect, test } from 'vitest'
import { TimeGrid } from './time-grid.ts'
import { WindowLoad } from './window-load.ts'

const windows = { fromMs: 0, lengthMs: 1000, count: 3 }

test('utilisation of a window is a share of the time paid in it, however short that is', () => {
  const load = new WindowLoad(windows, 2, new TimeGrid(2, 3000))
  // the replica of the first pool drains 20 ms into the second window
  load.worked(0, 900, 1020)
  // that of the second is paid all the time
  load.worked(1, 900, 1020)
  const [first, second] = load.utilisation([[[0, 1020]], [[0, Number.POSITIVE_INFINITY]]])
  expect(first).toBe(1)
  expect(second).toBe(0.1)
})

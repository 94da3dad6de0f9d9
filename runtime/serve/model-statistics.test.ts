import { expect, test } from 'vitest'
import { ModelStatistics } from './model-statistics.ts'

const batch = (size: number, first: boolean, queueMs: number, computeMs: number) => ({
  ...{ size, first, queueMs, computeMs },
})

test('batches are counted once for each execution, requests each with the time of its batch', () => {
  const statistics = new ModelStatistics('m')
  statistics.add({ as: 'served', totalMs: 5, batch: batch(2, true, 2, 3) }, 100)
  statistics.add({ as: 'served', totalMs: 4, batch: batch(2, false, 1, 3) }, 101)
  statistics.add({ as: 'served', totalMs: 1.5, batch: batch(1, true, 0.5, 1) }, 102)
  statistics.add({ as: 'shed', totalMs: 0, batch: null }, 103)
  statistics.add({ as: 'invalid', totalMs: 2, batch: batch(1, false, 0, 2) }, 104)
  // it was executed, though its client no longer waits
  statistics.add({ as: 'abandoned', totalMs: 9, batch: batch(4, true, 5, 4) }, 105)
  expect(JSON.parse(JSON.stringify(statistics))).toEqual({
    name: 'm',
    version: '1',
    last_inference: 102,
    inference_count: 3,
    execution_count: 3,
    inference_stats: {
      success: { count: 3, ns: 10.5e6 },
      fail: { count: 3, ns: 11e6 },
      queue: { count: 3, ns: 3.5e6 },
      compute_input: { count: 3, ns: 0 },
      compute_infer: { count: 3, ns: 7e6 },
      compute_output: { count: 3, ns: 0 },
      cache_hit: { count: 0, ns: 0 },
      cache_miss: { count: 0, ns: 0 },
    },
    batch_stats: [1, 2, 4].map((size, i) => ({
      batch_size: size,
      compute_input: { count: 1, ns: 0 },
      compute_infer: { count: 1, ns: [1e6, 3e6, 4e6][i] },
      compute_output: { count: 1, ns: 0 },
    })),
  })
})

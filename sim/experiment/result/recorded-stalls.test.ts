import { describe, expect, test } from 'vitest'
import { madeUpProfile } from '../../../test/profiles.ts'
import { TINY } from '../../../test/scenarios.ts'
import type { Result } from '../../documents/index.ts'
import { recordedStalls, stallWarnings } from './recorded-stalls.ts'

const [model] = madeUpProfile(TINY).models
const pool = { replicas: 1, speed: 'profile' } as const

/** The model with these stalls in its only recording, of 4 s with 2 s of batches. */
function stalling(executors: [number, number][], dispatcher: [number, number][]) {
  const intervals = (spans: [number, number][]) => ({
    from: spans.map(([from]) => from),
    to: spans.map(([, to]) => to),
  })
  const [field] = model!.fields
  const executor = { ...field!.executors[0]!, busyMs: 2000, stalls: intervals(executors) }
  const intake = intervals([[900, 1200]])
  const own = { ...field!, executors: [executor], dispatcher: intervals(dispatcher), intake }
  return { ...model!, fields: [own] }
}

describe('recorded stalls', () => {
  test('are shares of the time of batches and of all time, and common time counts once', () => {
    const known = stalling([[100, 600]], [[1000, 1300]])
    // 500 ms beside 2 s of work; from 900 to 1,300 ms of 4 s
    expect(recordedStalls(known, pool)).toEqual({ executors: 0.2, dispatcher: 0.1 })
  })

  test('are none without a profile, and at ideal speed', () => {
    expect(recordedStalls(null, pool)).toBeNull()
    expect(recordedStalls(model!, { ...pool, speed: 'ideal' })).toBeNull()
  })
})

describe('a warning about stalls', () => {
  const estimate = (value: number) => ({ value, low: null, high: null, n: 1 })
  const warnings = (stalls: Result['pools'][number]['stalls']) =>
    stallWarnings([
      { name: 'central', stalls, utilisation: estimate(0.59), occupied: estimate(0.97) },
    ])

  test('has the shares of both, and both utilisations', () => {
    expect(warnings({ executors: 0.02, dispatcher: 0.31 })).toEqual([
      expect.stringMatching(
        /^pool central: .* dispatcher stalled for 31 % of the time and executors for 2 % of .* utilisation of 59 % is 97 % with/,
      ),
    ])
    expect(warnings({ executors: 0.31, dispatcher: 0.02 })).toHaveLength(1)
  })

  test('is not printed for few stalls, or where none were recorded', () => {
    expect(warnings({ executors: 0.09, dispatcher: 0.09 })).toEqual([])
    expect(warnings(null)).toEqual([])
  })
})

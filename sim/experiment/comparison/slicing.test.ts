import { describe, expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import { stream } from '../../kernel/index.ts'
import { RequestList } from '../../traffic/index.ts'
import { resolveSystem } from '../index.ts'
import { withoutFiles } from '../system/prepared-scenario.ts'
import {
  balancedOrders,
  inSlices,
  pausesOf,
  playingOrders,
  roundOrders,
  type SlicedSide,
  type Slicing,
  slicingOf,
  type Whole,
} from './slicing.ts'

/** Requests at even distances, from their rates in successive seconds. */
function requestsAt(...rates: readonly number[]): RequestList {
  const at = rates.flatMap((rate, second) =>
    Array.from({ length: rate }, (_, i) => 1000 * (second + i / rate)),
  )
  const list = RequestList.allocate(at.length)
  list.columns.at.set(at)
  list.columns.inputTokens.fill(1)
  return list
}

/** Batches take 4 ms and hold up to 4 requests: 1,000 requests/s. */
function side(own: object = {}, requests = requestsAt(...Array(10).fill(500))) {
  const scenario = scenarioOf({
    models: { m: { work: { law: 'constant', ms: 4 } } },
    pools: [{ name: 'central', model: 'm', batching: { policy: 'fixed', batch: 4 } }],
    ...own,
  })
  const prepared = withoutFiles({ scenario, hash: 'h', file: 'test.yaml' })
  return { ...resolveSystem(prepared, null), requests }
}

const slicesOf = (...sides: readonly SlicedSide[]) => slicingOf(sides) as Slicing
const reasonOf = (...sides: readonly SlicedSide[]) => (slicingOf(sides) as Whole).whole

describe('a what-if is cut into slices', () => {
  test('of a second, an even number of them', () => {
    expect(slicesOf(side(), side())).toEqual({ slices: 10, sliceMs: 1000, gapMs: 50 })
    const lasting = (duration_s: number) => slicesOf(side({ duration_s }, requestsAt(500)))
    expect(lasting(4.5)).toMatchObject({ slices: 4, sliceMs: 1125 })
    expect(lasting(3)).toMatchObject({ slices: 4, sliceMs: 750 })
    expect(lasting(1)).toMatchObject({ slices: 2, sliceMs: 500 })
  })

  test('of more full batches, the higher the load of the busier side is', () => {
    const slow = { models: { m: { work: { law: 'constant', ms: 100 } } } }
    // batches of 100 ms, 40 requests/s: eight of them over 1 - load
    const at = (rate: number) => slicesOf(side(), side(slow, requestsAt(...Array(10).fill(rate))))
    expect(at(10)).toMatchObject({ slices: 10, sliceMs: 1000 })
    expect(at(20)).toMatchObject({ slices: 6, sliceMs: 10_000 / 6 })
    expect(at(30)).toMatchObject({ slices: 4, sliceMs: 2500 })
  })
})

test('slices are as short as they are asked to be, where queues settle in them', () => {
  const slow = { models: { m: { work: { law: 'constant', ms: 100 } } } }
  const sides = [side(slow, requestsAt(...Array(10).fill(30)))]
  const sliced = (batches: number) => slicingOf(sides, { shortestMs: 250, batches })
  expect(sliced(8)).toMatchObject({ slices: 4, sliceMs: 2500 })
  // four batches of 100 ms at a load of 0.75
  expect(sliced(4)).toMatchObject({ slices: 6 })
  expect(slicingOf([side()], { shortestMs: 250, batches: 4 })).toMatchObject({ sliceMs: 250 })
})

describe('a what-if is replayed as a whole, and says why', () => {
  test('where slices would be shorter than half of what queues take to settle', () => {
    const slow = side({ models: { m: { work: { law: 'constant', ms: 900 } } } }, requestsAt(22))
    expect(reasonOf(slow)).toBe(
      'slices of 5000 ms are too short for queues, which take 14257 ms to settle',
    )
  })

  test('where clients react', () => {
    const retry = { max_attempts: 2, backoff_ms: 5 }
    const arrivals = { process: 'poisson', rate_rps: 100 }
    const timeout_ms = 50
    const reacting = side({ traffic: [{ class: 'web', arrivals, timeout_ms, retry }] })
    expect(reasonOf(side(), { ...reacting, requests: null })).toBe(
      'side B: what clients of web send depends on how their requests end',
    )
  })

  test('where answers are generated, which take longer than a gap', () => {
    const steps = { law: 'generation', base_ms: 1 }
    const generating = side({
      models: { m: { work: steps } },
      traffic: [
        {
          class: 'chat',
          arrivals: { process: 'poisson', rate_rps: 5 },
          input_tokens: { distribution: 'fixed', value: 10 },
          output_tokens: { distribution: 'fixed', value: 20 },
        },
      ],
      pools: [{ name: 'central', model: 'm', generation: { policy: 'continuous' } }],
    })
    expect(reasonOf(generating)).toBe('side A: answers take longer than the gaps between slices')
  })

  test('where a load is so high that queues carry over', () => {
    const busy = side({}, requestsAt(...Array(10).fill(910)))
    expect(reasonOf(busy, side())).toMatch(/^side A: at a load of 0\.91 its queue carries over/)
    expect(slicesOf(side({}, requestsAt(...Array(10).fill(890))))).toMatchObject({ slices: 10 })
  })

  test('where a surge overloads a side, though the load of the whole is low', () => {
    const surge = requestsAt(200, 200, 1100, 200, 200, 200, 200, 200, 200, 200)
    expect(reasonOf(side(), side({}, surge))).toMatch(
      /^side B: more arrives than it can serve between 2 and 3 s, and that queue/,
    )
    // within the scatter of Poisson arrivals
    const busy = requestsAt(200, 200, 1080, 200, 200, 200, 200, 200, 200, 200)
    expect(slicesOf(side({}, busy))).toMatchObject({ slices: 10 })
  })
})

describe('requests in slices', () => {
  const slicing = { slices: 4, sliceMs: 1000, gapMs: 50 }

  test('are those of the scenario at their times, but for the gaps', () => {
    const all = requestsAt(100, 100, 100, 100)
    const kept = inSlices(all, slicing)
    expect(pausesOf(slicing)).toEqual([1000, 2000, 3000])
    const times = [...all.columns.at].filter((at) => at % 1000 < 950 || at >= 3000)
    expect([...kept.columns.at]).toEqual(times)
    expect(kept.count).toBe(385)
    // cut once more, nothing is left to cut
    expect(inSlices(kept, slicing).hash()).toBe(kept.hash())
  })
})

describe('the order in which sides play', () => {
  const orders = playingOrders(200, 2, stream(1, 0, 'order'))

  test('is reversed in every second slice, and either way round in a block', () => {
    const blocks = Array.from({ length: 100 }, (_, i) => orders.slice(2 * i, 2 * i + 2).flat())
    const texts = blocks.map((sides) => sides.map((i) => 'AB'[i]).join(''))
    expect(new Set(texts)).toEqual(new Set(['ABBA', 'BAAB']))
    const first = texts.filter((text) => text === 'ABBA').length
    // of 100 coins, 4 standard deviations
    expect(Math.abs(first - 50)).toBeLessThan(20)
  })

  test('depends on the seed, and puts every side everywhere', () => {
    expect(playingOrders(200, 2, stream(1, 0, 'order'))).toEqual(orders)
    expect(playingOrders(200, 2, stream(2, 0, 'order'))).not.toEqual(orders)
    const many = playingOrders(600, 3, stream(1, 0, 'order'))
    for (const order of many) expect([...order].sort()).toEqual([0, 1, 2])
    for (const place of [0, 1, 2]) {
      expect(new Set(many.map((order) => order[place]))).toEqual(new Set([0, 1, 2]))
    }
  })

  test('of a gate puts each side first as often, in every block, and equal drifts cancel', () => {
    const balanced = balancedOrders(40, stream(1, 0, 'order'))
    for (let from = 0; from < 40; from += 4) {
      const turns = balanced.slice(from, from + 4).flat()
      expect(['01101001', '10010110']).toContain(turns.join(''))
      const centred = (turn: number) => turn - 3.5
      for (const power of [1, 2]) {
        const drift = (side: number) =>
          turns.reduce((sum, one, i) => sum + (one === side ? centred(i) ** power : 0), 0)
        expect(drift(0)).toBe(drift(1))
      }
    }
    const first = balanced.filter((_, slice) => slice % 4 === 0).map(([side]) => side)
    expect(new Set(first)).toEqual(new Set([0, 1]))
  })

  test('of a round goes on where that of the round before ended', () => {
    const slicing = { slices: 5, sliceMs: 1000, gapMs: 50 }
    const rounds = (sliced: Slicing | null, of: number) =>
      Array.from({ length: of }, (_, index) => roundOrders(2, { index, of, slicing: sliced }, 1))
    const all = (slices: number) => playingOrders(slices, 2, stream(1, 0, 'order of sides'))
    expect(rounds(slicing, 4).flat()).toEqual(all(20))
    expect(rounds(null, 6).flat()).toEqual(all(6))
    for (const orders of rounds(null, 6)) expect(orders).toHaveLength(1)
  })

  test('of one side is that side', () => {
    expect(playingOrders(3, 1, stream(1, 0, 'order'))).toEqual([[0], [0], [0]])
  })
})

import { expect, test } from 'vitest'
import { memoryResult } from '../../experiment/figures/memory.ts'

import { fullestSpace, SpaceRecorder, type SpaceState } from './space-recorder.ts'
import { BUCKETS } from './time-series.ts'

const head = {
  name: 'card',
  shared: true,
  pools: ['one'],
  allocators: ['bfc'],
  limitBytes: 1000,
  weightsBytes: 100,
}
const full: SpaceState = {
  requested: 400,
  inUse: 600,
  held: 800,
  largestFree: 50,
  external: 0.5,
  pinnedFree: 200,
}
const little: SpaceState = { ...full, requested: 200, inUse: 200, largestFree: 300, external: 0.1 }

test('a state of memory lasts until the next sample, and a momentary one counts', () => {
  const space = new SpaceRecorder(head, BUCKETS * 10)
  space.sample(15, full)
  space.sample(15, little)
  space.sample(35, full)
  const { series } = space.summary({ residency: false })
  expect(series.inUse.slice(0, 5)).toEqual([100, 600, 200, 600, 600])
  expect(series.largestFree.slice(0, 4)).toEqual([900, 50, 300, 50])
  expect(series.held.at(-1)).toBe(800)
})

test('internal fragmentation is that at the peak, without weights', () => {
  const space = new SpaceRecorder(head, 1000)
  space.sample(1, little)
  space.sample(2, full)
  space.sample(3, little)
  const { internal, external, largestFree } = space.summary({ residency: false })
  expect(internal).toBeCloseTo(1 - 300 / 500, 12)
  expect([external, largestFree]).toEqual([0.5, 50])
})

test('maps are due at even intervals, and not after the end', () => {
  const space = new SpaceRecorder(head, 60)
  let maps = 0
  for (let now = 0; now < 200; now += 0.5) {
    if (!space.wantsMap(now)) continue
    space.map(now, [])
    maps++
  }
  expect(maps).toBe(60)
})

test('a result has means over runs and sums of counts, in MiB', () => {
  const runs = [1, 3].map((times) => {
    const space = new SpaceRecorder({ ...head, limitBytes: 2 ** 30, weightsBytes: 0 }, 1000)
    space.sample(0, { ...full, held: times * 2 ** 20 })
    space.counts.fragmentation = times
    return [space.summary({ residency: false })]
  })
  const [space] = memoryResult(runs)
  expect(space!.limit_mib).toBe(1024)
  expect(space!.peak_held_mib.value).toBe(2)
  expect(space!.out_of_memory).toEqual({ shortage: 0, fragmentation: 4, oversize: 0, loads: 0 })
  expect(space!.series.held_mib[0]).toBe(2)
})

test('no interval exceeds the limit, unless a run did', () => {
  const heldOf = (...helds: readonly number[]) => {
    const runs = helds.map((held) => {
      const space = new SpaceRecorder({ ...head, limitBytes: 10 * 2 ** 20 }, 1000)
      space.sample(0, { ...full, held: held * 2 ** 20 })
      return [space.summary({ residency: false })]
    })
    return memoryResult(runs)[0]!.peak_held_mib
  }
  expect(heldOf(4, 9)).toMatchObject({ value: 6.5, high: 10 })
  expect(heldOf(4, 12)).toMatchObject({ value: 8, high: 12 })
})

test('of replicas, the fullest is the one with most reserved, regardless of use', () => {
  const [little, much] = [
    { ...full, held: 800, inUse: 700 },
    { ...full, held: 900, inUse: 500 },
  ].map((state) => {
    const space = new SpaceRecorder(head, 1000)
    space.sample(0, state)
    return space.summary({ residency: false })
  })
  for (const replicas of [
    [little!, much!],
    [much!, little!],
  ]) {
    expect(fullestSpace(replicas)).toMatchObject({ peakHeld: 900, peakInUse: 500 })
  }
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BUCKETS, mergeSeries, TimeSeries } from './time-series.ts'

const DURATION_MS = 600
const sum = (values: readonly (number | null)[]) =>
  values.reduce<number>((total, value) => total + (value ?? 0), 0)

/** Requests: their arrival, waiting time and service time. */
const stays = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: DURATION_MS, noNaN: true }),
    wait: fc.double({ min: 0, max: 300, noNaN: true }),
    service: fc.double({ min: 0.1, max: 50, noNaN: true }),
    lost: fc.boolean(),
  }),
  { maxLength: 40 },
)
type Stays = typeof stays extends fc.Arbitrary<infer T> ? T : never

function seriesOf(all: Stays, durationMs = DURATION_MS) {
  const series = new TimeSeries(durationMs)
  const events = all.flatMap(({ at, wait, service, lost }): [number, () => void][] => {
    const out = at + wait
    const done = out + service
    if (lost)
      return [
        [at, () => series.arrived(at)],
        [out, () => series.lost(out)],
      ]
    return [
      [at, () => series.arrived(at)],
      [out, () => series.dispatched(out, 1)],
      [done, () => series.served(done, at, done - at)],
    ]
  })
  for (const [, act] of events.sort((a, b) => a[0] - b[0])) act()
  return series.summary()
}

test('requests are conserved, and queue lengths integrate to the sum of waits, including the drain', () => {
  fc.assert(
    fc.property(stays, (all) => {
      const { bucket_s, arrived_rps, served_rps, queue_mean, heat } = seriesOf(all)
      expect(arrived_rps).toHaveLength(BUCKETS)
      expect(sum(arrived_rps) * bucket_s).toBeCloseTo(all.length, 6)
      const served = all.filter(({ lost }) => !lost).length
      expect(sum(served_rps) * bucket_s).toBeCloseTo(served, 6)
      expect(sum(heat.counts.map(sum))).toBe(served)
      const waits = all.reduce((total, { wait }) => total + wait, 0)
      expect(sum(queue_mean) * bucket_s * 1000).toBeCloseTo(waits, 6)
    }),
  )
})

test('events after the end fall into the last bucket', () => {
  const stay = { at: 599, wait: 500, service: 100, lost: false }
  const { served_rps, queue_mean, queue_max, bucket_s } = seriesOf([stay])
  expect(served_rps.findIndex((rate) => rate > 0)).toBe(BUCKETS - 1)
  expect(queue_mean.at(-1)! * bucket_s * 1000).toBeCloseTo(500, 9)
  expect(queue_max.at(-1)).toBe(1)
})

test('the longest queue appears in every bucket through which it lasts', () => {
  const at = [7, 7, 7].map((time) => ({ at: time, wait: 20, service: 1, lost: false }))
  const { queue_max, batch_mean } = seriesOf(at)
  expect(queue_max.slice(0, 7)).toEqual([0, 3, 3, 3, 3, 3, 0])
  expect(batch_mean.slice(4, 7)).toEqual([null, 1, null])
})

test('speed is work over time taken', () => {
  const series = new TimeSeries(DURATION_MS)
  series.worked(1, 3, 1)
  series.worked(2, 4, 2)
  series.worked(21, 25, 4)
  const { speed } = series.summary()
  expect([speed[0], speed[1], speed[4]]).toEqual([0.75, null, 1])
})

test('merged series are means over runs; heat adds up, and its empty rows are removed', () => {
  fc.assert(
    fc.property(stays, stays, (first, second) => {
      const runs = [seriesOf(first), seriesOf(second)]
      const merged = mergeSeries(runs)
      expect(sum(merged.arrived_rps) * merged.bucket_s).toBeCloseTo(
        (first.length + second.length) / 2,
        6,
      )
      expect(merged.queue_max).toEqual(
        runs[0]!.queue_max.map((value, i) => Math.max(value, runs[1]!.queue_max[i]!)),
      )
      const served = [...first, ...second].filter(({ lost }) => !lost)
      expect(sum(merged.heat.counts.map(sum))).toBe(served.length)
      const { latency_edges: edges, counts } = merged.heat
      expect(counts.every((row) => row.length === Math.max(0, edges.length - 1))).toBe(true)
      for (const { wait, service } of served) {
        // a quarter of an octave is rounded down to the bin's lower edge
        expect(edges[0]!).toBeLessThanOrEqual((wait + service) * (1 + 1e-9))
        expect(edges.at(-1)!).toBeGreaterThan((wait + service) * (1 - 1e-9))
      }
    }),
  )
  expect(() => mergeSeries([])).toThrow('Expected')
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OUTCOME } from '../../serving/index.ts'
import { EndedRequests, QueueChanges } from './columns.ts'
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

/** One row: a request that was scheduled at `at` and served at `done`. */
function served(done: number, at: number): EndedRequests {
  const rows = new EndedRequests()
  rows.count = 1
  rows.outcome[0] = OUTCOME.served
  rows.ended.values[0] = done
  rows.at.values[0] = at
  rows.latency.values[0] = done - at
  return rows
}

function changeOf(at: number, by: number, isBatch = 0): QueueChanges {
  const changes = new QueueChanges()
  changes.add(at, by, isBatch)
  return changes
}

function seriesOf(requests: Stays, durationMs = DURATION_MS) {
  const series = new TimeSeries(durationMs)
  const events = requests.flatMap(({ at, wait, service, lost }): [number, () => void][] => {
    const out = at + wait
    const done = out + service
    if (lost)
      return [
        [at, () => series.queued(changeOf(at, 1))],
        [out, () => series.queued(changeOf(out, -1))],
      ]
    return [
      [at, () => series.queued(changeOf(at, 1))],
      [out, () => series.queued(changeOf(out, -1, 1))],
      [done, () => series.completed(served(done, at))],
    ]
  })
  for (const [, act] of events.sort((a, b) => a[0] - b[0])) act()
  return series.summary()
}

test('requests are conserved up to the end, and queue lengths integrate to the waits until then', () => {
  fc.assert(
    fc.property(stays, (drawnStays) => {
      const { bucket_s, arrived_rps, served_rps, queue_mean, heat } = seriesOf(drawnStays)
      const before = (time: number) => time < DURATION_MS
      expect(arrived_rps).toHaveLength(BUCKETS)
      expect(sum(arrived_rps) * bucket_s).toBeCloseTo(
        drawnStays.filter(({ at }) => before(at)).length,
        6,
      )
      const served = drawnStays.filter(({ lost }) => !lost)
      const ended = served.filter(({ at, wait, service }) => before(at + wait + service))
      expect(sum(served_rps) * bucket_s).toBeCloseTo(ended.length, 6)
      expect(sum(heat.counts.map(sum))).toBe(served.filter(({ at }) => before(at)).length)
      const waits = drawnStays.reduce(
        (total, { at, wait }) => total + Math.min(wait, Math.max(0, DURATION_MS - at)),
        0,
      )
      expect(sum(queue_mean) * bucket_s * 1000).toBeCloseTo(waits, 6)
    }),
  )
})

test('a drain after the end changes nothing before it, whatever its length', () => {
  const before = { at: 30, wait: 20, service: 10, lost: false }
  const waiting = Array.from({ length: 50 }, (_, i) => ({ ...before, at: 500 + i }))
  const drained = (wait: number) =>
    seriesOf([before, ...waiting.map((stay) => ({ ...stay, wait }))])
  const [short, long] = [drained(101), drained(100_000)]
  expect(long.queue_mean).toEqual(short.queue_mean)
  expect(long.queue_max).toEqual(short.queue_max)
  expect(long.served_rps).toEqual(short.served_rps)
  expect(long.queue_mean.at(-1)).toBeCloseTo(50, 9)
  expect(long.served_rps.at(-1)).toBe(0)
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
      const arrived = [...first, ...second].filter(({ at }) => at < DURATION_MS)
      expect(sum(merged.arrived_rps) * merged.bucket_s).toBeCloseTo(arrived.length / 2, 6)
      expect(merged.queue_max).toEqual(
        runs[0]!.queue_max.map((value, i) => Math.max(value, runs[1]!.queue_max[i]!)),
      )
      const served = arrived.filter(({ lost }) => !lost)
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

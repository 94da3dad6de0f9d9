import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineError } from './trace-lines.ts'
import { TraceOrder } from './trace-order.ts'
import { timeReader } from './trace-time.ts'

const RUN = 8

/** The ordered rows of these ticks, and the most rows that were held at once. */
function ordered(ticks: readonly number[], jitterMs = 0) {
  const order = new TraceOrder({
    time: timeReader('ms'),
    hasLengths: true,
    hasOutputs: false,
    hasPrefixes: true,
    hasKinds: false,
    jitterMs,
    runRows: RUN,
  })
  const rows: [number, number][] = []
  let held = 0
  const take = () => {
    const { times, lengths, prefixes } = order.take()
    expect(prefixes!.map((prefix) => prefix![0])).toEqual([...lengths!])
    times.forEach((time, i) => {
      rows.push([time, lengths![i]!])
    })
  }
  ticks.forEach((tick, i) => {
    const row = { ticks: tick, input: i, output: Number.NaN, prefix: Int32Array.of(i), kind: 0 }
    order.add(row, i + 1)
    held = Math.max(held, order.size)
    if (order.full) take()
  })
  while (order.size > 0) take()
  return { rows, held }
}

test('rows up to a run away from their place are ordered, with two runs in memory', () => {
  const near = fc.array(fc.tuple(fc.nat(5), fc.nat(1e6)), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(near, (drawn) => {
      // each block of one run is shuffled, so no row is further from its place
      let now = 0
      const rising = drawn.map(([gap]) => (now += gap))
      const ticks = rising.flatMap((_, i) => {
        if (i % RUN !== 0) return []
        const block = rising.slice(i, i + RUN)
        return block
          .map((tick, j) => ({ tick, key: drawn[i + j]![1] }))
          .sort((a, b) => a.key - b.key)
          .map(({ tick }) => tick)
      })
      const { rows, held } = ordered(ticks)
      const expected = ticks
        .map((tick, i): [number, number] => [tick, i])
        .sort((a, b) => a[0] - b[0] || a[1] - b[1])
        .map(([tick, i]) => [tick - rising[0]!, i])
      expect(rows).toEqual(expected)
      expect(held).toBeLessThanOrEqual(2 * RUN)
    }),
  )
})

test('a file of two runs can be in any order, even reversed', () => {
  const ticks = Array.from({ length: 2 * RUN }, (_, i) => 100 - i)
  expect(ordered(ticks).rows.map(([time]) => time)).toEqual(ticks.map((_, i) => i))
})

test('a row that is further behind is an error at its line, not a request out of order', () => {
  const ticks = [...Array.from({ length: 3 * RUN }, (_, i) => 10 * i), 5]
  expect(() => ordered(ticks)).toThrow(LineError)
  expect(() => ordered(ticks)).toThrow(/at most 8 rows from its place in time/)
  // as is a row before the first row that was returned
  expect(() => ordered([...ticks.slice(0, -1).map((tick) => tick + 10), 5])).toThrow(LineError)
})

test('jitter spreads rows by their number in the file, also across runs', () => {
  const ticks = Array.from({ length: 40 }, (_, i) => 100 * i)
  const { rows } = ordered(ticks, 300)
  const golden = (Math.sqrt(5) - 1) / 2
  for (const [time, i] of rows) expect(time).toBeCloseTo(100 * i + 300 * ((i * golden) % 1), 9)
  expect(rows.map(([, i]) => i)).not.toEqual(ticks.map((_, i) => i))
  expect(rows.every(([time], i) => i === 0 || time >= rows[i - 1]![0])).toBe(true)
})

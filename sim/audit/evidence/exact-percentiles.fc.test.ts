import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OUTCOME } from '../../serving/index.ts'
import { percentile, Rows, tokenTimes } from '../../stats/index.ts'
import { exactCalls, exactPercentiles, exactTokenTimes } from './exact-percentiles.ts'

const LEVELS = [0, 0.07, 0.5, 0.9, 0.95, 0.99, 0.999, 1]

function rowsOf(
  latencies: readonly number[],
  rest: { outcomes?: number[]; classes?: number[] } = {},
) {
  const rows = Rows.allocate(latencies.length)
  latencies.forEach((latency, key) => {
    rows.columns.at[key] = 100 * key
    rows.columns.done[key] = 100 * key + latency
    rows.columns.batch[key] = 0
    rows.columns.outcome[key] = rest.outcomes?.[key] ?? OUTCOME.served
    rows.columns.class[key] = rest.classes?.[key] ?? 0
  })
  return rows.columns
}

describe('exact times of tokens', () => {
  const columns = ['at', 'firstToken', 'done', 'answered', 'outputTokens'] as const

  /** Served requests of class 0, each in the order of `columns`. */
  function generated(requests: readonly (readonly number[])[]) {
    const rows = Rows.allocate(requests.length)
    rows.columns.batch.fill(0)
    rows.columns.outcome.fill(OUTCOME.served)
    for (const [key, values] of requests.entries()) {
      for (const [i, name] of columns.entries()) rows.columns[name][key] = values[i]!
    }
    return rows.columns
  }

  const timesOf = (rows: ReturnType<typeof generated>, delaysMs = [0]) =>
    exactTokenTimes(rows, { warmupMs: 0, levels: [0, 1], delaysMs })

  test('are those of requests with a first token, and with several', () => {
    const rows = generated([
      [10, 15, 35, Number.NaN, 5],
      // over a network
      [20, 30, 40, 47, 2],
      [30, 33, 33, Number.NaN, 1],
      [40, Number.NaN, 90, Number.NaN, 0],
    ])
    expect(timesOf(rows).ttft).toEqual({ n: 3, values: [3, 17] })
    expect(timesOf(rows).tpot).toEqual({ n: 2, values: [5, 10] })
    // a delayed first token leaves with the last one at the latest
    expect(timesOf(rows, [12]).ttft).toEqual({ n: 3, values: [3, 27] })
    expect(timesOf(rows, [12]).tpot).toEqual({ n: 2, values: [0, 2] })
    rows.outcome[0] = OUTCOME.abandoned
    expect(timesOf(rows).ttft).toEqual({ n: 2, values: [3, 17] })
    expect(timesOf(rows).tpot).toEqual({ n: 1, values: [10, 10] })
  })

  test('agree with those of sim/stats, which share no code with them', () => {
    const ms = fc.double({ min: 0, max: 1e4, noNaN: true })
    const request = fc.tuple(ms, ms, ms, ms, fc.integer({ min: 1, max: 500 }))
    fc.assert(
      fc.property(fc.array(request, { minLength: 1 }), ms, (requests, delayMs) => {
        const rows = generated(
          requests.map(([at, first, rest, travel, tokens]) => {
            const done = at + first + rest
            return [at, at + first, done, done + travel, tokens]
          }),
        )
        const of = { requests: rows, firstTokenDelaysMs: [delayMs] }
        const keys = [...rows.at.keys()]
        const found = timesOf(rows, [delayMs])
        for (const [name, times] of [
          [
            'ttft',
            keys.map((key) => tokenTimes.ttft(of, key, rows.done[key]!, rows.answered[key]!)),
          ],
          ['tpot', keys.map((key) => tokenTimes.tpot(of, key, rows.done[key]!))],
        ] as const) {
          const sorted = Float64Array.from(times.filter((time) => !Number.isNaN(time))).sort()
          const values = [percentile(sorted, 0), percentile(sorted, 1)]
          expect(found[name]).toEqual({ n: sorted.length, values })
        }
      }),
    )
  })
})

describe('exact percentiles', () => {
  test('of 1 to 100 ms are their own ranks', () => {
    const rows = rowsOf(Array.from({ length: 100 }, (_, i) => 100 - i))
    const { n, values } = exactPercentiles(rows, { warmupMs: 0, levels: LEVELS })
    expect(n).toBe(100)
    expect(values).toEqual([1, 7, 50, 90, 95, 99, 100, 100])
  })

  test('leave out the warm-up, other classes, and requests that were not served', () => {
    const outcomes = [0, 0, 1, 2, 3, 4, 0, 0]
    const classes = [0, 0, 0, 0, 0, 0, 1, 0]
    const rows = rowsOf([1, 2, 3, 4, 5, 6, 7, 8], { outcomes, classes })
    const of = (options: { warmupMs: number; class?: number }) =>
      exactPercentiles(rows, { levels: [0, 1], ...options })
    expect(of({ warmupMs: 0 })).toEqual({ n: 4, values: [1, 8] })
    expect(of({ warmupMs: 100 })).toEqual({ n: 3, values: [2, 8] })
    expect(of({ warmupMs: 100.1, class: 0 })).toEqual({ n: 1, values: [8, 8] })
    expect(of({ warmupMs: 0, class: 1 })).toEqual({ n: 1, values: [7, 7] })
    expect(of({ warmupMs: 0, class: 2 })).toEqual({ n: 0, values: [Number.NaN, Number.NaN] })
  })

  test('agree with those of sim/stats, which share no code with them', () => {
    const latencies = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 })
    const level = fc.oneof(
      fc.constantFrom(...LEVELS),
      fc.integer({ min: 1, max: 999 }).map((i) => i / 1000),
    )
    fc.assert(
      fc.property(latencies, level, (values, p) => {
        const rows = rowsOf(values)
        const sorted = Float64Array.from(rows.done, (done, key) => done - rows.at[key]!).sort()
        const exact = exactPercentiles(rows, { warmupMs: 0, levels: [p] })
        expect(exact).toEqual({ n: values.length, values: [percentile(sorted, p)] })
      }),
    )
  })
})

test('a call that a further copy answers ends when its client has that answer', () => {
  const rows = rowsOf([30, 8], { outcomes: [OUTCOME.redundant, OUTCOME.served] })
  rows.at.fill(0)
  rows.copyOf.set([-1, 0])
  rows.sendId.set([0, 0])
  rows.attempt.fill(1)
  rows.firstScheduledAt.fill(0)
  rows.done.set([30, 8])
  rows.answered.set([42, 20])
  const calls = exactCalls(rows, { class: 0, warmupMs: 0, levels: [1] })
  expect(calls).toEqual({ made: 1, answered: 1, values: [20] })
})

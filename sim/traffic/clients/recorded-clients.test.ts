import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type ClientRow, recordedClients } from './recorded-clients.ts'

const row = (at_s: number, rate_rps: number, rest: Partial<ClientRow> = {}): ClientRow => ({
  at_s,
  rate_rps,
  family: rate_rps > 0 ? 'Gamma' : null,
  shape: 1,
  ...rest,
})

function times(
  clients: readonly (readonly ClientRow[])[],
  endS: number,
  rest: { fromS?: number; perMs?: number; seed?: number } = {},
): Float64Array {
  const arrivals = recordedClients(clients, {
    name: 'web',
    seed: 1,
    replication: 0,
    fromS: 0,
    perMs: null,
    ...rest,
    endMs: 1000 * endS,
  })
  const all: number[] = []
  for (let at = arrivals.next(); at < Number.POSITIVE_INFINITY; at = arrivals.next()) all.push(at)
  return Float64Array.from(all)
}

const within = (all: Float64Array, fromS: number, toS: number) =>
  all.filter((at) => at >= 1000 * fromS && at < 1000 * toS).length

/** Distance of a count from that of a renewal process with these gaps, in standard errors. */
const z = (count: number, expected: number, cv: number) =>
  Math.abs(count - expected) / (cv * Math.sqrt(expected))

describe('a recorded client', () => {
  test('sends at the rate of each row, and not in silent ones', () => {
    const rows = [row(0, 40), row(500, 0), row(900, 90, { shape: 4 }), row(1400, 10)]
    const all = times([rows], 2000)
    expect(all.every((at, i) => i === 0 || at >= all[i - 1]!)).toBe(true)
    expect(z(within(all, 0, 500), 20_000, 1)).toBeLessThan(4)
    expect(within(all, 500, 900)).toBe(0)
    expect(z(within(all, 900, 1400), 45_000, 0.5)).toBeLessThan(4)
    expect(z(within(all, 1400, 2000), 6000, 1)).toBeLessThan(4)
    // 5 % more would be detected
    expect(z(within(all, 0, 500), 21_000, 1)).toBeGreaterThan(4)
  })

  test('has gaps of the distribution in its row', () => {
    const gamma = row(0, 100, { shape: 0.25 })
    const weibull = row(1000, 100, { family: 'Weibull', shape: 0.5 })
    const all = times([[gamma, weibull]], 3000)
    const cvOf = (from: number, to: number) => {
      const inRow = all.filter((at) => at >= 1000 * from && at < 1000 * to)
      const gaps = inRow.slice(1).map((at, i) => at - inRow[i]!)
      const mean = gaps.reduce((a, b) => a + b) / gaps.length
      return Math.sqrt(gaps.reduce((a, b) => a + (b - mean) ** 2, 0) / gaps.length) / mean
    }
    expect(Math.abs(cvOf(0, 1000) / 2 - 1)).toBeLessThan(0.03)
    expect(Math.abs(cvOf(1000, 3000) / Math.sqrt(5) - 1)).toBeLessThan(0.03)
  })

  test('has been sending before the run: bursty clients do not all begin with a burst', () => {
    const clients = (changes: Partial<ClientRow>) =>
      Array.from({ length: 20_000 }, () => [row(0, 0.01, changes)])
    for (const changes of [
      { shape: 0.1 },
      { family: 'Weibull' as const, shape: 0.4 },
      { shape: 3 },
    ]) {
      const all = times(clients(changes), 20)
      // 2000 are expected in each half; bursts of about thirty widen the error
      for (const [from, to] of [
        [0, 10],
        [10, 20],
      ] as const) {
        expect(Math.abs(within(all, from, to) - 2000)).toBeLessThan(600)
      }
    }
  })

  test("starts at the run's position in its rows, and keeps its share when all are scaled", () => {
    const rows = [
      [row(0, 5), row(100, 50), row(200, 20)],
      [row(0, 1000), row(100, 10)],
    ]
    const all = times(rows, 300, { fromS: 100 })
    expect(z(within(all, 0, 100), 6000, 1)).toBeLessThan(4)
    expect(z(within(all, 100, 300), 6000, 1)).toBeLessThan(4)
    // 12,000 in 300 s are 40/s; at 80/s each part doubles
    const twice = times(rows, 300, { fromS: 100, perMs: 0.08 })
    expect(z(within(twice, 0, 100), 12_000, 1)).toBeLessThan(4)
    expect(z(within(twice, 100, 300), 12_000, 1)).toBeLessThan(4)
  })

  test('has its own random stream: another client does not change its requests', () => {
    const rows = [row(0, 3)]
    const alone = times([rows], 100)
    const both = times([rows, [row(0, 2)]], 100)
    expect(alone.every((at) => both.includes(at))).toBe(true)
    expect(times([rows], 100)).toEqual(alone)
    expect(times([rows], 100, { seed: 2 })).not.toEqual(alone)
  })
})

const SHARED = new URL('../../../../shared/data/', import.meta.url)
const present = existsSync(new URL('servegen_summary.json', SHARED))

interface Summary {
  readonly model: string
  readonly mean_rps: number
  readonly peak_rps: number
  readonly rate_weighted_client_ia_cv: number
  readonly hour_of_day_mean_rps: readonly number[]
}

describe.skipIf(!present)("ServeGen's day, where ../shared has it", () => {
  const read = (name: string) => readFileSync(new URL(name, SHARED))
  const summaries: Summary[] = present ? JSON.parse(read('servegen_summary.json').toString()) : []

  // the rows there are sums over all clients: one client with their mean variation sends as much
  test.each(['reason/deepseek-r1', 'multimodal/mm-image'])(
    '%s has the rates of its summary, hour by hour',
    (model) => {
      const recorded = summaries.find((summary) => summary.model === model)!
      const cv = recorded.rate_weighted_client_ia_cv
      const file = `servegen_rate_${model.replace('/', '_')}.csv.gz`
      const rows = gunzipSync(read(file)).toString().trim().split('\n').slice(1)
      const client = rows.map((text) => {
        const [at, rate] = text.split(',').map(Number)
        return row(at!, rate!, { shape: 1 / cv ** 2 })
      })
      const endS = 24 * 3600
      const all = times([client], endS)
      expect(Math.abs(all.length / endS / recorded.mean_rps - 1)).toBeLessThan(0.01)
      const hours = new Float64Array(24)
      const bins = new Float64Array(endS / 600)
      for (const at of all) {
        hours[Math.floor(at / 3.6e6)]!++
        bins[Math.floor(at / 6e5)]!++
      }
      recorded.hour_of_day_mean_rps.forEach((rps, hour) => {
        expect(z(hours[hour]!, 3600 * rps, cv)).toBeLessThan(4.5)
      })
      expect(Math.abs(Math.max(...bins) / 600 / recorded.peak_rps - 1)).toBeLessThan(0.08)
    },
  )
})

import { expect, test } from 'vitest'
import { invalidRow, sampleRow } from '../../../reports/sample-sweep.test-helper.ts'
import type { Sweep, SweepRow, Verdict } from '../../documents/index.ts'
import { stream } from '../../kernel/index.ts'
import { MOST_ROWS, SweepSummary } from './sweep-summary.ts'

const FIGURE: Sweep['figure'] = {
  class: 'web',
  text: 'p(95) latency_ms',
  objective: 0,
  limit_ms: 60,
}

function summary(rows: readonly SweepRow[]) {
  const found = new SweepSummary(FIGURE)
  for (const row of rows) found.add(row)
  return found.result()
}

const row = (n: number, verdict: Verdict, usd: number | null, ms: number | null, replicas = 1) =>
  sampleRow(n, [String(n)], { verdict, usd, ms, replicas })

test('verdict decides before price, price before latency, and replicas stand for a missing price', () => {
  expect(summary([row(1, 'FAIL', 1, 5), row(2, 'PASS', 9, 50), row(3, 'PASS', 8, 59)]).best).toBe(3)
  expect(summary([row(1, 'UNDECIDED', 2, 9), row(2, 'UNDECIDED', 2, 8)]).best).toBe(2)
  expect(summary([row(1, 'PASS', null, 5, 3), row(2, 'PASS', null, 50, 2)]).best).toBe(2)
  expect(summary([invalidRow(1, ['1']), row(2, 'FAIL', null, null)]).best).toBe(2)
  expect(summary([invalidRow(1, ['1'])]).best).toBeNull()
})

test('the front has those that hold and that no other beats in price and latency', () => {
  const rows = [
    ...[row(1, 'PASS', 5, 20), row(2, 'PASS', 3, 40), row(3, 'PASS', 4, 45), row(4, 'FAIL', 1, 10)],
    ...[row(5, 'UNDECIDED', 2, 30), row(6, 'PASS', 3, 39), row(7, 'PASS', 9, 20)],
  ]
  expect(summary(rows).front).toEqual([6, 1])
  expect(summary([row(1, 'PASS', null, 20)]).front).toBeNull()
})

test('the front is that of all pairs, in any order', () => {
  const random = stream(4, 0, 'front')
  const rows = Array.from({ length: 200 }, (_, i) =>
    row(i + 1, 'PASS', 1 + random.integer(20), 1 + random.integer(50)),
  )
  const point = ({ figures }: SweepRow) => [
    figures!.cost!.usd_per_hour,
    figures!.objectives[0]!.estimate.value!,
  ]
  const beaten = (one: SweepRow) => {
    const [usd, ms] = point(one) as [number, number]
    return rows.some((other) => {
      const [price, latency] = point(other) as [number, number]
      return price <= usd && latency <= ms && (price < usd || latency < ms)
    })
  }
  const best = new Set(rows.filter((one) => !beaten(one)).map((one) => point(one).join()))
  const { front } = summary(rows)
  expect(front!.map((number) => point(rows[number - 1]!).join())).toEqual(
    [...best].sort((a, b) => Number(a.split(',')[0]) - Number(b.split(',')[0])),
  )
})

test('of more rows than a document holds, the front and the best stay, in the order of the plan', () => {
  const rows = Array.from({ length: 3 * MOST_ROWS }, (_, i) =>
    row(i + 1, 'PASS', 2, i === 2321 ? 1 : 10 + ((i * 7919) % 5000)),
  )
  const { rows: kept, counts, configurations, best, front } = summary(rows)
  expect([kept.length, counts.PASS, configurations]).toEqual([MOST_ROWS, rows.length, rows.length])
  expect([best, front]).toEqual([2322, [2322]])
  const numbers = kept.map(({ configuration }) => configuration)
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  const slowest = Math.max(...kept.map(({ figures }) => figures!.objectives[0]!.estimate.value!))
  const dropped = rows.filter(({ configuration }) => !numbers.includes(configuration))
  for (const { figures } of dropped) {
    expect(figures!.objectives[0]!.estimate.value!).toBeGreaterThanOrEqual(slowest)
  }
})

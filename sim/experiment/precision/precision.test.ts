import { expect, test } from 'vitest'
import { stream } from '../../kernel/index.ts'
import { estimate } from '../../stats/index.ts'
import { nextLook, type Precision, precisionOf } from './precision.ts'

const of = (value: number, half: number) => ({ value, low: value - half, high: value + half, n: 9 })

test('the precision is that of the objective with the widest interval', () => {
  const judged = { tail: null, verdict: 'PASS', deciding_duration_s: null } as const
  const objectives = [
    { class: 'a', text: 'p(50) latency_ms < 9', estimate: of(4, 0.4), ...judged },
    { class: 'b', text: 'p(95) latency_ms < 9', estimate: of(8, 0.4), ...judged },
  ]
  const found = precisionOf({ objectives, classes: [] })
  expect(found!.figure).toBe('a: p(50) latency_ms < 9')
  expect(found!.half_width).toBeCloseTo(0.1, 12)
})

test('a figure without an interval has no precision', () => {
  const none = { value: 4, low: null, high: null, n: 1 }
  const p = { p50: none, p90: none, p95: none, p99: none, p99_9: none }
  const classes = [{ name: 'a', latency: { mean: none, percentiles: p } }]
  expect(precisionOf({ objectives: [], classes })).toBeNull()
  expect(nextLook(10, null, 0.1)).toBeNull()
})

/** Means of lognormal figures, sigma 1, until their half-width is small enough. */
function stopped(target: number, seed: number) {
  const random = stream(seed, 0, 'stopping')
  const values: number[] = []
  let reached: Precision | null = null
  for (let look: number | null = 10; look !== null; look = nextLook(look, reached, target)) {
    while (values.length < look) {
      const normal = Math.sqrt(-2 * Math.log(1 - random.uniform()))
      values.push(Math.exp(normal * Math.cos(2 * Math.PI * random.uniform())))
    }
    const { value, low, high } = estimate(values, values.length)
    reached = { figure: '', half_width: (high! - low!) / 2 / value! }
  }
  return { n: values.length, reached: reached!.half_width }
}

test('replications are added until the half-width is reached, as many as that takes', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { n, reached } = stopped(0.1, seed)
    expect(reached).toBeLessThanOrEqual(0.1)
    // the variation of the figures is 1.3, so (1.96 * 1.3 / 0.1)^2 = 660 are expected
    expect(n).toBeGreaterThan(200)
    expect(n).toBeLessThan(2000)
  }
})

test('it ends at the largest number of replications', () => {
  expect(nextLook(400, { figure: '', half_width: 1 }, 0.001, 1000)).toBe(1000)
  expect(nextLook(1000, { figure: '', half_width: 1 }, 0.001, 1000)).toBeNull()
})

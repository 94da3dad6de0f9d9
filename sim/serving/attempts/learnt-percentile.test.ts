import { expect, test } from 'vitest'
import { Random } from '../../kernel/index.ts'
import { LearntPercentile } from './learnt-percentile.ts'

test.each([0.5, 0.95, 0.999])('percentile %d is within 1 % above the nearest rank', (p) => {
  const random = new Random(`learnt ${p}`)
  const learnt = new LearntPercentile(p)
  const times: number[] = []
  for (let i = 1; i <= 3000; i++) {
    const ms = 20 * random.exponential()
    times.push(ms)
    learnt.add(ms)
    if (i < 100) expect(learnt.value).toBeNull()
    if (i < 100 || i % 97 > 0) continue
    const exact = times.toSorted((a, b) => a - b)[Math.ceil(p * i) - 1]!
    expect(learnt.value!).toBeGreaterThanOrEqual(exact * (1 - 1e-9))
    expect(learnt.value!).toBeLessThanOrEqual(exact * 1.01 * (1 + 1e-9))
  }
})

test('latencies of long ago count for less', () => {
  const learnt = new LearntPercentile(0.5)
  for (let i = 0; i < 100_000; i++) learnt.add(10)
  for (let i = 0; i < 60_000; i++) learnt.add(100)
  expect(learnt.value!).toBeGreaterThan(99)
})

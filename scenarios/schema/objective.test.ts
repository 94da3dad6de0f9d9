import { expect, test } from 'vitest'
import { parseObjective } from './objective.ts'

const latency = { kind: 'latency', percentile: 0.99, limitMs: 150 }

test('an objective is on the whole run, or on the worst window of a length', () => {
  expect(parseObjective('p(99) latency_ms < 150')).toEqual({ ...latency, window_s: null })
  for (const [text, window_s] of [
    ['500ms', 0.5],
    ['10s', 10],
    ['1m', 60],
    ['1.5h', 5400],
  ] as const) {
    expect(parseObjective(`p(99, worst ${text}) latency_ms < 150`)).toEqual({
      ...latency,
      window_s,
    })
  }
  expect(parseObjective('  p(50,worst 2m)  tpot_ms<40 ')).toEqual({
    kind: 'tpot',
    percentile: 0.5,
    limitMs: 40,
    window_s: 120,
  })
  expect(parseObjective('goodput > 99.5%')).toEqual({ kind: 'goodput', share: 0.995 })
  expect(parseObjective('cost_usd_per_million < 2.5')).toEqual({ kind: 'cost', limitUsd: 2.5 })
  expect(parseObjective('cost_usd_per_million < 0')).toBeNull()
})

test.each([
  'p(99, worst) latency_ms < 150',
  'p(99, worst 1 day) latency_ms < 150',
  'p(99, worst 0s) latency_ms < 150',
  'p(99, 1m) latency_ms < 150',
  'p(100) latency_ms < 150',
  'p(99) latency_ms < 0',
  'goodput > 100%',
])('%s is none', (text) => {
  expect(parseObjective(text)).toBeNull()
})

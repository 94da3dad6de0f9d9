import { expect, test } from 'vitest'
import { parseScenario } from '../../../scenarios/index.ts'
import { defaultSpace } from './plan-candidates.ts'

const spaceOf = (...pools: readonly string[]) => {
  const text = `spillway: 1
name: test
duration_s: 10
models: { m: { work: { law: constant, ms: 4 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 100 } }]
pools: [${pools.map((pool, i) => `{ name: p${i}, model: m, ${pool} }`).join()}]
`
  const { scenario } = parseScenario(text, { file: 'test.yaml' })
  const dimensions = defaultSpace(scenario).map(({ path, values }) => [path, values.join()])
  return Object.fromEntries(dimensions)
}

test('a single pool varies replicas to four times, batches in powers of two and windows around', () => {
  const dynamic = 'replicas: 2, batching: { policy: dynamic, max_batch: 12, max_delay_ms: 5 }'
  expect(spaceOf(dynamic)).toEqual({
    'pools.p0.replicas': '1,2,3,4,5,6,7,8',
    'pools.p0.batching.max_batch': '1,2,4,8,12,16',
    'pools.p0.batching.max_delay_ms': '0,2.5,5,10',
  })
  // without a window today, windows around 5 ms
  const greedy = 'batching: { policy: dynamic, max_batch: 2 }'
  expect(spaceOf(greedy)['pools.p0.batching.max_delay_ms']).toBe('0,2.5,5,10')
})

test('a pool without batches and several pools vary replicas alone', () => {
  expect(spaceOf('replicas: 1')).toEqual({ 'pools.p0.replicas': '1,2,3,4' })
  const dynamic = 'batching: { policy: dynamic, max_batch: 8 }'
  expect(spaceOf(dynamic, dynamic)).toEqual({
    'pools.p0.replicas': '1,2,3,4',
    'pools.p1.replicas': '1,2,3,4',
  })
})

test('a scaled pool has no replicas to vary, and the others vary theirs alone', () => {
  const scaled = 'scaling: { policy: fixed, replicas: 2, max: 4 }'
  expect(spaceOf(scaled)).toEqual({})
  const dynamic = 'batching: { policy: dynamic, max_batch: 8 }'
  expect(spaceOf(scaled, dynamic)).toEqual({ 'pools.p1.replicas': '1,2,3,4' })
})

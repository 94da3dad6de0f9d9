import { describe, expect, test } from 'vitest'
import { type Dimension, parseScenario } from '../../../scenarios/index.ts'
import { ConfigurationInputs } from '../configurations/configuration-inputs.ts'
import { loadSystem } from '../prepare.ts'
import { defaultSpace, mostInputs, planCandidates } from './plan-candidates.ts'

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

describe('what is not known in a space', () => {
  const WORK = 'models.m.work.ms'
  const RATE = 'traffic.web.arrivals.rate_rps'
  const source = {
    file: 'test.yaml',
    text: `spillway: 1
name: test
duration_s: 10
models: { m: { work: { law: constant, ms: 4 ± 10 % } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 100 ± 5 % } }]
pools: [{ name: p, model: m }]
`,
    directory: '.',
  }
  const candidatesOf = async (...dimensions: readonly Dimension[]) => {
    const unknown = new ConfigurationInputs(undefined)
    const system = await loadSystem(source)
    return planCandidates({ path: source, set: [] }, dimensions, system, { unknown })
  }

  test('is drawn once for all configurations that have it', async () => {
    const replicas = { path: 'pools.p.replicas', values: ['1', '2', '3'] }
    const { inputs, places } = await candidatesOf(replicas)
    expect(inputs.map(({ name }) => name)).toEqual([WORK, RATE])
    expect(new Set([...places.values()].map(String))).toEqual(new Set(['0,1']))
  })

  test('is another number where a configuration states its own', async () => {
    const space = await candidatesOf({ path: WORK, values: ['4 ± 10 %', '5 ± 10 %', '6'] })
    const { inputs, places, candidates } = space
    expect(inputs.map(({ name, value }) => [name, value])).toEqual([
      [WORK, 4],
      [RATE, 100],
      [WORK, 5],
    ])
    expect(candidates.map(({ index }) => places.get(index))).toEqual([[0, 1], [2, 1], [1]])
    expect(mostInputs(space)).toBe(2)
  })

  test('is refused where it has more numbers than can be drawn', async () => {
    const values = Array.from({ length: 45 }, (_, i) => `${i + 1} ± 10 %`)
    await expect(candidatesOf({ path: WORK, values })).rejects.toThrow(
      'test.yaml uncertain: a plan takes at most 40 inputs over all of its configurations, got 46',
    )
  })
})

import { expect, test } from 'vitest'
import { parseScenario } from '../../../scenarios/parse/parse.ts'
import { withoutFiles } from '../system/prepared-scenario.ts'
import { resolveSystem } from '../system/resolve.ts'
import { assumptionsOf } from './assumptions.ts'

const assumed = (work: string, pool: string) => {
  const text = `spillway: 1
name: small
duration_s: 60
models: { m: { work: ${work} } }
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 4 }
    input_tokens: { distribution: uniform, min: 10, max: 1000 }
    ${work.includes('generation') ? 'output_tokens: { distribution: fixed, value: 5 }' : ''}
pools: [{ name: central, model: m, ${pool} }]
`
  const parsed = parseScenario(text, { file: 'small.yaml' })
  return assumptionsOf(resolveSystem(withoutFiles(parsed), null)).batch_times
}

test('the time of a batch is that of its law, at three lengths', () => {
  const [times] = assumed(
    '{ law: linear, base_ms: 2, per_item_ms: 1, per_token_ms: 0.01 }',
    'batching: { policy: dynamic, max_batch: 4 }',
  )
  expect(times!.sizes).toEqual([1, 2, 3, 4])
  expect(times!.curves.map(({ length }) => length)).toEqual([10, 100, 1000])
  expect(times!.curves[1]!.ms).toEqual([4, 6, 8, 10])
})

test('a time that no length changes is one curve', () => {
  const [times] = assumed(
    '{ law: linear, base_ms: 2, per_item_ms: 1, per_token_ms: 1.0e-300 }',
    'batching: { policy: dynamic, max_batch: 100 }',
  )
  expect(times!.curves).toHaveLength(1)
  expect(times!.curves[0]!.length).toBeNull()
  expect(times!.sizes).toHaveLength(16)
  expect([times!.sizes[0], times!.sizes.at(-1)]).toEqual([1, 100])
})

test('with generation it is the time of a decode step', () => {
  const [times] = assumed(
    '{ law: generation, base_ms: 8, per_sequence_ms: 1, per_context_token_ms: 0.1 }',
    'generation: { policy: continuous, max_sequences: 2 }',
  )
  expect(times!.steps).toBe(true)
  expect(times!.curves[1]).toEqual({ length: 100, ms: [19, 30] })
})

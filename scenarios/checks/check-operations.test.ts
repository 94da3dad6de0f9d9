import { expect, test } from 'vitest'
import { shippedAccelerators } from '../load/accelerators.ts'
import { problemsIn } from './problems.test-helper.ts'

const card = shippedAccelerators().find(({ name }) => name === 't4')!
const T4 = `accelerator: ${JSON.stringify(card)}`
const LENGTHS = ', input_tokens: { distribution: fixed, value: 64 }'

const problemsOf = (work: string, { pool = T4, lengths = '', own = '' } = {}) =>
  problemsIn(`spillway: 1
name: counted
duration_s: 1
models: { m: { work: { law: operations, ${work} }${own} } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 1 }${lengths} }]
pools: [{ name: central, model: m, ${pool} }]
`)

const ITEM = 'gflops_per_item: 2'
const TOKEN = 'gflops_per_token: 0.2, weights_mib: 80'

test('work by operations runs on an accelerator of the catalogue', () => {
  expect(problemsOf(ITEM)).toEqual([])
  expect(problemsOf(TOKEN, { lengths: LENGTHS })).toEqual([])
  const problem = 'expected an accelerator of the catalogue, as the work of model m is of law '
  expect(problemsOf(ITEM, { pool: 'replicas: 1' })).toEqual([
    `pools.central: ${problem}operations, got local`,
  ])
})

test('work by operations takes lengths only with keys per token', () => {
  expect(problemsOf(ITEM, { lengths: LENGTHS })).toEqual([
    expect.stringMatching(/^traffic\.web\.input_tokens: remove input_tokens: .* operations /),
  ])
  for (const key of ['moved_mib_per_token', 'gflops_per_token_squared']) {
    expect(problemsOf(`${ITEM}, ${key}: 0.01`, { lengths: LENGTHS }), key).toEqual([])
  }
})

test.each<[string, { pool?: string; lengths?: string; own?: string }, string[]]>([
  ['kernels: 40', {}, ['models.m.work: expected operations or bytes above 0, got a batch that']],
  [ITEM, { pool: `${T4}, precision: fp8` }, ['pools.central.precision: expected one of fp32, ']],
  [
    ITEM,
    { pool: `${T4}, tensor_parallel: 2` },
    ['pools.central.tensor_parallel: remove tensor_parallel: the work of model m is not that of a'],
  ],
  [
    TOKEN,
    { lengths: LENGTHS, own: ', ragged: true' },
    ['models.m.ragged: expected false, as the work of m is that of padded batches'],
  ],
  [`${ITEM}, efficiency: { compute: 2 }`, {}, ['models.m.work.efficiency.compute: expected a ']],
  [`${ITEM}, gflop_per_token: 2`, {}, ['models.m.work.gflop_per_token: unknown key; did you mean']],
])('refuses %s, case %#', (work, options, problems) => {
  expect(problemsOf(work, options)).toEqual(problems.map((text) => expect.stringContaining(text)))
})

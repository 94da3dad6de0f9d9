import { expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

const problemsOf = (
  work: string,
  pool = ', batching: { policy: dynamic, max_batch: 2 }',
  own = '',
) =>
  problemsIn(`spillway: 1
name: measured
duration_s: 1
models: { m: { work: { ${work} }${own} } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 1 } }]
pools: [{ name: central, model: m${pool} }]
`)

const at = (key: string, text: string) => `models.m.work.${key}: ${text}`

test.each([
  ['law: table, sizes: [1, 2], ms: [3]', [at('ms', 'expected a time for each of 2 sizes, got 1')]],
  [
    'law: length-table, sizes: [1, 2], lengths: [8, 4], ms: [[1, 2], [1]]',
    [
      at('lengths.1', 'expected more than 8, the length before, got 4'),
      at('ms.1', 'expected a time for each of 2 lengths, got 1'),
    ],
  ],
  [
    'law: length-table, sizes: [1, 2], lengths: [8], ms: [[1]]',
    [at('ms', 'expected a row for each of 2 sizes, got 1')],
  ],
  [
    'law: throughput, concurrency: [4, 2], throughput_rps: [9]',
    [
      at('concurrency.1', 'expected more than 4, the concurrency before, got 2'),
      at('throughput_rps', 'expected a throughput for each of 2 concurrencies, got 1'),
    ],
  ],
  ['law: throughput, concurrency: [1, 8], throughput_rps: [9, 20], instances: 2', []],
])('%s', (work, problems) => {
  expect(problemsOf(work)).toEqual(problems)
})

test('a key of another law is an error that names that law', () => {
  expect(problemsOf('law: table, sizes: [1], ms: [3], lengths: [4]')).toEqual([
    at(
      'lengths',
      'unknown key; expected one of law, sizes, ms, cv, slow; it is a key of law length-table',
    ),
  ])
})

test('a throughput at many requests in flight needs a policy that batches', () => {
  const work = 'law: throughput, concurrency: [1, 8], throughput_rps: [9, 20]'
  expect(problemsOf(work, '')).toEqual([
    'pools.central.batching: expected a policy such as { policy: dynamic, max_batch: 4 }, as the throughput of m at concurrency 8 is that of batches, got policy none',
  ])
  expect(problemsOf('law: throughput, concurrency: [1, 2], throughput_rps: [9, 12]', '')).toEqual(
    [],
  )
})

test('a table of padded batches cannot be ragged', () => {
  const work = 'law: length-table, sizes: [1], lengths: [8], ms: [[1]]'
  expect(problemsOf(work, '', ', ragged: true')).toEqual([
    'models.m.ragged: expected false, as the work of m is that of padded batches, got true',
  ])
})

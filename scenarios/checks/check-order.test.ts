import { describe, expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

/** The problems of a scenario with two classes and a pool, without file and position. */
function problemsOf({ queue = '', first = '', second = '' }): readonly string[] {
  const text = `spillway: 1
name: s
duration_s: 60
models:
  m: { work: { law: constant, ms: 1 } }
traffic:
  - { class: web, arrivals: { process: poisson, rate_rps: 40 }${first} }
  - { class: batch, arrivals: { process: poisson, rate_rps: 40 }${second} }
pools:
  - { name: central, model: m, queue: { ${queue} } }
`
  return problemsIn(text)
}

const COMMON =
  'discipline, mode, routing, max_length, timeout_ms, timeout_action, allow_timeout_override, levels'

describe('keys of a queue', () => {
  test.each([
    ['discipline: priority, ageing_ms: 5', []],
    ['discipline: shortest-job, prediction_cv: 0.3', []],
    ['discipline: deficit-round-robin, quantum: 64', []],
    ['discipline: priority, levels: { 2: { max_length: 4, timeout_ms: 9 } }', []],
    ['timeout_ms: 5, timeout_action: delay, allow_timeout_override: true', []],
    [
      'ageing_ms: 5',
      [`ageing_ms: unknown key; expected one of ${COMMON}; it is a key of discipline priority`],
    ],
    [
      'discipline: lifo, quantum: 5',
      [
        `quantum: unknown key; expected one of ${COMMON}; it is a key of discipline deficit-round-robin`,
      ],
    ],
    [
      'discipline: deficit-round-robin',
      ['quantum: expected a whole number of at least 1, got nothing'],
    ],
    ['timeout_action: delay', ['timeout_action: remove timeout_action: there is no timeout_ms']],
    [
      'discipline: priority, levels: { 7: { max_length: 4 } }',
      ['levels.7: expected the priority of a class (1), got "7"'],
    ],
  ])('%s', (queue, problems) => {
    const expected = problems.map((text) => `pools.central.queue.${text}`)
    const second = queue.includes('2:') ? ', priority: 2' : ''
    expect(problemsOf({ queue, second })).toEqual(expected)
  })

  test('an unknown discipline is reported with the known ones', () => {
    expect(problemsOf({ queue: 'discipline: priorty' })[0]).toContain('did you mean priority?')
  })
})

describe('keys of a class that no queue uses', () => {
  test.each([
    ['priority: 2', 'priority: remove priority: no queue or admission depends on priority'],
    [
      'deadline_ms: 5',
      'deadline_ms: remove deadline_ms: no queue, batching or admission depends on deadlines',
    ],
    [
      'tenant: a',
      'tenant: remove tenant: no queue shares among tenants, and no token bucket is per tenant',
    ],
    ['weight: 2', 'weight: remove weight: no queue shares among tenants'],
    [
      'queue_timeout_ms: 2',
      'queue_timeout_ms: remove queue_timeout_ms: no queue has allow_timeout_override',
    ],
  ])('%s', (key, problem) => {
    expect(problemsOf({ first: `, ${key}` })).toEqual([`traffic.web.${problem}`])
  })

  test('are fine if one queue uses them', () => {
    const first = ', tenant: a, weight: 2'
    expect(problemsOf({ queue: 'discipline: virtual-token-counter', first })).toEqual([])
  })
})

test('a tenant has one weight', () => {
  const queue = 'discipline: virtual-token-counter'
  const tenantOf = (weight: number) => `, tenant: a, weight: ${weight}`
  expect(problemsOf({ queue, first: tenantOf(2), second: tenantOf(3) })).toEqual([
    'traffic.batch.weight: expected 2, as for tenant a before, got 3',
  ])
})

test('deadlines are deadline_ms, or a fixed timeout_ms', () => {
  const queue = 'discipline: earliest-deadline'
  const drawn = ', timeout_ms: { distribution: exponential, mean: 90 }'
  const problem =
    'pools.central.queue.discipline: expected another discipline, as no class has deadline_ms or a fixed timeout_ms, got "earliest-deadline"'
  expect(problemsOf({ queue, first: ', timeout_ms: 90' })).toEqual([])
  expect(problemsOf({ queue, second: ', deadline_ms: 90' })).toEqual([])
  expect(problemsOf({ queue, first: drawn })).toEqual([problem])
})

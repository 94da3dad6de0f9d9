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
    ['ageing_ms: 5', [`ageing_ms: expected one of the keys ${COMMON}, got "ageing_ms"`]],
    [
      'discipline: lifo, quantum: 5',
      [`quantum: expected one of the keys ${COMMON}, got "quantum"`],
    ],
    [
      'discipline: deficit-round-robin',
      ['quantum: expected a whole number of at least 1, got nothing'],
    ],
    [
      'timeout_action: delay',
      ['timeout_action: expected no timeout_action without timeout_ms, got "timeout_action"'],
    ],
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
    ['priority: 2', 'priority: expected no priority, as no queue or admission goes by priority'],
    [
      'deadline_ms: 5',
      'deadline_ms: expected no deadline_ms, as no queue, batching or admission goes by deadlines',
    ],
    [
      'tenant: a',
      'tenant: expected no tenant, as no queue is fair to tenants and no token bucket is per tenant',
    ],
    ['weight: 2', 'weight: expected no weight, as no queue is fair to tenants'],
    [
      'queue_timeout_ms: 2',
      'queue_timeout_ms: expected no queue_timeout_ms, as no queue says allow_timeout_override',
    ],
  ])('%s', (key, problem) => {
    const [name] = key.split(':')
    expect(problemsOf({ first: `, ${key}` })).toEqual([`traffic.web.${problem}, got "${name}"`])
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
    'pools.central.queue.discipline: expected another discipline, as no class has deadline_ms ' +
    'or a timeout_ms of all, got earliest-deadline'
  expect(problemsOf({ queue, first: ', timeout_ms: 90' })).toEqual([])
  expect(problemsOf({ queue, second: ', deadline_ms: 90' })).toEqual([])
  expect(problemsOf({ queue, first: drawn })).toEqual([problem])
})

import { describe, expect, test } from 'vitest'
import { parseScenario } from '../scenarios/index.ts'
import { auditRows, promisesOf } from '../sim/audit/index.ts'
import { keptReplication, simulationInput } from '../sim/experiment/index.ts'
import { OUTCOME } from '../sim/serving/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'

/** Requests over networks: every promise is kept, and a broken one is found. */

const text = (router: string, network: string, pools: string, rest = '') => `
spillway: 1
name: places
duration_s: 100
models: { m: { work: { law: linear, base_ms: 4, per_token_ms: 0.2 } } }
places: [{ name: shop }, { name: kiosk }, { name: centre }]
networks:
  - { between: [shop, centre], latency_ms: { distribution: lognormal, median: 12, p99: 60 }${network} }
  - { between: [centre, kiosk], latency_ms: { distribution: uniform, min: 3, max: 9 }${network} }
  - { between: [kiosk, shop], latency_ms: { distribution: exponential, mean: 5 }${network} }
traffic:
  - { class: a, place: shop, request_kib: 6, answer_kib: 2, timeout_ms: 120, cancel: true, arrivals: { process: poisson, rate_rps: 90 }, input_tokens: { distribution: uniform, min: 1, max: 60 } }
  - { class: b, place: kiosk, answer_kib: 9, arrivals: { process: poisson, rate_rps: 60 }, input_tokens: { distribution: uniform, min: 1, max: 60 } }
router: ${router}
pools:
  - { name: edge, model: m, place: shop, ${pools} }
  - { name: central, model: m, place: centre, replicas: 2, ${pools} }
${rest}
`

const ROUTERS = {
  locality: '{ policy: locality, max_load: 3 }',
  'least-loaded': '{}',
  p2c: '{ policy: p2c }',
  'round-robin': '{ policy: round-robin }',
  random: '{ policy: random }',
  'length-threshold':
    '{ policy: length-threshold, threshold_tokens: 20, short: edge, long: central }',
  'least-work': '{ policy: least-work }',
  'peak-ewma': '{ policy: peak-ewma }',
}

const NETWORKS = {
  'a latency': '',
  'fair shares of a bandwidth':
    ', bandwidth_mbps: 9, sharing: fair, outages: [{ at_s: 30, for_s: 5 }]',
  'bandwidth, loss and outages':
    ', bandwidth_mbps: 20, loss: 0.05, outages: [{ at_s: 30, for_s: 5 }, { at_s: 60, for_s: 0.5 }]',
}

const POOLS = {
  'a shared queue': 'batching: { policy: dynamic, max_batch: 4, max_delay_ms: 3 }',
  'bounded queues of replicas':
    'queue: { mode: per-replica, max_length: 12, discipline: shortest-job }, batching: { policy: dynamic, max_batch: 4, max_delay_ms: 3 }',
  'full batches, newest first':
    'queue: { discipline: lifo }, batching: { policy: fixed, batch: 3 }',
}

function inputOf(scenario: string) {
  return simulationInput(parseScenario(scenario, { file: 'x.yaml' }).scenario)
}

type Run = ReturnType<typeof keptReplication>

/** What clients sent: a request for all of its parts and copies. */
function plannedIn({ at, class: classes, inputTokens, outputTokens, part, copyOf }: RowColumns) {
  const isFirst = (_: number, key: number) => part[key] === 0 && copyOf[key]! < 0
  return {
    at: at.filter(isFirst),
    class: classes.filter(isFirst),
    inputTokens: inputTokens.filter(isFirst),
    outputTokens: outputTokens.filter(isFirst),
    prefixes: [],
  }
}

function problemsOf(input: ReturnType<typeof inputOf>, columns: RowColumns, run: Run) {
  const { rules } = auditRows(
    promisesOf(input.scenario),
    columns,
    plannedIn(run.rows.columns),
    run.changes,
  )
  return rules.flatMap(({ first }) => first.map(({ rule, text: problem }) => `${rule}: ${problem}`))
}

const cases = Object.keys(ROUTERS).flatMap((router) =>
  Object.keys(NETWORKS).flatMap((network) =>
    Object.keys(POOLS).map((pools) => [router, network, pools] as const),
  ),
)

test.each(cases)('router %s over %s, %s: each request ends once, as promised', (...names) => {
  const [router, network, pools] = names
  const input = inputOf(
    text(
      ROUTERS[router as keyof typeof ROUTERS],
      NETWORKS[network as keyof typeof NETWORKS],
      POOLS[pools as keyof typeof POOLS],
    ),
  )
  const run = keptReplication(input, 0)
  const { columns, count } = run.rows
  expect(count).toBeGreaterThan(10_000)
  expect(problemsOf(input, columns, run)).toEqual([])
  const ends = Object.values(OUTCOME).map(
    (outcome) => columns.outcome.filter((code) => code === outcome).length,
  )
  expect(ends.reduce((a, b) => a + b, 0)).toBe(count)
})

test('a place that is lost is passed over, and every promise is kept', () => {
  const crash =
    'failures: [{ kind: crash, pools: [edge], at_s: [40], detection_s: 1, restart_s: { distribution: fixed, value: 20 } }]'
  const input = inputOf(text(ROUTERS.locality, '', 'queue: { mode: per-replica }', crash))
  const run = keptReplication(input, 0)
  expect(problemsOf(input, run.rows.columns, run)).toEqual([])
  const { routed, pool } = run.rows.columns
  const during = [...pool.keys()].filter((key) => routed[key]! > 41_000 && routed[key]! < 59_000)
  expect(during.length).toBeGreaterThan(2000)
  expect(during.every((key) => pool[key] === 1)).toBe(true)
})

test('generation over a network keeps its promises', () => {
  const input = inputOf(`
spillway: 1
name: tokens
duration_s: 100
models: { m: { work: { law: generation, base_ms: 4, per_sequence_ms: 0.1, per_prefill_token_ms: 0.02 } } }
places: [{ name: shop }, { name: centre }]
networks: [{ between: [shop, centre], latency_ms: { distribution: lognormal, median: 12, p99: 60 } }]
traffic: [{ class: a, place: shop, arrivals: { process: poisson, rate_rps: 40 }, input_tokens: { distribution: uniform, min: 1, max: 400 }, output_tokens: { distribution: uniform, min: 1, max: 40 } }]
router: { policy: length-threshold, threshold_tokens: 100, short: edge, long: central }
pools:
  - { name: edge, model: m, place: shop, generation: { policy: continuous, max_sequences: 8 } }
  - { name: central, model: m, place: centre, generation: { policy: continuous, max_sequences: 32 } }
`)
  const run = keptReplication(input, 0)
  expect(problemsOf(input, run.rows.columns, run)).toEqual([])
})

const SMALL = `
spillway: 1
name: small
duration_s: 60
models: { m: { work: { law: linear, base_ms: 4, per_token_ms: 0.2 } } }
`
const ARRIVALS =
  'arrivals: { process: poisson, rate_rps: 60 }, input_tokens: { distribution: uniform, min: 1, max: 60 }'
const CENTRE = `
places: [{ name: shop }, { name: centre }]
networks: [{ between: [shop, centre], latency_ms: { distribution: exponential, mean: 9 }, bandwidth_mbps: 20 }]
`
const TWO_POOLS = (place: (name: string) => string) => `
pools:
  - { name: a, model: m${place('shop')}, replicas: 3, queue: { mode: per-replica } }
  - { name: b, model: m${place('centre')}, replicas: 4, queue: { mode: per-replica, routing: p2c } }
`
const LINK = 'link: { delay_ms: 4, per_request_ms: 1.5 }'
const at = (place: string) => `, place: ${place}`
const HEDGE = 'hedge: { policy: hedged, after_ms: 25, max_attempts: 3 }, '

/** What networks and links carry besides whole requests that are sent once. */
const COMBINED: Readonly<Record<string, string>> = {
  'parts over a network': `${SMALL}${CENTRE}traffic: [{ class: a, place: shop, request_kib: 2, fan_out: 3, ${ARRIVALS} }]${TWO_POOLS(at)}`,
  'parts over a link': `${SMALL}${LINK}\ntraffic: [{ class: a, fan_out: 2, ${ARRIVALS} }]${TWO_POOLS(() => '')}`,
  'copies over a network': `${SMALL}${CENTRE}traffic: [{ class: a, place: shop, request_kib: 2, ${HEDGE}${ARRIVALS} }]${TWO_POOLS(at)}`,
  'tied copies over a link': `${SMALL}${LINK}\ntraffic: [{ class: a, hedge: { policy: tied }, ${ARRIVALS} }]${TWO_POOLS(() => '')}`,
  'copies of parts over a network': `${SMALL}${CENTRE}traffic: [{ class: a, place: shop, fan_out: 2, ${HEDGE}${ARRIVALS} }]${TWO_POOLS(at)}`,
  'parts over a link that delays all alike': `${SMALL}link: { delay_ms: 4 }\ntraffic: [{ class: a, fan_out: 3, ${ARRIVALS} }]${TWO_POOLS(() => '')}`,
  'a link before two pools': `${SMALL}${LINK}\nrouter: { policy: peak-ewma }\ntraffic: [{ class: a, timeout_ms: 60, cancel: true, retry: { max_attempts: 3 }, ${ARRIVALS} }]${TWO_POOLS(() => '')}`,
}

test.each(Object.keys(COMBINED))('%s: every promise is kept', (name) => {
  const input = inputOf(COMBINED[name]!)
  const run = keptReplication(input, 0)
  expect(run.rows.count).toBeGreaterThan(3000)
  expect(problemsOf(input, run.rows.columns, run)).toEqual([])
})

test('KV transfers within a place, from a pool that a network reaches', () => {
  const input = inputOf(`
spillway: 1
name: tokens
duration_s: 60
models: { m: { work: { law: generation, base_ms: 4, per_sequence_ms: 0.1, per_prefill_token_ms: 0.02 } } }
places: [{ name: shop }, { name: centre }]
networks: [{ between: [shop, centre], latency_ms: { distribution: lognormal, median: 12, p99: 60 }, bandwidth_mbps: 10 }]
traffic: [{ class: a, place: shop, request_bytes_per_token: 4, answer_bytes_per_token: 4, arrivals: { process: poisson, rate_rps: 40 }, input_tokens: { distribution: uniform, min: 1, max: 400 }, output_tokens: { distribution: uniform, min: 2, max: 40 } }]
pools:
  - { name: prompts, model: m, place: centre, generation: { policy: continuous, max_sequences: 8, hand_over: { pool: decode, base_ms: 1, ms_per_token: 0.01, sharing: fair } } }
  - { name: decode, model: m, place: centre, generation: { policy: continuous, max_sequences: 32 } }
`)
  const run = keptReplication(input, 0)
  const { columns } = run.rows
  expect(problemsOf(input, columns, run)).toEqual([])
  expect(columns.outcome.every((outcome) => outcome === OUTCOME.served)).toBe(true)
  for (const [key, answered] of columns.answered.entries()) {
    expect(answered).toBeGreaterThan(columns.done[key]!)
  }
})

describe('negative controls of the audit', () => {
  const input = inputOf(text(ROUTERS.locality, '', POOLS['a shared queue']))
  const run = keptReplication(input, 0)
  const { columns } = run.rows
  const far = columns.pool.findIndex(
    (pool, key) => pool === 1 && columns.class[key] === 1 && columns.batch[key]! >= 0,
  )

  const changed = (name: 'sent' | 'answered' | 'routed', value: number) => {
    const copy = columns[name].slice()
    copy[far] = value
    return problemsOf(input, { ...columns, [name]: copy }, run).join('\n')
  }

  test('a request that is delivered too early is found', () => {
    expect(changed('sent', columns.routed[far]! + 2.9)).toMatch(/networks: .*delivered/)
  })

  test('an answer that arrives too early is found', () => {
    expect(changed('answered', columns.done[far]! + 2.9)).toMatch(/networks: .*answered/)
  })

  test('a request that is routed before it is scheduled is found', () => {
    expect(changed('routed', columns.at[far]! - 1)).toMatch(/conservation/)
  })

  test('a router that takes the farther pool is found', () => {
    const randomInput = inputOf(text(ROUTERS.random, '', POOLS['a shared queue']))
    const random = keptReplication(randomInput, 0)
    expect(problemsOf(input, random.rows.columns, random).join('\n')).toMatch(/routing/)
  })

  test('a bandwidth that was faster than promised is found, in either order', () => {
    const slow = (sharing: string) => `, bandwidth_mbps: 8, sharing: ${sharing}`
    const fast = inputOf(text(ROUTERS.random, ', bandwidth_mbps: 9', POOLS['a shared queue']))
    const done = keptReplication(fast, 0)
    for (const sharing of ['fifo', 'fair']) {
      const promised = inputOf(text(ROUTERS.random, slow(sharing), POOLS['a shared queue']))
      const problems = problemsOf(promised, done.rows.columns, done)
      expect(problems.join('\n')).toMatch(/networks: .*expected at least/)
    }
  })

  test('fair shares where one after another was promised are found, and the reverse', () => {
    const inputWith = (sharing: string) =>
      inputOf(
        text(ROUTERS.random, `, bandwidth_mbps: 5, sharing: ${sharing}`, POOLS['a shared queue'])
          .replaceAll(
            'distribution: lognormal, median: 12, p99: 60',
            'distribution: fixed, value: 9',
          )
          .replace('request_kib: 6', 'request_bytes_per_token: 150'),
      )
    const [fifo, fair] = [inputWith('fifo'), inputWith('fair')]
    const runs = [keptReplication(fifo, 0), keptReplication(fair, 0)] as const
    expect(problemsOf(fair, runs[0].rows.columns, runs[0]).join()).toMatch(/networks: /)
    expect(problemsOf(fifo, runs[1].rows.columns, runs[1]).join()).toMatch(/networks: /)
  })

  test('an outage that a request did not wait for is found', () => {
    const cut = inputOf(
      text(ROUTERS.random, ', outages: [{ at_s: 10, for_s: 20 }]', POOLS['a shared queue']),
    )
    const free = inputOf(text(ROUTERS.random, '', POOLS['a shared queue']))
    const uncut = keptReplication(free, 0)
    expect(problemsOf(cut, uncut.rows.columns, uncut).join('\n')).toMatch(/networks: .*outage/)
  })
})

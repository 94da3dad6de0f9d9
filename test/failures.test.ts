import { describe, expect, test } from 'vitest'
import { parseScenario } from '../scenarios/index.ts'
import { auditRows, promisesOf } from '../sim/audit/index.ts'
import { keptReplication, runReplication, simulationInput } from '../sim/experiment/index.ts'
import { OUTCOME, REFUSAL } from '../sim/serving/index.ts'
import { accept, meanWithError } from '../sim/stats/index.ts'
import { requestsIn } from '../sim/traffic/index.ts'
import { scenarioOf } from './scenarios.ts'

const BASE = `
spillway: 1
name: failures
duration_s: 200
traffic:
  - class: a
    arrivals: { process: poisson, rate_rps: 60 }
`

const TOKENS = `    input_tokens: { distribution: fixed, value: 40 }
    output_tokens: { distribution: uniform, min: 1, max: 20 }
`

function inputOf(sections: string, traffic = '') {
  const text = `${BASE}${traffic}${sections.includes('generation:') ? TOKENS : ''}${sections}`
  return simulationInput(parseScenario(text, { file: 'x.yaml' }).scenario)
}

/** What the audit finds in a run. */
function brokenIn(
  { scenario }: ReturnType<typeof inputOf>,
  { rows, changes }: ReturnType<typeof keptReplication>,
): readonly string[] {
  const requests = requestsIn(rows).columns
  const { rules } = auditRows(promisesOf(scenario), rows.columns, requests, changes)
  return rules.flatMap(({ first }) => first.map(({ rule, text }) => `${rule}: ${text}`))
}

const exponential = 'models: { m: { work: { law: exponential, mean_ms: 20 } } }'
const linear = 'models: { m: { work: { law: linear, base_ms: 20, per_item_ms: 4 } } }'
const generation = `
models: { m: { work: { law: generation, base_ms: 4, per_sequence_ms: 0.1, per_prefill_token_ms: 0.02 } } }`

/** The traffic of a class whose requests have copies. */
const HEDGED = `    hedge: { policy: hedged, after_ms: 30, max_attempts: 3 }
`
const TIED = `    timeout_ms: 200
    hedge: { policy: tied, delay_ms: 2 }
`

/** Pools with queues of both kinds, batches, engines and copies of requests. */
const SYSTEMS: Record<string, string> = {
  shared: `${linear}
pools: [{ name: p, model: m, replicas: 3, batching: { policy: dynamic, max_batch: 4, max_delay_ms: 5 } }]`,
  'per replica': `${linear}
pools: [{ name: p, model: m, replicas: 3, queue: { mode: per-replica }, batching: { policy: dynamic, max_batch: 4, max_delay_ms: 5 } }]`,
  engines: `${generation}
pools: [{ name: p, model: m, replicas: 2, generation: { policy: continuous, max_sequences: 16 } }]`,
  'engines with queues of their own': `${generation}
pools: [{ name: p, model: m, replicas: 2, queue: { mode: per-replica }, generation: { policy: static, max_sequences: 8 } }]`,
  'one replica': `${linear}
pools: [{ name: p, model: m, batching: { policy: dynamic, max_batch: 8, max_delay_ms: 0 } }]`,
}

/** The same with replicas that are ejected for what they fail. */
const EJECTING = (policy: string) => `${linear}
pools: [{ name: p, model: m, replicas: 5, queue: { mode: per-replica }, batching: { policy: dynamic, max_batch: 4, max_delay_ms: 5 }, outlier_detection: { ${policy} } }]`
SYSTEMS['ejected as in Envoy, per replica'] = EJECTING(
  'policy: envoy-outlier, interval_s: 2, base_ejection_time_s: 3, max_ejection_percent: 60, success_rate_request_volume: 10, enforcing_failure_percentage: 100',
)
SYSTEMS['ejected as in Linkerd, per replica'] = EJECTING('policy: linkerd-accrual')
SYSTEMS['ejected and hedged, per replica'] = EJECTING(
  'policy: envoy-outlier, interval_s: 2, base_ejection_time_s: 3, max_ejection_percent: 40',
)

/** Systems whose class sends copies. */
const COPIES: Readonly<Record<string, string>> = {
  'hedged, per replica': HEDGED,
  'tied, per replica': TIED,
  'ejected and hedged, per replica': HEDGED,
}
for (const name of Object.keys(COPIES)) SYSTEMS[name] ??= SYSTEMS['per replica']!

const FAILURES: Readonly<Record<string, string>> = {
  crashes:
    'failures: [{ kind: crash, every_s: 9, restart_s: { distribution: exponential, mean: 2 } }]',
  'crashes seen late':
    'failures: [{ kind: crash, every_s: 9, detection_s: 0.5, restart_s: { distribution: exponential, mean: 2 } }]',
  'crashes seen only by the restart':
    'failures: [{ kind: crash, every_s: 2, detection_s: 1, restart_s: { distribution: exponential, mean: 0.001 } }]',
  'a lost zone':
    'failures: [{ kind: crash, at_s: [50, 100], restart_s: { distribution: fixed, value: 4 } }]',
  errors: 'failures: [{ kind: errors, every_s: 5, for_s: 3, share: 0.4 }]',
  'errors that come fast':
    'failures: [{ kind: errors, every_s: 5, for_s: 3, share: 0.4, after_ms: 2 }]',
  stragglers: 'failures: [{ kind: slow, every_s: 10, for_s: 2, factor: 5 }]',
  'a deployment':
    'failures: [{ kind: deployment, at_s: 40, restart_s: { distribution: fixed, value: 3 } }]',
  'a deployment with crashes': `failures:
  - { kind: crash, every_s: 15, detection_s: 0.3, restart_s: { distribution: exponential, mean: 2 } }
  - { kind: deployment, at_s: 40, at_once: 2, restart_s: { distribution: fixed, value: 3 } }`,
}

const cases = Object.keys(SYSTEMS).flatMap((system) =>
  Object.keys(FAILURES)
    // an engine runs many requests at once, and has no batch that could end with errors
    .filter((failure) => !(system.startsWith('engines') && failure.startsWith('errors')))
    .map((failure) => [system, failure] as const),
)

describe.each(cases)('%s, %s', (system, failure) => {
  const input = inputOf(`${SYSTEMS[system]}\n${FAILURES[failure]}`, COPIES[system])
  const run = keptReplication(input, 0)

  test('every request ends once, and every promise is kept', () => {
    const { columns, count } = run.rows
    expect(count).toBeGreaterThan(10_000)
    expect(brokenIn(input, run)).toEqual([])
    const counts = Object.values(OUTCOME).map(
      (outcome) => columns.outcome.filter((code) => code === outcome).length,
    )
    expect(counts.reduce((a, b) => a + b, 0)).toBe(count)
  })

  test('only stragglers and deployments lose no request', () => {
    const { columns } = run.rows
    const failed = columns.outcome.filter((outcome) => outcome === OUTCOME.failed).length
    const refused = columns.refusal.filter((why) => why === REFUSAL.unavailable).length
    const harmless = failure === 'stragglers' || failure === 'a deployment'
    expect(failed > 0).toBe(!harmless)
    // a queue that replicas share waits for them
    if (!/per replica|of their own/.test(system)) expect(refused).toBe(0)
  })

  test('the same run again is the same', () => {
    const again = keptReplication(input, 0)
    expect(again.changes).toEqual(run.changes)
    expect(again.rows.columns.done).toEqual(run.rows.columns.done)
  })
})

test('an exponential batch is lost to crashes of a rate θ with probability θ / (θ + μ)', () => {
  // replicas are back at once, and keep up, so that crashes last as long as the batches do
  const input = inputOf(`${exponential}
pools: [{ name: p, model: m, replicas: 2 }]
failures: [{ kind: crash, every_s: 0.2, restart_s: { distribution: fixed, value: 0 } }]`)
  const shares = Array.from({ length: 20 }, (_, replication) => {
    const { counts } = runReplication(input, replication).classes[0]!
    return counts.failed / counts.arrived
  })
  const [theta, mu] = [1 / 200, 1 / 20]
  const { mean: estimate, standardError, halfWidth: halfWidth95 } = meanWithError(shares)
  const problem = (value: number) =>
    accept({ name: 'lost', estimate, standardError, halfWidth95, theory: value }).problem
  expect(problem(theta / (theta + mu))).toBeNull()
  expect(problem((1.05 * theta) / (theta + mu))).not.toBeNull()
})

test('a rolling deployment restarts one replica after another, and takes as long as all of them', () => {
  const input = inputOf(`${SYSTEMS['per replica']}\n${FAILURES['a deployment']}`)
  const { changes } = keptReplication(input, 0)
  const order = changes!.map(({ executor, state }) => `${executor} ${state}`)
  expect(order).toEqual(['0 draining', '0 up', '1 draining', '1 up', '2 draining', '2 up'])
  expect(changes![0]!.at).toBe(40_000)
  expect(changes!.at(-1)!.at).toBeGreaterThanOrEqual(49_000)
  expect(changes!.at(-1)!.at).toBeLessThan(50_000)
})

describe('negative controls of the rule on replicas', () => {
  const input = inputOf(`${SYSTEMS['per replica']}\n${FAILURES.crashes}`)
  const { rows, changes } = keptReplication(input, 0)
  const violations = (spoil: (columns: (typeof rows)['columns']) => void) => {
    const { columns } = rows.grown(rows.count)
    spoil(columns)
    const requests = { ...columns, prefixes: [] }
    const { rules } = auditRows(promisesOf(input.scenario), columns, requests, changes!)
    return rules.find(({ rule }) => rule === 'replicas')!.violations
  }
  const down = changes!.find(({ state }) => state === 'down')!

  test('rows as they are keep it', () => {
    expect(violations(() => {})).toBe(0)
  })

  test('a request that joins the queue of a lost replica is found', () => {
    const key = rows.columns.sent.findIndex((sent) => sent > down.at)
    const broken = violations((columns) => {
      columns.queue[key] = down.executor
      columns.executor[key] = down.executor
    })
    expect(broken).toBeGreaterThan(0)
  })

  test('a batch of a lost replica that is served is found', () => {
    const { columns } = rows
    const lost = columns.outcome.findIndex(
      (outcome, key) => outcome === OUTCOME.failed && columns.batch[key]! >= 0,
    )
    const broken = violations((spoilt) => {
      for (const [key, batch] of columns.batch.entries()) {
        if (batch === columns.batch[lost]) spoilt.outcome[key] = OUTCOME.served
      }
    })
    expect(broken).toBeGreaterThan(0)
  })

  test('a refusal as unavailable while a queue is open is found', () => {
    const broken = violations((columns) => {
      columns.outcome[0] = OUTCOME.shed
      columns.refusal[0] = REFUSAL.unavailable
    })
    expect(broken).toBeGreaterThan(0)
  })
})

describe('while no replica of a pool is up', () => {
  // a request every 100 ms from 100 ms on; all replicas are down from 5.05 to 9.05 s
  const lost = (queue: string) => {
    const text = `
spillway: 1
name: lost
duration_s: 20
traffic: [{ class: a, arrivals: { process: deterministic, rate_rps: 10 } }]
models: { m: { work: { law: constant, ms: 20 } } }
pools: [{ name: p, model: m, replicas: 2, queue: { ${queue} } }]
failures: [{ kind: crash, at_s: [5.05], restart_s: { distribution: fixed, value: 4 } }]`
    const input = simulationInput(parseScenario(text, { file: 'x.yaml' }).scenario)
    const { rows, changes } = keptReplication(input, 0)
    const { columns } = rows
    const requests = requestsIn(rows).columns
    const { violations } = auditRows(promisesOf(input.scenario), columns, requests, changes)
    expect(violations).toBe(0)
    const during = [...columns.sent.keys()].filter(
      (key) => columns.sent[key]! > 5050 && columns.sent[key]! < 9050,
    )
    expect(during).toHaveLength(40)
    const count = (column: 'outcome' | 'refusal', value: number) =>
      during.filter((key) => columns[column][key] === value).length
    return { columns, during, count }
  }

  test('requests wait in a queue that replicas share, and are served when one is back', () => {
    const { columns, during, count } = lost('mode: shared')
    expect(count('outcome', OUTCOME.served)).toBe(40)
    // two at a time, each for 20 ms, from 9.05 s on
    for (const [i, key] of during.entries()) {
      expect(columns.dispatched[key]).toBeCloseTo(9050 + 20 * Math.floor(i / 2), 6)
    }
  })

  test('as many wait as its bounds allow', () => {
    const { count } = lost('mode: shared, max_length: 15')
    expect(count('outcome', OUTCOME.served)).toBe(15)
    expect(count('refusal', REFUSAL.queue)).toBe(25)
    expect(lost('mode: shared, timeout_ms: 500').count('outcome', OUTCOME.timedOut)).toBe(35)
  })

  test('requests are refused as unavailable where each replica has a queue', () => {
    const { count } = lost('mode: per-replica')
    expect(count('refusal', REFUSAL.unavailable)).toBe(40)
  })
})

describe('a router by length whose pool for short requests is lost', () => {
  const pools = (
    queue: string,
  ) => `models: { m: { work: { law: linear, base_ms: 1, per_token_ms: 0.1 } } }
pools:
  - { name: near, model: m, replicas: 2${queue} }
  - { name: far, model: m, replicas: 2 }
failures: [{ kind: crash, pools: [near], at_s: [50], restart_s: { distribution: fixed, value: 60 } }]
`
  const lengths = `    input_tokens: { distribution: uniform, min: 1, max: 100 }
`
  const router = (settings: string) =>
    `router: { policy: length-threshold, threshold_tokens: 50, short: near, long: far${settings} }
`
  /** Short requests that were sent between two times to each of the pools. */
  function shortSent(sections: string) {
    const input = inputOf(sections, lengths)
    const run = keptReplication(input, 0)
    expect(brokenIn(input, run)).toEqual([])
    const { columns } = run.rows
    const during = [...columns.at.keys()].filter(
      (key) => columns.at[key]! > 51_000 && columns.at[key]! < 109_000,
    )
    const short = during.filter((key) => columns.inputTokens[key]! <= 50)
    const longFar = during.filter((key) => columns.inputTokens[key]! > 50)
    expect(longFar.every((key) => columns.pool[key] === 1)).toBe(true)
    return [0, 1].map((pool) => short.filter((key) => columns.pool[key] === pool).length)
  }

  test('they go to the other pool with fail_over, while no replica of theirs is up', () => {
    const [near, far] = shortSent(pools('') + router(', fail_over: true'))
    expect(near).toBe(0)
    expect(far).toBeGreaterThan(1000)
  })

  test('without it they wait in a queue that replicas share', () => {
    const [near, far] = shortSent(pools('') + router(''))
    expect(far).toBe(0)
    expect(near).toBeGreaterThan(1000)
  })

  test('where queues are per replica they go there in any case', () => {
    for (const settings of ['', ', fail_over: true']) {
      const [near] = shortSent(pools(', queue: { mode: per-replica }') + router(settings))
      expect(near).toBe(0)
    }
  })

  test('the audit finds a router that does not fail over as stated, and one that does unasked', () => {
    const stated = inputOf(pools('') + router(', fail_over: true'), lengths)
    const unasked = inputOf(pools('') + router(''), lengths)
    expect(brokenIn(stated, keptReplication(unasked, 0)).join()).toContain('routing')
    expect(brokenIn(unasked, keptReplication(stated, 0)).join()).toContain('routing')
  })
})

test('a replica that fails fast draws traffic', () => {
  const failedWith = (after: string) => {
    const pool = 'replicas: 4, queue: { mode: per-replica }'
    const input = inputOf(`${linear}
pools: [{ name: p, model: m, ${pool} }]
failures: [{ kind: errors, replicas: [0], at_s: [20], for_s: 100, share: 1${after} }]
`)
    const run = keptReplication(input, 0)
    expect(brokenIn(input, run)).toEqual([])
    const { started, ended, outcome } = run.rows.columns
    const failed = [...outcome.keys()].filter((key) => outcome[key] === OUTCOME.failed)
    for (const key of after === '' ? [] : failed) {
      expect(ended[key]! - started[key]!).toBeCloseTo(1, 9)
    }
    return failed.length
  }
  const [slowly, fast] = [failedWith(''), failedWith(', after_ms: 1')]
  // a quarter of 60 requests/s for 100 s, and nearly all that find no replica idle but the one
  expect(slowly).toBeLessThan(2000)
  expect(fast).toBeGreaterThan(1.3 * slowly)
})

test('the audit finds batches that fail out of time, and batches that should have failed', () => {
  const errors = (at: number, replica: number) =>
    inputOf(`${SYSTEMS['per replica']}
failures: [{ kind: errors, replicas: [${replica}], at_s: [${at}], for_s: 20, share: 1 }]
`)
  const input = errors(50, 1)
  const run = keptReplication(input, 0)
  expect(brokenIn(input, run)).toEqual([])
  const out = /failed-batches: .*was not lost and has no errors at that time/
  expect(brokenIn(errors(60, 1), run).join()).toMatch(out)
  expect(brokenIn(errors(50, 2), run).join()).toMatch(out)
  const missing = /failed-batches: .*when all of its batches fail/
  expect(brokenIn(errors(40, 1), run).join()).toMatch(missing)
})

describe('the KV cache of a replica whose process ended', () => {
  /** Prompt tokens that were found in it, of requests that begin alike: one every second. */
  function hits(failures: string): number {
    const input = simulationInput(
      scenarioOf(`
spillway: 1
name: cache
duration_s: 20
traffic:
  - class: a
    arrivals: { process: deterministic, rate_rps: 1 }
    input_tokens: { distribution: fixed, value: 40 }
    output_tokens: { distribution: fixed, value: 4 }
    shared_prefix_tokens: 32${generation}
pools: [{ name: p, model: m, generation: { policy: continuous, max_sequences: 4, kv_cache: { blocks: 30, prefix_cache: true } } }]
${failures}`),
    )
    const run = keptReplication(input, 0)
    expect(brokenIn(input, run)).toEqual([])
    expect(run.rows.columns.outcome.every((outcome) => outcome === OUTCOME.served)).toBe(true)
    return runReplication(input, 0).prefixes![0]!.part
  }
  const all = hits('')
  // an instant at which it is idle
  const crash = 'kind: crash, at_s: [10.5], restart_s: { distribution: fixed, value: 0.2 }'

  test.each([
    ['is found at once', `{ ${crash} }`],
    ['is found before its restart', `{ ${crash}, detection_s: 0.1 }`],
    ['is not found before its restart', `{ ${crash}, detection_s: 1 }`],
    [
      'is intended',
      '{ kind: deployment, at_s: 10.5, restart_s: { distribution: fixed, value: 0.2 } }',
    ],
  ])('is empty where the end %s', (_, failure) => {
    expect(all).toBe(32 * 18)
    expect(hits(`failures: [${failure}]`)).toBe(all - 32)
  })
})

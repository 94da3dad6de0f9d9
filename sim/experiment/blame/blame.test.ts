import { describe, expect, test } from 'vitest'
import { loadScenario, type Scenario } from '../../../scenarios/index.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { RequestList } from '../../traffic/index.ts'
import { executorWork } from '../simulation/hardware.ts'
import { keptReplication } from '../simulation/simulate.ts'
import { simulationInput } from '../system/simulation-input.ts'
import { blameOf } from './blame.ts'
import { leftAt } from './station-rows.ts'
import { WAIT_CAUSES } from './wait-causes.ts'

type Own = Readonly<Record<string, unknown>>

function blamed(own: Own, requests: RequestList | null = null) {
  return blameOfScenario(scenarioOf(own), requests)
}

function blameOfScenario(scenario: Scenario, requests: RequestList | null = null) {
  const input = simulationInput(scenario, { requests, capacityRps: 100 })
  const run = keptReplication(input, 0)
  const { plan } = input
  const blame = blameOf({ scenario, plan, work: executorWork(input), runs: [run], top: 5 })
  return { blame, run, scenario }
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)

/** Requests at given times, of given lengths, all of the first class. */
function requestsAt(...given: readonly (readonly [at: number, tokens: number])[]): RequestList {
  const list = RequestList.allocate(given.length)
  for (const [key, [at, tokens]] of given.entries()) {
    list.columns.at[key] = at
    list.columns.inputTokens[key] = tokens
  }
  return list
}

const LONG_AND_SHORT: Own = {
  duration_s: 1,
  models: { m: { work: { law: 'linear', base_ms: 0, per_token_ms: 1 } } },
}

/** The law of conservation: all waiting has a cause, and what was caused is what was waited. */
function expectConserved({ blame, run, scenario }: ReturnType<typeof blamed>): void {
  const { columns } = run.rows
  const keys = Array.from(columns.at.keys()).filter(
    (key) => columns.at[key]! >= 1000 * scenario.warmup_s && leftAt(columns, key) >= 0,
  )
  const waited = sum(keys.map((key) => leftAt(columns, key) - columns.sent[key]!))
  const close = (a: number, b: number) =>
    expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-9 * Math.max(1, waited))
  close(blame.waitedMs, waited)
  close(sum(WAIT_CAUSES.map((cause) => blame.causes[cause])), waited)
  const caused = sum(blame.groups.map(({ stallMs }) => stallMs))
  close(caused, blame.causes.other_requests)
  close(sum(blame.groups.map(({ sufferedMs }) => sufferedMs)), blame.causes.other_requests)
  close(sum(blame.flows.flat()), caused)
  for (const key of keys) {
    const own = blame.waits[0]!.get(key)!
    close(sum(WAIT_CAUSES.map((cause) => own[cause])), leftAt(columns, key) - columns.sent[key]!)
  }
  for (const { stallMs, lengthMs } of blame.groups) {
    expect(lengthMs).toBeLessThanOrEqual(stallMs * (1 + 1e-9))
  }
}

describe('blame by hand', () => {
  test('a single slow request on one executor has all the blame', () => {
    const found = blamed(LONG_AND_SHORT, requestsAt([0, 100], [10, 1], [20, 1], [200, 1]))
    expectConserved(found)
    const { blame } = found
    // 90 and 80 ms for the long one, and 1 ms more behind the first short one
    expect(blame.causes.other_requests).toBeCloseTo(90 + 81, 9)
    const long = blame.groups.find(({ to }) => to === 100)!
    const short = blame.groups.find(({ to }) => to === 1)!
    expect(long.stallMs).toBeCloseTo(90 + 80, 9)
    expect(long).toMatchObject({ requests: 1, victims: 2, sufferedMs: 0 })
    expect(short.stallMs).toBeCloseTo(1, 9)
    expect(short.victims).toBe(1)
    expect(blame.top[0]).toMatchObject({ key: 0, tokens: 100, victims: 2, batchSize: 1 })
    expect(blame.top[0]!.stallMs).toBeCloseTo(170, 9)
    expect(blame.top[0]!.longest.map(({ key }) => key)).toEqual([1, 2])
  })

  test('two executors share the wait that both cause, and none that one of them does', () => {
    const two = { ...LONG_AND_SHORT, pools: [{ name: 'central', model: 'm', replicas: 2 }] }
    const found = blamed(two, requestsAt([0, 100], [0, 40], [10, 5]))
    expectConserved(found)
    const blame = Object.fromEntries(found.blame.groups.map(({ to, stallMs }) => [to, stallMs]))
    expect(found.blame.causes.other_requests).toBeCloseTo(30, 9)
    expect(found.blame.top.map(({ stallMs }) => stallMs)).toEqual([15, 15])
    expect(sum(Object.values(blame))).toBeCloseTo(30, 9)
  })

  test('the longest of a batch has what it takes beyond a batch of mean length', () => {
    const batches = {
      ...LONG_AND_SHORT,
      models: { m: { work: { law: 'linear', base_ms: 10, per_token_ms: 1 } } },
      pools: [
        {
          name: 'central',
          model: 'm',
          batching: { policy: 'dynamic', max_batch: 2, max_delay_ms: 5 },
        },
      ],
    }
    // a batch of 2 padded to 90: 10 + 2 × 90 = 190 ms, of mean length 50: 110 ms
    const found = blamed(batches, requestsAt([0, 90], [0, 10], [10, 10]))
    expectConserved(found)
    const { blame } = found
    expect(blame.causes.other_requests).toBeCloseTo(180, 9)
    const long = blame.groups.find(({ to }) => to === 90)!
    expect(long.lengthMs).toBeCloseTo((180 * 80) / 190, 9)
    expect(long.stallMs).toBeCloseTo((180 * (80 + 55)) / 190, 9)
    expect(blame.causes.batch_wait).toBeCloseTo(0, 9)
  })

  test('a system without queueing blames none', () => {
    const found = blamed(LONG_AND_SHORT, requestsAt([0, 100], [150, 1], [160, 1]))
    expectConserved(found)
    expect(found.blame.waitedMs).toBe(0)
    expect(found.blame.top).toEqual([])
    expect(found.blame.groups.every(({ stallMs, victims }) => stallMs + victims === 0)).toBe(true)
  })

  test('negative control: another request in front changes which request has the blame', () => {
    const { blame } = blamed(LONG_AND_SHORT, requestsAt([0, 1], [10, 100], [20, 1]))
    expect(blame.top[0]!.key).not.toBe(0)
    expect(blame.top[0]!.stallMs).not.toBeCloseTo(170, 0)
  })

  test('the wait for a replica that is down is blamed on its loss', () => {
    const failing = {
      ...LONG_AND_SHORT,
      failures: [{ kind: 'crash', at_s: [0.1], restart_s: { distribution: 'fixed', value: 0.2 } }],
    }
    const found = blamed(failing, requestsAt([0, 10], [150, 1]))
    expectConserved(found)
    expect(found.blame.causes.lost_replicas).toBeCloseTo(150, 0)
    expect(found.blame.causes.other_requests).toBe(0)
  })
})

const LENGTHS = { distribution: 'lognormal', median: 30, p99: 400, max: 512 }
const web = (rest: Own = {}) => [
  { class: 'web', arrivals: { process: 'poisson', load: 0.8 }, input_tokens: LENGTHS, ...rest },
]
const LINEAR = { m: { work: { law: 'linear', base_ms: 2, per_token_ms: 0.1 } } }

/** Systems whose waits have every cause. */
const SYSTEMS: Readonly<Record<string, Own>> = {
  'one queue, several replicas': {
    pools: [
      {
        name: 'central',
        model: 'm',
        replicas: 3,
        batching: { policy: 'dynamic', max_batch: 8, max_delay_ms: 20 },
      },
    ],
  },
  'queues of their own': {
    pools: [{ name: 'central', model: 'm', replicas: 3, queue: { mode: 'per-replica' } }],
  },
  'replicas that crash, in one queue': {
    failures: [
      { kind: 'crash', every_s: 2, restart_s: { distribution: 'exponential', mean: 0.5 } },
      { kind: 'deployment', at_s: 4, restart_s: { distribution: 'fixed', value: 1 } },
    ],
    pools: [{ name: 'central', model: 'm', replicas: 2 }],
  },
  'replicas that crash, with queues of their own': {
    failures: [{ kind: 'crash', every_s: 2, restart_s: { distribution: 'fixed', value: 0.5 } }],
    pools: [{ name: 'central', model: 'm', replicas: 2, queue: { mode: 'per-replica' } }],
  },
  'memory that pools share': {
    traffic: web({ input_tokens: { distribution: 'fixed', value: 100 } }),
    models: {
      m: {
        work: { law: 'linear', base_ms: 2, per_token_ms: 0.1 },
        memory: { parameters_millions: 1, activations: [{ per_token_kib: 1024 }] },
      },
    },
    devices: [{ name: 'card', limit_mib: 150 }],
    pools: ['a', 'b'].map((name) => ({
      name,
      model: 'm',
      memory: { allocator: 'caching', device: 'card' },
    })),
  },
  'time-outs in the queue': {
    pools: [
      { name: 'central', model: 'm', queue: { timeout_ms: 60 } },
      { name: 'other', model: 'm', batching: { policy: 'fixed', batch: 4 } },
    ],
  },
}

/** Shipped scenarios with the other causes, each shortened, and the cause that it must show. */
const SHIPPED: Readonly<Record<string, keyof typeof NONE>> = {
  chat: 'engine_admission',
  'chat-static': 'other_requests',
  'chat-split': 'engine_admission',
  'model-swapping': 'model_load',
}
const NONE = { engine_admission: 0, other_requests: 0, model_load: 0 }

describe('blame is conserved', () => {
  test.each(Object.entries(SHIPPED))('%s, as it ships', async (name, cause) => {
    const path = new URL(`../../../scenarios/library/${name}.yaml`, import.meta.url).pathname
    const { scenario } = await loadScenario(path, { set: ['duration_s=150', 'warmup_s=5'] })
    const found = blameOfScenario(scenario)
    expectConserved(found)
    expect(found.blame.causes[cause]).toBeGreaterThan(0)
  })

  test.each(Object.entries(SYSTEMS))('%s', (_, own) => {
    const found = blamed({ models: LINEAR, traffic: web(), warmup_s: 1, ...own })
    expectConserved(found)
    expect(found.blame.causes.other_requests).toBeGreaterThan(0)
  })

  test('with waits for memory where pools share a card', () => {
    const own = SYSTEMS['memory that pools share']!
    const { blame } = blamed({ models: LINEAR, traffic: web(), ...own })
    expect(blame.causes.memory).toBeGreaterThan(100)
    expect(blame.causes.batch_wait).toBe(0)
  })

  test('negative control: a cause that is 5 % too large fails', () => {
    const own = SYSTEMS['queues of their own']!
    const found = blamed({ models: LINEAR, traffic: web(), warmup_s: 1, ...own })
    const { causes } = found.blame
    const wrong = { ...causes, other_requests: 1.05 * causes.other_requests }
    expect(() => expectConserved({ ...found, blame: { ...found.blame, causes: wrong } })).toThrow()
  })

  test('the batch wait is that of the rows', () => {
    const own = SYSTEMS['one queue, several replicas']!
    const { blame, run } = blamed({ models: LINEAR, traffic: web(), ...own })
    const { batchWait } = run.rows.columns
    expect(blame.causes.batch_wait).toBeGreaterThan(1)
    for (const [key, { batch_wait }] of blame.waits[0]!) {
      expect(batch_wait).toBeCloseTo(batchWait[key]!, 7)
    }
  })
})

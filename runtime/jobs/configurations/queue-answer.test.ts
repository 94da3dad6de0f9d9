import { describe, expect, test } from 'vitest'
import { Failure, shippedNames } from '../../../scenarios/light.ts'
import { configurationRow, runFigures } from '../../../sim/experiment/index.ts'
import { loadSystem } from '../prepare.ts'
import { oneReplication } from '../simulations/system-runs.ts'
import { encode } from './queue.ts'
import { answered, Refused } from './queue-answer.ts'

const JOB = 'f'.repeat(64)

async function honest(path: string, set: readonly string[], replications: number) {
  const system = await loadSystem(path, { set })
  const runs = []
  for (let i = 0; i < replications; i++) {
    runs.push(runFigures(system.scenario, await oneReplication(system, system, i)))
  }
  const { scenario, hash, capacityRps } = system
  const answer = { kind: 'done', job: JOB, hash, capacityRps, extrapolated: [] as string[], runs }
  return { answer, expected: { job: JOB, replications, scenario, hash } }
}

const OVERLOAD = await honest('overload', ['duration_s=22'], 2)

/** Of shipped scenarios: for most, each of their policies decides something in it. */
const SHORT_S = 40

type Tree = Record<string, unknown>

/** The honest answer with another value at a path. */
function lie(path: string, value: unknown): string {
  const answer = structuredClone<unknown>(OVERLOAD.answer) as Tree
  const keys = path.split('.')
  const last = keys.pop()!
  const holder = keys.reduce((tree, key) => tree[key] as Tree, answer)
  if (value === undefined) delete holder[last]
  else holder[last] = value
  return encode(answer)
}

const answeredBy = (text: string) => answered(text, OVERLOAD.expected)

describe('an honest answer', () => {
  test('has the row that the figures have without a queue', () => {
    const { answer, expected } = OVERLOAD
    const found = answeredBy(encode(answer))
    if (found instanceof Failure) throw found
    const { scenario } = expected
    const own = configurationRow({ ...answer, scenario }, answer.runs)
    expect(configurationRow(found, found.runs)).toEqual(own)
    // classes, pools and lost requests, so that there is something to lie about
    expect(own.classes[0]!.latency_all.p99_9).toMatchObject({ value: null })
  })

  // others need a trace that is not part of the repository, or have surges after that time
  const short = shippedNames().filter(
    (name) => !/^(azure|evening|hourly|card|heat-cascade|hot-rack)/.test(name),
  )

  test.each(short)('of %s is accepted', async (name) => {
    const { scenario } = await loadSystem(name, {})
    const part = Math.min(1, SHORT_S / scenario.duration_s)
    const times = (['duration_s', 'warmup_s'] as const).map(
      (key) => `${key}=${part * scenario[key]}`,
    )
    const { answer, expected } = await honest(name, times, 1)
    expect(answered(encode(answer), expected)).not.toBeInstanceOf(Failure)
  })
})

test('without a warm-up, no more is served while the traffic lasts than in all', async () => {
  const { answer, expected } = await honest('overload', ['warmup_s=0', 'duration_s=22'], 1)
  expect(answered(encode(answer), expected)).not.toBeInstanceOf(Failure)
  const lying = structuredClone(answer)
  const [own] = lying.runs[0]!.classes
  const more = [{ ...own!, servedInTraffic: own!.served + 1 }]
  const told = { ...lying, runs: [{ ...lying.runs[0]!, classes: more }] }
  expect(() => answered(encode(told), expected)).toThrow('more served in the traffic')
})

test('objectives that follow from counts and replicas are not taken from an answer', async () => {
  const set = [
    ...['duration_s=22', 'pools.0.price_usd_per_hour=2'],
    'slo.checkout=["goodput > 75%", "cost_usd_per_million < 3"]',
  ]
  const { answer, expected } = await honest('overload', set, 1)
  const { scenario } = expected
  const own = configurationRow({ ...answer, scenario }, answer.runs)
  const lying = structuredClone(answer)
  const objectives = lying.runs[0]!.objectives.map(() => ({ value: 0, n: 9, upper: 0, tail: null }))
  Object.assign(lying.runs[0]!, { objectives })
  const found = answered(encode(lying), expected)
  if (found instanceof Failure) throw found
  expect(own.objectives).toHaveLength(2)
  expect(configurationRow(found, found.runs)).toEqual(own)
})

test('a PASS on times that are extrapolated is taken down by what the answer states', async () => {
  const set = [
    'duration_s=22',
    'models.scorer.work={ law: table, sizes: [1], ms: [4] }',
    'pools.0.batching={ policy: dynamic, max_batch: 8, max_delay_ms: 50 }',
    'slo.checkout=["p(50) latency_ms < 60000"]',
  ]
  const { answer, expected } = await honest('overload', set, 2)
  const received = answered(encode(answer), expected)
  if (received instanceof Failure) throw received
  expect(configurationRow(received, received.runs).verdict).toBe('UNDECIDED')
  const lying = structuredClone(answer)
  Object.assign(lying.runs[0]!, { extrapolated: [] })
  expect(() => answered(encode(lying), expected)).toThrow('0 pools of extrapolated work, expected')
})

test('a scaled pool pays for at least the least of its scaler', async () => {
  const { answer, expected } = await honest('evening-wave', ['duration_s=600', 'warmup_s=0'], 1)
  expect(answered(encode(answer), expected)).not.toBeInstanceOf(Failure)
  const lying = structuredClone(answer)
  Object.assign(lying.runs[0]!.pools[0]!, { replicas: 0.001 })
  expect(() => answered(encode(lying), expected)).toThrow(/0\.001 replicas of pool cards, expected/)
})

const lateness = (n: number, beyond: number) => ({ n, beyond, values: [3, 2, 1] })

describe('an answer is refused', () => {
  test.each([
    ['text', 'x'],
    ['nothing', 'null'],
    ['a list', '[]'],
    ['a number', '{"$number":"NaN"}'],
    ['a prototype', '{"__proto__":{"kind":"done"}}'],
    ['a prototype within', encode(OVERLOAD.answer).replace('"kind"', '"__proto__":{},"kind"')],
  ])('that is %s', (_, text) => expect(() => answeredBy(text)).toThrow(Refused))

  test.each<[string, string, unknown]>([
    ['of another job', 'job', 'e'.repeat(64)],
    ['of another configuration', 'hash', '0'.repeat(16)],
    ['of fewer replications', 'runs', OVERLOAD.answer.runs.slice(1)],
    ['of more replications', 'runs', [...OVERLOAD.answer.runs, OVERLOAD.answer.runs[0]]],
    ['without runs', 'runs', []],
    ['of another kind', 'kind', 'finished'],
    ['with another key', 'runs.0.constructor', {}],
    ['with a scenario of its own', 'scenario', {}],
    ['with a count that is none', 'runs.0.classes.0.arrived', Number.NaN],
    ['with a negative count', 'runs.0.classes.0.served', -1],
    ['with half a request', 'runs.0.classes.0.served', 0.5],
    ['with endless requests', 'runs.1.classes.0.arrived', Number.POSITIVE_INFINITY],
    ['with more served than arrived', 'runs.0.classes.0.served', 1e9],
    ['with more good than arrived', 'runs.0.classes.0.good', 1e9],
    [
      'with more good than served',
      'runs.0.classes.0.good',
      OVERLOAD.answer.runs[0]!.classes[0]!.served + 1,
    ],
    ['with half a request in the traffic', 'runs.0.classes.0.servedInTraffic', 0.5],
    ['with latencies of no request', 'runs.0.classes.0.latency.n', 0],
    ['with a negative latency', 'runs.0.classes.0.latency.mean', -1],
    ['with a latency of null', 'runs.0.classes.0.latency.mean', null],
    ['with a latency that is no number', 'runs.0.classes.0.latency.mean', Number.NaN],
    ['with percentiles that fall', 'runs.0.classes.0.latency.percentiles.0', 1e12],
    ['with fewer percentiles', 'runs.0.classes.0.all', [1]],
    ['without a class', 'runs.0.classes', []],
    ['without a pool', 'runs.0.pools', []],
    ['without objectives', 'runs.0.objectives', []],
    ['with a negative objective', 'runs.0.objectives.0.value', -1],
    ['with half a tail', 'runs.0.objectives.0.tail', { n: 9, beyond: 0 }],
    ['with more late than there are', 'runs.0.objectives.0.tail', lateness(9, 10)],
    ['with a tail of more than arrived', 'runs.0.objectives.0.tail', lateness(1e12, 0)],
    ['with no objectives of slower times', 'runs.0.slower', []],
    [
      'with slower times that are none',
      'runs.0.slower',
      [{ value: -1, n: 1, upper: null, tail: null }],
    ],
    ['with free replicas', 'runs.0.pools.0.replicas', 0],
    ['with replicas that are paid for less', 'runs.0.pools.0.replicas', 0.1],
    ['with replicas that earn', 'runs.0.pools.0.replicas', -1000],
    ['with more than all time busy', 'runs.0.pools.0.utilisation', 1.0000001],
    ['with a utilisation of nothing', 'runs.0.pools.0.utilisation', Number.NaN],
    ['with batches of less than nothing', 'runs.0.pools.0.batchMean', -1],
    ['without time', 'runs.0.observedS', 0],
    ['with a drift of other blocks', 'runs.0.drift.growth', [1]],
    ['with a drift of no pool', 'runs.0.drift.pools', []],
    ['with a text as a number', 'runs.0.classes.0.arrived', '100'],
    ['without a capacity', 'capacityRps', 0],
    ['with a capacity that is no number', 'capacityRps', Number.NaN],
    ['with many notes', 'extrapolated', Array.from({ length: 2000 }, () => 'x')],
    ['without a key', 'extrapolated', undefined],
    ['with very many classes', 'runs.0.classes', Array.from({ length: 1e6 }, () => 0)],
    ['with very many pools', 'runs.1.pools', Array.from({ length: 1e6 }, () => 0)],
    ['with very many objectives', 'runs.0.objectives', Array.from({ length: 1e6 }, () => 0)],
    ['with a drift of very many', 'runs.0.drift.pools', Array.from({ length: 1e6 }, () => 0)],
  ])('%s', (_, path, value) => {
    expect(() => answeredBy(lie(path, value))).toThrow(Refused)
  })

  test.each([0, 1, 2, 4, 130, 3.5, '3', null])('that fails with exit code %j', (exitCode) => {
    const text = encode({ kind: 'failed', job: JOB, problems: ['x'], exitCode })
    expect(() => answeredBy(text)).toThrow(Refused)
  })

  test('in one line, whatever it holds', () => {
    const reason = 'a\n::error::b\u001b[31m'
    const thrown = () => answeredBy(encode({ kind: 'refused', job: JOB, reason }))
    expect(thrown).toThrow('a worker refuses it: a\\u{a}::error::b\\u{1b}[31m')
  })
})

test('a configuration that is invalid is so with the exit codes of an input', () => {
  for (const exitCode of [3, 6]) {
    const text = encode({ kind: 'failed', job: JOB, problems: ['one', 'two'], exitCode })
    expect(answeredBy(text)).toMatchObject({ exitCode, problems: ['one', 'two'] })
  }
})

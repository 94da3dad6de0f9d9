import { describe, expect, test } from 'vitest'
import { parseScenario } from '../../scenarios/index.ts'
import { keptReplication, runReplication, simulationInput } from '../../sim/experiment/index.ts'
import { OUTCOME } from '../../sim/serving/index.ts'
import { faultsOf, ofKind, parseTrace, type Trace } from './timeline.test-helper.ts'
import { type TimelineInput, timelineOf } from './timeline.ts'

const BASE = `
spillway: 1
name: timelines
duration_s: 8
`
const web = (more = '') => `
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 120, surges: [{ at_s: 2, factor: 4, hold_s: 1, every_s: 3, decay_s: 4 }] }
    input_tokens: { distribution: uniform, min: 8, max: 200 }
    ${more}
`
const LINEAR =
  'models: { m: { work: { law: linear, base_ms: 6, per_item_ms: 3, per_token_ms: 0.005 } } }'
const STEPS = `models: { m: { work: { law: generation, base_ms: 10, per_prefill_token_ms: 0.02, per_context_token_ms: 0.0005 } } }`
const CHAT = `
traffic:
  - class: chat
    arrivals: { process: poisson, rate_rps: 20 }
    input_tokens: { distribution: uniform, min: 8, max: 200 }
    output_tokens: { distribution: uniform, min: 1, max: 60 }
`
const ENGINE = 'generation: { policy: continuous, max_sequences: 8, kv_cache: { blocks: 400 } }'
const BATCHES = 'batching: { policy: dynamic, max_batch: 8, max_delay_ms: 5 }'

const SYSTEMS: Readonly<Record<string, string>> = {
  'a shared queue that sheds and times out': `${LINEAR}${web()}
pools: [{ name: p, model: m, replicas: 2, queue: { max_length: 20, timeout_ms: 40 }, ${BATCHES} }]`,
  'queues per replica with clients that leave': `${LINEAR}${web('timeout_ms: 50\n    cancel: true')}
pools: [{ name: p, model: m, replicas: 3, queue: { mode: per-replica }, ${BATCHES} }]`,
  'replicas that crash': `${LINEAR}${web()}
pools: [{ name: p, model: m, replicas: 3, queue: { mode: per-replica }, ${BATCHES} }]
failures:
  - { kind: crash, every_s: 2, detection_s: 0.2, restart_s: { distribution: fixed, value: 0.5 } }
  - { kind: deployment, at_s: 3, restart_s: { distribution: fixed, value: 0.3 } }`,
  'two pools': `${LINEAR}${web()}
pools:
  - { name: p, model: m, replicas: 2, queue: { mode: per-replica }, ${BATCHES} }
  - { name: q, model: m, ${BATCHES} }`,
  engines: `${STEPS}${CHAT}
pools: [{ name: p, model: m, replicas: 2, ${ENGINE} }]`,
  'static batches of sequences': `${STEPS}${CHAT}
pools: [{ name: p, model: m, generation: { policy: static, max_sequences: 8, kv_cache: { blocks: 400 } } }]`,
  'prefill and decode apart': `${STEPS}${CHAT}
pools:
  - { name: p, model: m, generation: { policy: continuous, max_sequences: 8, kv_cache: { blocks: 400 }, hand_over: { pool: d, base_ms: 1 } } }
  - { name: d, model: m, ${ENGINE} }`,
}

const prepared = (rest: string) =>
  simulationInput(parseScenario(`${BASE}${rest}`, { file: 'x.yaml' }).scenario)

const everything: TimelineInput['window'] = { fromMs: null, toMs: null }

function drawn(rest: string, { window = everything, flows = false } = {}) {
  const input = prepared(rest)
  const run = keptReplication(input, 0)
  const { scenario, activations = [] } = input
  const made = timelineOf(
    { scenario, run, window, flows, activations, observed: [] },
    { scenario: scenario.name },
  )
  const text = [...made.pieces].join('')
  const engines = scenario.pools.some(({ generation }) => generation !== undefined)
  const truth = { scenario, columns: run.rows.columns, engines }
  return { trace: parseTrace(text), text, truth, run, input, counts: made.counts }
}

describe.each(Object.entries(SYSTEMS))('%s', (_, system) => {
  const { trace, text, truth, counts, run } = drawn(system, { flows: true })

  test('each request is in one slice, tracks do not overlap, and counters agree with the rows', () => {
    expect(run.rows.count).toBeGreaterThan(100)
    expect(faultsOf(trace, truth)).toEqual([])
  })

  test('the counts are those of the file', () => {
    expect(counts.events).toBe(trace.traceEvents.length)
    expect(counts.characters).toBe(text.length - '\n]}\n'.length)
    expect(counts.sequences).toBe(ofKind(trace, 'b').length)
    expect(counts.arrows).toBe(ofKind(trace, 's').length)
    const { batch } = truth.columns
    if (!truth.engines) expect(counts.batches).toBe(new Set(batch.filter((n) => n >= 0)).size)
  })
})

test('the cases have requests of every outcome that is marked', () => {
  const names = Object.values(SYSTEMS).flatMap((system) =>
    ofKind(drawn(system).trace, 'i').map(({ name }) => name.split(':')[0]),
  )
  expect([...new Set(names)].sort()).toEqual(['cancelled', 'failed', 'shed', 'timed_out'])
})

describe('a wrong timeline has faults', () => {
  const { trace, truth } = drawn(SYSTEMS['a shared queue that sheds and times out']!, {
    flows: true,
  })
  const chat = drawn(SYSTEMS.engines!)
  const spoilt = (change: (copy: Trace) => void, of = { trace, truth }) => {
    const copy = structuredClone(of.trace)
    change(copy)
    return faultsOf(copy, of.truth)
  }
  const drop = (copy: Trace, ph: string, cat?: string) => {
    const at = copy.traceEvents.findIndex(
      (event) => event.ph === ph && (cat === undefined || ('cat' in event && event.cat === cat)),
    )
    copy.traceEvents.splice(at, 1)
  }
  const batches = (copy: Trace) => ofKind(copy, 'X').filter(({ cat }) => cat === 'batch')

  test.each<[string, (copy: Trace) => void, RegExp]>([
    ['a slice is missing', (copy) => drop(copy, 'X', 'batch'), /is in 0 slices/],
    ['a slice is twice', (copy) => copy.traceEvents.push(batches(copy)[3]!), /is in 2 slices/],
    ['a slice is 5 % longer', (copy) => void (batches(copy)[3]!.dur *= 1.05), /request \d+ at/],
    ['slices overlap', (copy) => void (batches(copy)[3]!.dur += 1e6), /^track/],
    ['a mark is missing', (copy) => drop(copy, 'i'), /marks of/],
    ['an arrow has no end', (copy) => drop(copy, 'f'), /^arrow/],
    ['an arrow begins outside', (copy) => drop(copy, 'X', 'wait'), /^arrow/],
    ['a track has no name', (copy) => drop(copy, 'M'), /^no process_name/],
    [
      'a counter is 1 too high',
      (copy) => {
        for (const { args } of ofKind(copy, 'C')) if ('requests' in args) args.requests! += 1
      },
      /waiting is|waiting ends/,
    ],
    [
      'a counter is below 0',
      (copy) => void (ofKind(copy, 'C')[5]!.args = { requests: -1 }),
      /below 0/,
    ],
  ])('%s', (_, change, fault) => {
    expect(faultsOf(trace, truth)).toEqual([])
    expect(spoilt(change).join('\n')).toMatch(new RegExp(fault, 'm'))
  })

  test.each([['b'], ['n'], ['e']])('an event %s of a request is missing', (ph) => {
    expect(spoilt((copy) => drop(copy, ph), chat)).not.toEqual([])
  })
})

test('a window has what lies in it, and counters begin with their value at its start', () => {
  const system = SYSTEMS['a shared queue that sheds and times out']!
  const whole = drawn(system).trace
  const part = drawn(system, { window: { fromMs: 2100, toMs: 2600 } }).trace
  const slices = ofKind(whole, 'X').filter(({ ts, dur }) => ts + dur >= 2.1e6 && ts <= 2.6e6)
  expect(ofKind(part, 'X')).toEqual(slices)
  expect(slices.length).toBeGreaterThan(20)
  for (const name of ['waiting', 'requests in the system', 'busy']) {
    const all = ofKind(whole, 'C').filter((event) => event.name === name)
    const shown = ofKind(part, 'C').filter((event) => event.name === name)
    expect(shown[0]!.ts).toBe(2.1e6)
    expect(shown[0]!.args).toEqual(all.findLast(({ ts }) => ts <= 2.1e6)!.args)
    expect(shown.slice(1)).toEqual(all.filter(({ ts }) => ts > 2.1e6 && ts <= 2.6e6))
  }
})

const remembering = (memory: string) => `
models:
  m:
    work: { law: linear, base_ms: 6, per_item_ms: 3, per_token_ms: 0.005 }
    memory:
      parameters_millions: 10
      input: { per_token_kib: 1 }
      activations: [{ per_token_kib: 16, lives: 2 }, { per_token_kib: 24 }]
      output: { per_item_kib: 2 }
${web()}
pools: [{ name: p, model: m, replicas: 2, ${BATCHES}, memory: { ${memory} } }]`

test('memory is left out where it ran short', () => {
  const { trace, input } = drawn(remembering('allocator: bfc, pattern: true, limit_mib: 200'))
  const { shortage, fragmentation } = runReplication(input, 0).memory[0]!.counts
  expect(shortage + fragmentation).toBeGreaterThan(0)
  expect(ofKind(trace, 'C').filter(({ name }) => name.startsWith('memory'))).toEqual([])
})

test.each([
  'allocator: bfc',
  'allocator: bfc, pattern: true, limit_mib: 400',
  'allocator: caching',
  'allocator: bucket',
  'allocator: buddy, arena_mib: 256',
])('memory in use, { %s }, peaks where the simulation says, and ends at the weights', (memory) => {
  const { trace, input } = drawn(remembering(memory))
  const values = ofKind(trace, 'C').filter(({ name }) => name.startsWith('memory'))
  // the result has the fuller replica
  const peaks = ['memory in use, replica 0', 'memory in use, replica 1'].map((label) => {
    const own = values.filter(({ name }) => name === label)
    return Math.max(...own.map(({ args }) => args.MiB!))
  })
  const [space] = runReplication(input, 0).memory
  const off = peaks.map((peak) => Math.abs(peak - space!.peakInUse / 2 ** 20))
  expect(Math.min(...off)).toBeLessThan(0.001)
  expect(values.at(-1)!.args.MiB).toBe(values[0]!.args.MiB)
  expect(values[0]!.args.MiB).toBeGreaterThanOrEqual(space!.weightsBytes / 2 ** 20 - 0.001)
  expect(Math.min(...peaks)).toBeGreaterThan(1.05 * values[0]!.args.MiB!)
})

test('loads of models and what happened before the traffic are drawn, and times count from there', () => {
  const { input, run } = drawn(SYSTEMS['a shared queue that sheds and times out']!)
  const move = { executor: 1, kind: 'load', asked: -30.5, started: -20.25, ok: true } as const
  const moves = [{ ...move, ended: -10, done: -9.9 }]
  const { scenario } = input
  const made = timelineOf(
    {
      scenario,
      run: { ...run, moves },
      window: everything,
      flows: false,
      activations: [],
      observed: [],
    },
    {},
  )
  const trace = parseTrace([...made.pieces].join(''))
  const load = ofKind(trace, 'X').find(({ cat }) => cat === 'model')!
  expect(trace.otherData.zero_ms).toBe(-21)
  expect(load).toMatchObject({ name: 'load', ts: 750, dur: 10_250 })
})

test('absences are as long as replicas were away', () => {
  const { trace, run } = drawn(SYSTEMS['replicas that crash']!)
  const absences = ofKind(trace, 'X').filter(({ cat }) => cat === 'absence')
  const sum = absences.reduce((all, { dur }) => all + dur / 1000, 0)
  let expected = 0
  const end = Math.max(...run.rows.columns.done)
  for (const executor of [0, 1, 2]) {
    let away = Number.NaN
    for (const { at, state } of run.changes!.filter((own) => own.executor === executor)) {
      if (state === 'up') expected += at - away
      away = state === 'up' ? Number.NaN : Number.isNaN(away) ? at : away
    }
    if (!Number.isNaN(away)) expected += Math.max(0, end - away)
  }
  expect(absences.length).toBeGreaterThan(3)
  expect(sum).toBeCloseTo(expected, 3)
  expect(run.rows.columns.outcome).toContain(OUTCOME.failed)
})

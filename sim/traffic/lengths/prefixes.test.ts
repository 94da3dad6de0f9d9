import { expect, test } from 'vitest'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { inParts } from '../../serving/fan-out-source.ts'
import { OUTCOME, Requests, type Source } from '../../serving/index.ts'
import { ListSource, RequestList } from '../requests/request-list.ts'
import { trafficSource } from '../source.ts'
import type { TraceData } from '../trace/trace-feed.ts'

function scenarioWith(traffic: object): Scenario {
  return scenarioOf({
    duration_s: 10,
    models: { m: { work: { law: 'generation', base_ms: 5 } } },
    traffic: [{ class: 'chat', output_tokens: { distribution: 'fixed', value: 100 }, ...traffic }],
    pools: [{ name: 'p', model: 'm', generation: { policy: 'continuous' } }],
  })
}

const TRACE: TraceData = {
  taken: 3,
  spanMs: 30,
  held: {
    times: Float64Array.of(0, 10, 20),
    lengths: Int32Array.of(600, 700, 800),
    outputs: null,
    prefixes: [Int32Array.of(4, 5), null, Int32Array.of(4, 6)],
  },
}

const traced = (arrivals: object, traffic: object = {}) =>
  scenarioWith({
    arrivals: { process: 'trace', file: 't', format: 'mooncake', ...arrivals },
    input_tokens: { distribution: 'trace' },
    ...traffic,
  })

function sourceOf(scenario: Scenario) {
  const traces = new Map(scenario.traffic[0]!.arrivals.process === 'trace' ? [[0, TRACE]] : [])
  return trafficSource(scenario, { seed: 1, replication: 0, capacityRps: null, traces })
}

/** The prefix of each request of a source, all of them answered at once. */
function prefixesIn(source: Source): (number[] | null)[] {
  const requests = new Requests(4)
  const prefixes: (number[] | null)[] = []
  for (let at = source.peek(); at < Number.POSITIVE_INFINITY; at = source.peek()) {
    const slot = requests.acquire()
    if (source.take(requests, slot)) {
      const prefix = requests.prefixes.get(slot)
      prefixes.push(prefix ? [...prefix] : null)
      if (source.reactsUntil > 0) source.settled(0, requests.key[slot]!, OUTCOME.served, at + 1)
    }
    requests.release(slot)
    expect(requests.prefixes.size).toBe(0)
  }
  return prefixes
}

const AS_TOLD = [[4, 5], null, [4, 6]]

test('rows of a trace have prefixes, also with clients that react', () => {
  expect(prefixesIn(sourceOf(traced({})))).toEqual(AS_TOLD)
  const retry = { timeout_ms: 500, retry: { max_attempts: 2, backoff_ms: 10 } }
  expect(prefixesIn(sourceOf(traced({}, retry)))).toEqual(AS_TOLD)
  const parts = inParts(sourceOf(traced({})), [{ fanOut: 2 }])
  expect(prefixesIn(parts)).toEqual(AS_TOLD.flatMap((prefix) => [prefix, prefix]))
})

test('lengths other than those of the rows have no prefixes', () => {
  const nothing = [null, null, null]
  expect(prefixesIn(sourceOf(traced({ length_scale: 2 })))).toEqual(nothing)
  const drawn = { input_tokens: { distribution: 'fixed', value: 600 } }
  expect(prefixesIn(sourceOf(traced({}, drawn)))).toEqual(nothing)
})

test('a list keeps prefixes, and its hash is that of its source', () => {
  const source = sourceOf(traced({}))
  const list = RequestList.collect(source)
  expect(prefixesIn(new ListSource(list))).toEqual(AS_TOLD)
  expect(list.hash()).toBe(source.hash())
  expect(list.until(15).columns.prefixes).toHaveLength(2)
  // negative control: other prefixes make another list
  const changed = list.with([Int32Array.of(4, 5), null, Int32Array.of(4, 7)])
  expect(changed.hash()).not.toBe(list.hash())
})

test('turns that carry their context begin with the turns before, other turns have no prefix', () => {
  const conversation = (carries: boolean) =>
    scenarioWith({
      arrivals: { process: 'deterministic', rate_rps: 0.3 },
      input_tokens: { distribution: 'fixed', value: 700 },
      session: {
        turns: { distribution: 'fixed', value: 3 },
        think_time_s: { distribution: 'fixed', value: 0.5 },
        carry_context: carries,
      },
    })
  // 700 and 100 tokens more with each turn: 800, 1,600 and 2,400 including its answer
  const prefixes = prefixesIn(sourceOf(conversation(true)))
  expect(prefixes[0]).toEqual([0, 1])
  expect(prefixes[1]).toEqual([0, 1, 2, 3])
  expect(prefixes[2]).toEqual([0, 1, 2, 3, 4])
  expect(prefixes[3]).toEqual([5, 6])
  expect(new Set(prefixesIn(sourceOf(conversation(false))))).toEqual(new Set([null]))
})

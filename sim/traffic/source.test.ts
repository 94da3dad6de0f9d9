import { describe, expect, test } from 'vitest'
import type { Scenario } from '../../scenarios/schema/schema.ts'
import { scenarioOf } from '../../test/scenarios.ts'
import { Requests } from '../serving/index.ts'
import { OpenClients } from './clients/clients.ts'
import { RequestList } from './requests/request-list.ts'
import { MergedSource, type TrafficOptions, trafficSource } from './source.ts'

type Traffic = Scenario['traffic'][number]

function scenario(traffic: unknown[], durationS = 20): Scenario {
  return scenarioOf({
    duration_s: durationS,
    models: { m: { work: { law: 'constant', ms: 1 } } },
    pools: [{ name: 'p', model: 'm' }],
    traffic,
  })
}

const OPTIONS: TrafficOptions = { seed: 1, replication: 0, capacityRps: null, traces: new Map() }

function requests(traffic: unknown[], options: Partial<TrafficOptions> = {}): RequestList {
  return RequestList.collect(trafficSource(scenario(traffic), { ...OPTIONS, ...options }))
}

function timesOf({ columns }: RequestList, number: number): number[] {
  return Array.from(columns.at).filter((_, i) => columns.class[i] === number)
}

function lengthsOf({ columns }: RequestList, number: number): number[] {
  return Array.from(columns.inputTokens).filter((_, i) => columns.class[i] === number)
}

const web = {
  class: 'web',
  arrivals: { process: 'poisson', rate_rps: 50 },
  input_tokens: { distribution: 'uniform', min: 1, max: 500 },
}
const batch = { class: 'batch', arrivals: { process: 'gamma', cv: 2, rate_rps: 30 } }

describe('merging classes', () => {
  const merged = (...times: number[][]) =>
    RequestList.collect(
      new MergedSource(
        times.map((classTimes, number) => {
          let i = 0
          const next = () => classTimes[i++] ?? Number.POSITIVE_INFINITY
          const draw = (value: number) => ({ draw: () => value })
          return new OpenClients({ next }, draw(number + 10), draw(number))
        }),
      ),
    )

  test('requests are in order of time, at equal times by class', () => {
    const { columns } = merged([5, 7], [1, 5, 5], [5])
    expect(Array.from(columns.at)).toEqual([1, 5, 5, 5, 5, 7])
    expect(Array.from(columns.class)).toEqual([1, 0, 1, 1, 2, 0])
    expect(Array.from(columns.inputTokens)).toEqual([11, 10, 11, 11, 12, 10])
    expect(Array.from(columns.outputTokens)).toEqual([1, 0, 1, 1, 2, 0])
  })

  test('classes without requests have none', () => {
    expect(merged([], []).count).toBe(0)
    expect(Array.from(merged([], [2]).columns.class)).toEqual([1])
  })

  test('keys number the requests in order', () => {
    const source = trafficSource(scenario([web, batch]), OPTIONS)
    const fields = new Requests(1)
    for (let key = 0; key < 100; key++) {
      expect(source.peek()).toBeLessThan(20_000)
      source.take(fields, 0)
      expect(fields.key[0]).toBe(key)
    }
  })
})

describe('common random numbers', () => {
  test('the same seed and replication give the same requests, others do not', () => {
    const base = requests([web, batch]).hash()
    expect(requests([web, batch]).hash()).toBe(base)
    expect(requests([web, batch], { seed: 2 }).hash()).not.toBe(base)
    expect(requests([web, batch], { replication: 1 }).hash()).not.toBe(base)
  })

  test('the hash of a source equals that of the list collected from it', () => {
    const source = trafficSource(scenario([web, batch]), OPTIONS)
    const list = RequestList.collect(source)
    expect(list.count).toBeGreaterThan(1000)
    expect(list.hash()).toBe(source.hash())
  })

  test('other lengths do not change arrivals', () => {
    const longer = { ...web, input_tokens: { distribution: 'fixed', value: 9 } }
    const [a, b] = [requests([web]), requests([longer])]
    expect(Array.from(b.columns.at)).toEqual(Array.from(a.columns.at))
    expect(b.hash()).not.toBe(a.hash())
  })

  test('another class, or a change to it, changes neither the arrivals nor the lengths of a class', () => {
    const alone = requests([web])
    const faster = { ...batch, arrivals: { process: 'poisson', rate_rps: 99 } }
    for (const second of [batch, faster]) {
      const both = requests([second, web])
      expect(timesOf(both, 1)).toEqual(Array.from(alone.columns.at))
      expect(lengthsOf(both, 1)).toEqual(Array.from(alone.columns.inputTokens))
    }
  })

  test('twice the rate gives the same requests in half the time', () => {
    const twice = { ...web, arrivals: { process: 'poisson', rate_rps: 100 } }
    const [slow, fast] = [requests([web]), requests([twice])]
    slow.columns.at.forEach((at, i) => {
      expect(fast.columns.at[i]! * 2).toBeCloseTo(at, 6)
    })
  })
})

describe('a load', () => {
  const loaded = (arrivals: object) => [{ ...web, arrivals: { process: 'poisson', ...arrivals } }]
  const same = (arrivals: object, rates: object) =>
    expect(requests(loaded(arrivals), { capacityRps: 200 }).hash()).toBe(
      requests(loaded(rates)).hash(),
    )

  test('is that share of the capacity, also within a schedule', () => {
    same({ load: 0.5 }, { rate_rps: 100 })
    same(
      {
        schedule: [
          { at_s: 0, load: 0.1 },
          { at_s: 5, rate_rps: 60 },
          { at_s: 9, load: 0 },
        ],
      },
      {
        schedule: [
          { at_s: 0, rate_rps: 20 },
          { at_s: 5, rate_rps: 60 },
          { at_s: 9, rate_rps: 0 },
        ],
      },
    )
  })

  test('needs a capacity', () => {
    expect(() => requests(loaded({ load: 0.5 }))).toThrow('capacityRps')
  })
})

describe('a surge', () => {
  test('is in seconds in the scenario, and in ms in the requests', () => {
    const surges = [{ at_s: 10, factor: 4, hold_s: 5 }]
    const { columns } = requests([{ ...web, arrivals: { ...web.arrivals, surges } }])
    const count = Array.from(columns.at).filter((at) => at >= 10_000 && at < 15_000).length
    expect(Math.abs(count - 1000) / Math.sqrt(1000)).toBeLessThanOrEqual(4)
  })
})

describe('clients', () => {
  const clients = {
    process: 'clients',
    clients: 40,
    cv: { distribution: 'uniform', min: 1, max: 4 },
    rate_rps: 100,
  }
  const many = (arrivals: object) =>
    requests([{ class: 'web', arrivals }], {}).columns.at.filter((at) => at < 20_000)

  test('keep the stated rate, and follow its steps together', () => {
    const counts = Array.from({ length: 100 }, (_, replication) => {
      const steps = [
        { at_s: 0, rate_rps: 10 },
        { at_s: 10, rate_rps: 190 },
      ]
      const arrivals = { ...clients, rate_rps: undefined, schedule: steps }
      const at = requests([{ class: 'web', arrivals }], { replication }).columns.at
      return [at.length, at.filter((time) => time >= 10_000).length]
    })
    const mean = (i: number) => counts.reduce((sum, count) => sum + count[i]!, 0) / counts.length
    expect(mean(0) / 2000).toBeCloseTo(1, 1)
    expect(mean(1) / mean(0)).toBeCloseTo(0.95, 2)
  })

  test('another rate keeps the order of clients: the times are stretched', () => {
    const at = many(clients)
    const twice = many({ ...clients, rate_rps: 200 })
    expect(at.every((time, i) => Math.abs(time - 2 * twice[i]!) < 1e-6)).toBe(true)
  })
})

describe('a trace', () => {
  const traced = (arrivals: object, lengths: object = { distribution: 'trace' }) =>
    ({
      class: 'web',
      arrivals: { process: 'trace', file: 'x.csv', format: 'azure-llm', ...arrivals },
      input_tokens: lengths,
    }) as unknown as Traffic
  const times = Float64Array.of(0, 100, 150, 4000)
  const held = { times, lengths: Int32Array.of(7, 8, 9, 10), outputs: Int32Array.of(1, 2, 3, 4) }
  const rows = { taken: 4, spanMs: 4000, held }
  const traces = new Map([[0, rows]])

  test('gives its times and lengths', () => {
    const { columns } = requests([traced({})], { traces })
    expect(Array.from(columns.at)).toEqual(Array.from(times))
    expect(Array.from(columns.inputTokens)).toEqual([7, 8, 9, 10])
  })

  test('gives its output tokens if requested', () => {
    const withOutputs = { ...traced({}), output_tokens: { distribution: 'trace' as const } }
    expect(Array.from(requests([withOutputs], { traces }).columns.outputTokens)).toEqual([
      1, 2, 3, 4,
    ])
    expect(Array.from(requests([traced({})], { traces }).columns.outputTokens)).toEqual([
      0, 0, 0, 0,
    ])
  })

  test('a load stretches it to that mean rate, and the end of the run cuts it', () => {
    // recorded: 4 requests in 4 s; wanted: 0.1 of 2 requests/s, which is 5 times slower
    const { columns } = requests([traced({ load: 0.1 })], { traces, capacityRps: 2 })
    expect(Array.from(columns.at)).toEqual([0, 500, 750])
    expect(Array.from(columns.inputTokens)).toEqual([7, 8, 9])
  })

  test('of one instant is not changed by a load', () => {
    const twice = { times: Float64Array.of(0, 0), lengths: null, outputs: null }
    const instant = new Map([[0, { taken: 2, spanMs: 0, held: twice }]])
    const scaled = [traced({ load: 0.5 }, { distribution: 'fixed', value: 1 })]
    const { columns } = requests(scaled, { traces: instant, capacityRps: 2 })
    expect(Array.from(columns.at)).toEqual([0, 0])
  })

  test('must have been read, including requested lengths', () => {
    const bare = new Map([[0, { ...rows, held: { ...held, lengths: null } }]])
    expect(() => requests([traced({})], { traces: bare })).toThrow('have lengths')
    expect(() => requests([traced({}, { distribution: 'fixed', value: 1 })])).toThrow('be read')
  })
})

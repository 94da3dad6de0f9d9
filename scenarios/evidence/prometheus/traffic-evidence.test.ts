import seedrandom from 'seedrandom'
import { describe, expect, test } from 'vitest'
import { CountsDisagree } from './counters.ts'
import { type Series, type SeriesByName, seriesByName } from './range-response.ts'
import { counted, countersOf, FROM_S, seriesOf } from './response.test-helper.ts'
import { serverMetrics } from './servers.ts'
import { type TrafficOptions, trafficEvidence } from './traffic-evidence.ts'

const STEP_S = 15
const VLLM = serverMetrics('vllm')

/** Minutes with a third of the mean rate, then as many with five thirds of it. */
const waves = (time: number) => (Math.floor(time / (20 * STEP_S)) % 2 === 0 ? 1 / 3 : 5 / 3)

interface Simulated {
  readonly rate_rps: number
  readonly steps?: number
  /** requests that end in a second; infinite: each ends after 2 s on average */
  readonly ends_rps?: number
  readonly level?: (time: number) => number
}

/** What vLLM would count of Poisson arrivals. */
function vllmOf({ rate_rps, steps = 240, ends_rps = Infinity, level = () => 1 }: Simulated) {
  const random = seedrandom(`evidence ${rate_rps} ${ends_rps}`)
  const exponential = () => -Math.log(1 - random())
  const until = steps * STEP_S
  const arrivals = Array<number>(steps).fill(0)
  const ends: number[] = []
  let free = 0
  for (let at = exponential() / rate_rps; at < until; at += exponential() / rate_rps) {
    if (random() > level(at) / (5 / 3)) continue
    arrivals[Math.floor(at / STEP_S)]!++
    free = Math.max(free, at) + 1 / ends_rps
    ends.push(ends_rps === Infinity ? at + 2 * exponential() : free)
  }
  const ended = Array<number>(steps).fill(0)
  for (const end of ends) if (end < until) ended[Math.floor(end / STEP_S)]!++
  let inFlight = 0
  const levels = [0, ...arrivals.map((count, i) => (inFlight += count - ended[i]!))]
  const per = (of: number) => ended.map((count) => count * of)
  const series = [
    seriesOf('vllm:request_success_total', counted(ended)),
    seriesOf(
      'vllm:num_requests_running',
      levels.map((count) => Math.min(count, 8)),
    ),
    seriesOf(
      'vllm:num_requests_waiting',
      levels.map((count) => Math.max(0, count - 8)),
    ),
    seriesOf('vllm:e2e_request_latency_seconds_sum', counted(per(2))),
    seriesOf('vllm:e2e_request_latency_seconds_count', counted(ended)),
    seriesOf('vllm:request_prompt_tokens_sum', counted(per(500))),
    seriesOf('vllm:request_prompt_tokens_count', counted(ended)),
    ...['100', '1000', '+Inf'].map((le) =>
      seriesOf('vllm:request_prompt_tokens_bucket', counted(per(le === '100' ? 0.25 : 1)), {
        labels: { le },
      }),
    ),
  ]
  return { arrivals, ended, series }
}

const evidenceOf = (series: readonly Series[], options: Partial<TrafficOptions> = {}) =>
  trafficEvidence({ server: VLLM, series: seriesByName(series), ...options })

describe('a server with Poisson arrivals', () => {
  const { arrivals, series } = vllmOf({ rate_rps: 10 })
  const evidence = evidenceOf(series)
  const total = arrivals.reduce((sum, count) => sum + count, 0)

  test('arrivals are ends and the change of requests in flight', () => {
    expect(evidence.rates.map(({ rate_rps }) => rate_rps! * STEP_S)).toEqual(
      arrivals.map((count) => expect.closeTo(count, 6)),
    )
    expect(evidence.rate).toMatchObject({
      value: total / 3600,
      basis: 'measured',
      source: 'vllm:request_success_total + change of requests in flight',
      from_s: FROM_S,
      to_s: FROM_S + 3600,
      count: total,
    })
    expect(evidence.notes).toEqual([])
  })

  test('one rate and the dispersion of Poisson arrivals hold', () => {
    expect(evidence.schedule).toHaveLength(1)
    const [step] = evidence.schedule
    expect(step).toMatchObject({ at_s: 0, value: total / 3600, known_s: 3600, basis: 'measured' })
    // 10 requests/s · 3 / 5 of them
    expect(step!.low).toBeLessThan(6)
    expect(step!.high).toBeGreaterThan(6)
    const { dispersion } = evidence
    expect(dispersion).toMatchObject({ basis: 'measured', at_s: STEP_S, count: 238 })
    expect(dispersion.low).toBeLessThan(1)
    expect(dispersion.high).toBeGreaterThan(1)
    expect(dispersion.high! / dispersion.low!).toBeLessThan(2)
  })

  test('burstiness within a step is assumed, with a width', () => {
    const { dispersion_within: within, dispersion_in_flight: inFlight } = evidence
    expect(within).toMatchObject({ value: 1, basis: 'assumed', at_s: STEP_S })
    expect(within.low).toBe(evidence.dispersion.low)
    expect(within.high).toBeLessThanOrEqual(evidence.dispersion.high!)
    // the number in an infinite-server queue is Poisson, too
    expect(inFlight).toMatchObject({ basis: 'measured', at_s: 2 })
    expect(inFlight.low).toBeLessThan(1)
    expect(inFlight.high).toBeGreaterThan(1)
  })

  test('lengths and times are ratios of increases', () => {
    const { input, output } = evidence.lengths
    expect(input.mean).toMatchObject({
      value: 500,
      basis: 'measured',
      source: 'Δvllm:request_prompt_tokens_sum / Δvllm:request_prompt_tokens_count',
    })
    expect(input.quantiles.map(({ probability }) => probability)).toEqual([0.5, 0.75, 0.9, 0.99])
    expect(input.quantiles[0]).toEqual({ probability: 0.5, low: 100, high: 1000 })
    expect(output.mean).toMatchObject({ value: null, low: null, high: null, basis: 'unknown' })
    expect(evidence.means.latency_s.value).toBe(2)
    expect(evidence.means.queue_s.basis).toBe('unknown')
    expect(evidence.gauges.running).toMatchObject({ largest: 8, count: 241 })
    expect(evidence.gauges.kv_use).toMatchObject({ value: null, largest: null })
  })
})

test('an overloaded server shows what arrives, not what it serves', () => {
  const { arrivals, ended, series } = vllmOf({ rate_rps: 20, ends_rps: 8 })
  const { rate, schedule } = evidenceOf(series)
  expect(ended.reduce((sum, count) => sum + count, 0)).toBeLessThan(8.1 * 3600)
  expect(rate.count).toBe(arrivals.reduce((sum, count) => sum + count, 0))
  // 20 requests/s · 3 / 5 of them
  expect(rate.value).toBeCloseTo(12, 0)
  expect(schedule).toHaveLength(1)
  expect(schedule[0]!.value).toBeCloseTo(12, 0)
})

test('rates that change become the steps of a schedule', () => {
  const { series } = vllmOf({ rate_rps: 50, level: waves })
  const { schedule, rates, dispersion, dispersion_within } = evidenceOf(series)
  expect(schedule.length).toBeGreaterThan(50)
  expect(schedule.length).toBeLessThanOrEqual(96)
  expect(Math.max(...schedule.map(({ value }) => value))).toBeGreaterThan(30)
  expect(Math.max(...rates.map(({ rate_rps }) => rate_rps!))).toBeGreaterThan(40)
  expect(dispersion.value).toBeGreaterThan(3)
  // the schedule has the changes of the rate
  expect(dispersion_within.value).toBeLessThan(dispersion.low!)
  expect(dispersion_within.high).toBeLessThanOrEqual(dispersion.high!)
})

test('no requests are a rate of 0, with what chance allows', () => {
  const { rate, schedule, dispersion, dispersion_within } = evidenceOf([
    seriesOf('vllm:request_success_total', Array<number>(41).fill(7)),
  ])
  expect(rate).toMatchObject({ value: 0, low: 0, high: expect.closeTo(3.84 / 600, 4) })
  expect(schedule).toHaveLength(1)
  expect(schedule[0]!.value).toBe(0)
  expect(dispersion).toMatchObject({ value: null, basis: 'unknown' })
  expect(dispersion_within).toMatchObject({ value: 1, low: null, high: null, basis: 'assumed' })
})

test('values beyond all counts are missing samples', () => {
  const values = Array.from({ length: 41 }, (_, i) => (i < 20 ? 3 * i : 1e300 * i))
  const { rate, unknown_steps } = evidenceOf([seriesOf('vllm:request_success_total', values)])
  expect(unknown_steps).toBe(20)
  expect(rate.value).toBeCloseTo(57 / 600, 9)
})

test('a steep trend is no burstiness', () => {
  const rises = Array.from({ length: 100 }, (_, i) => 100 + 20 * i)
  const { dispersion, schedule } = evidenceOf([
    seriesOf('vllm:request_success_total', counted(rises)),
  ])
  expect(dispersion.high).toBeLessThan(0.1)
  expect(schedule.length).toBeGreaterThan(10)
})

test('steps without samples have no rate, and the schedule states what it assumes', () => {
  const values = counted(Array<number>(40).fill(300)).map((value, i) =>
    i > 10 && i < 30 ? undefined : value + (i % 7) + (i >= 30 ? 9000 : 0),
  )
  const { rates, unknown_steps, schedule, rate, notes } = evidenceOf([
    seriesOf('vllm:request_success_total', values),
  ])
  expect(unknown_steps).toBe(20)
  expect(rates.filter(({ rate_rps }) => rate_rps === null)).toHaveLength(20)
  // the increase over the gap is known
  expect(rate.value).toBeCloseTo((40 * 300 + 9000) / 600, 0)
  expect(notes).toContain('20 of 40 steps lack samples of vllm:request_success_total')
  for (const step of schedule) {
    if (step.known_s > 0) continue
    expect(step).toMatchObject({ low: null, high: null, basis: 'assumed', count: 0 })
  }
})

test('a restart makes the rate a lower bound, with what may be missing', () => {
  const rises = Array.from({ length: 40 }, (_, i) => 100 + (i % 3))
  const values = counted(rises).map((value, i) => (i < 20 ? value : value - 2010))
  const { rate, resets, rates, notes } = evidenceOf([
    seriesOf('vllm:request_success_total', values),
  ])
  expect(resets).toBe(1)
  expect(rates.filter(({ at_least }) => at_least)).toHaveLength(1)
  expect(rate.high! * 600).toBeGreaterThan(4040)
  expect(rate.low! * 600).toBeLessThan(4040)
  expect(notes).toContain(
    'vllm:request_success_total began again once: its increase is a lower bound',
  )
})

describe('refused are', () => {
  const rises = Array<number>(30).fill(50)
  const halves = Array<number>(30).fill(25)
  const ended = { 'vllm:request_success_total': rises }
  const refusal = (series: SeriesByName, options: Partial<TrafficOptions> = {}) => {
    try {
      trafficEvidence({ server: VLLM, series, ...options })
    } catch (error) {
      return error as Error
    }
    return null
  }

  test('windows whose counts disagree', () => {
    const error = refusal(
      countersOf({
        ...ended,
        'vllm:e2e_request_latency_seconds_sum': halves,
        'vllm:e2e_request_latency_seconds_count': halves,
      }),
    )
    expect(error).toBeInstanceOf(CountsDisagree)
    expect(error!.message).toContain(
      'got 1500 of vllm:request_success_total and 750 of vllm:e2e_request_latency_seconds_count',
    )
  })

  test('buckets that hold other observations than their count', () => {
    const [le, name] = ['+Inf', 'vllm:request_prompt_tokens_bucket']
    const series = new Map([
      ...countersOf({
        ...ended,
        'vllm:request_prompt_tokens_sum': rises,
        'vllm:request_prompt_tokens_count': rises,
      }),
      [name, [seriesOf(name, counted(halves), { labels: { le } })]],
    ] as const)
    expect(refusal(series)).toBeInstanceOf(CountsDisagree)
  })

  test('several models, unless one is selected', () => {
    const of = (model: string) => countersOf(ended, { model_name: model }).values()
    const series = seriesByName([...of('a'), ...of('b')].flat())
    expect(refusal(series)!.message).toBe(
      'vllm:request_success_total: expected one model_name, got a, b; select one',
    )
    const labels = new Map([['model_name', 'b']])
    expect(refusal(series, { labels })).toBeNull()
    const { rate } = trafficEvidence({ server: VLLM, series, labels })
    expect(rate.count).toBe(1500)
  })

  test('files without a counter of requests', () => {
    expect(refusal(countersOf({ up: rises }))!.message).toBe(
      'expected samples of vllm:request_success_total, got those of up',
    )
    expect(refusal(new Map())!.message).toContain('got those of none')
  })

  test('rates in place of counters', () => {
    const values = Array.from({ length: 60 }, (_, i) => 50 + ((i * 7) % 5))
    const series = seriesByName([seriesOf('vllm:request_success_total', values)])
    expect(refusal(series)!.message).toContain('query the counter itself, not its rate')
  })
})

test('ranks of one server count once', () => {
  const rises = Array<number>(20).fill(40)
  const ranks = ['1', '0', '3', '2'].map((tp_rank) =>
    seriesOf('sglang:num_running_reqs', Array<number>(21).fill(6), {
      labels: { tp_rank, model_name: 'm' },
    }),
  )
  const { gauges, rate, notes } = trafficEvidence({
    server: serverMetrics('sglang'),
    series: seriesByName([
      ...ranks,
      seriesOf('sglang:num_requests_total', counted(rises), { labels: { model_name: 'm' } }),
      seriesOf('sglang:num_aborted_requests_total', counted(rises.map(() => 2))),
    ]),
  })
  expect(gauges.running.value).toBe(6)
  // the requests that failed arrived, too
  expect(rate.value).toBeCloseTo(800 / 300, 9)
  expect(rate.high).toBeGreaterThan(840 / 300)
  expect(rate.source).toBe('sglang:num_requests_total, without 40 that failed')
  expect(notes).toEqual([
    'sglang:num_requests_total counts ends: requests arrived earlier by their latency',
  ])
})

test('times of Triton are in µs, and its batches are mean sizes', () => {
  const rises = Array<number>(20).fill(40)
  const { means, rate } = trafficEvidence({
    server: serverMetrics('triton'),
    series: countersOf({
      nv_inference_request_success: rises,
      nv_inference_queue_duration_us: rises.map((count) => 1500 * count),
      nv_inference_count: rises,
      nv_inference_exec_count: rises.map((count) => count / 4),
    }),
  })
  expect(rate.value).toBeCloseTo(40 / 15, 9)
  expect(means.queue_s).toMatchObject({ value: expect.closeTo(0.0015, 9), count: 800 })
  expect(means.batch_size).toMatchObject({ value: 4, count: 200 })
})

test('TGI counts arrivals, and checks means against its successes', () => {
  const rises = Array<number>(20).fill(40)
  const served = rises.map((count) => count / 2)
  const { means, rate } = trafficEvidence({
    server: serverMetrics('tgi'),
    series: countersOf({
      tgi_request_count: rises,
      tgi_request_success: served,
      tgi_request_duration_sum: served.map((count) => 3 * count),
      tgi_request_duration_count: served,
    }),
  })
  expect(rate).toMatchObject({ value: expect.closeTo(40 / 15, 9), source: 'tgi_request_count' })
  expect(means.latency_s.value).toBe(3)
})

test('stated metrics of another server are read by its labels', () => {
  const names = new Map([
    ['arrived', 'http_requests_total'],
    ['latency_s', 'http_request_duration_seconds'],
    ['cache_hits', 'hits_total'],
    ['cache_queries', 'queries_total'],
  ])
  const rises = Array<number>(20).fill(40)
  const counters = {
    http_requests_total: rises,
    http_request_duration_seconds_sum: rises.map((count) => count / 8),
    http_request_duration_seconds_count: rises,
    hits_total: rises,
    queries_total: rises.map((count) => 4 * count),
  }
  const series = [{ job: 'a' }, { job: 'b' }].flatMap((labels) =>
    [...countersOf(counters, labels).values()].flat(),
  )
  const {
    rate,
    means,
    cache_hit_share,
    counters: found,
  } = evidenceOf(series, {
    server: serverMetrics('generic', names),
    labels: new Map([['job', 'b']]),
  })
  expect(rate.value).toBeCloseTo(40 / 15, 9)
  expect(means.latency_s.value).toBe(0.125)
  expect(cache_hit_share.value).toBe(0.25)
  expect(found.cache_hits).toMatchObject({ value: 800, low: 800, high: 800 })
  expect(found.preemptions.basis).toBe('unknown')
})

test("figures that break Little's law are noted", () => {
  const rises = Array<number>(20).fill(150)
  const { notes } = evidenceOf([
    ...[
      ...countersOf({
        'vllm:request_success_total': rises,
        'vllm:e2e_request_latency_seconds_sum': rises.map((count) => 4 * count),
        'vllm:e2e_request_latency_seconds_count': rises,
      }).values(),
    ].flat(),
    seriesOf('vllm:num_requests_running', Array<number>(21).fill(5)),
    seriesOf('vllm:num_requests_waiting', Array<number>(21).fill(0)),
  ])
  expect(notes).toEqual([
    '5 requests are in flight on average, but rate × latency are 40: check the labels',
  ])
})

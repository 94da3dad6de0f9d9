import type { EvidenceValue } from '../../documents/index.ts'
import { Random } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import { percentile } from '../../stats/index.ts'
import { type ClosedLoop, closedLoop, type InFlight, inFlight } from './in-flight.ts'
import { type RecordedRequests, spanMs } from './recorded-requests.ts'
import { type ServiceTimes, serviceTimes } from './service-times.ts'
import { shortened, widthText } from './stated-value.ts'
import { type StepLaw, stepLaw } from './step-law.ts'

/** A scenario that follows from a log of requests, and what each of its values rests on. */
export interface ImportedScenario {
  /** as in a scenario file; the trace of its arrivals is in `TRACE_FILE` */
  readonly scenario: object
  readonly values: readonly EvidenceValue[]
  readonly warnings: readonly string[]
  readonly flight: InFlight
  /** columns of that trace; null where arrivals follow from answers */
  readonly trace: readonly TraceColumn[] | null
}

export const TRACE_FILE = 'requests.csv'
export type TraceColumn = 'at_ms' | 'input_tokens' | 'output_tokens'

const CLASS = 'requests'
const SERVER = 'server'
const TRAFFIC = `traffic.${CLASS}`
const WORK = `models.${SERVER}.work`
const POOL = `pools.${SERVER}`

/** What is stated of a value beside its path. */
type Stated = Partial<EvidenceValue> & Pick<EvidenceValue, 'value' | 'why'>

/** Where a log is from. */
export interface LogSource {
  /** of its files, for people */
  readonly name: string
  /** its times are cut to whole multiples of this, ms; 0 where they are not */
  readonly timeStepMs: number
}

/** A part of a scenario. */
interface Part {
  readonly keys: object
  readonly values: readonly EvidenceValue[]
  readonly warnings?: readonly string[]
}

interface Source extends LogSource {
  readonly log: RecordedRequests
  readonly flight: InFlight
}

/** The scenario of a log of at least two moments. */
export function importedScenario(log: RecordedRequests, from: LogSource): ImportedScenario {
  const flight = inFlight(log)
  const source: Source = { ...from, log, flight }
  const medianMs = medianLatency(log)
  // which of two requests ended first is not known where times are cut to longer steps
  const isCoarse = from.timeStepMs > COARSE * medianMs
  const random = new Random('imported')
  const law = stepLaw(log, () => random.uniform())
  const service = law === null ? serviceTimes(log, isCoarse ? null : flight) : null
  const loop = isCoarse ? null : closedLoop(log, flight, medianMs)
  const columns: readonly TraceColumn[] =
    law === null ? ['at_ms'] : ['at_ms', 'input_tokens', 'output_tokens']
  const arrivals = loop === null ? tracedArrivals(source, columns) : loopArrivals(source, loop)
  const lengths = law !== null && loop !== null ? drawnLengths(source) : NOTHING
  const delay = law === null ? NOTHING : firstTokenDelay(source, law)
  const served = law === null ? serviceWork(source, service) : stepWork(source, law)
  const pool = law === null ? replicas(source, service) : engine(source, law)
  const parts = [arrivals, lengths, delay, served, pool]
  const scenario = {
    spillway: 1,
    name: 'imported',
    duration_s: Math.max(1, Math.ceil(spanMs(log) / 1000)),
    models: { [SERVER]: served.keys },
    traffic: [{ class: CLASS, ...arrivals.keys, ...lengths.keys, ...delay.keys }],
    pools: [{ name: SERVER, model: SERVER, ...pool.keys }],
    ...(law !== null && { uncertain: { sources: 'included' } }),
    ...(service !== null && { uncertain: { [`${WORK}.ms.0`]: widthText(service.mean) } }),
  }
  return {
    scenario,
    values: parts.flatMap(({ values }) => values),
    warnings: parts.flatMap(({ warnings = [] }) => warnings),
    flight,
    trace: loop === null ? columns : null,
  }
}

/** A part of the median latency. */
const COARSE = 0.1

const NOTHING: Part = { keys: {}, values: [] }

function medianLatency({ columns: { sentMs, endMs }, ok }: RecordedRequests): Ms {
  const known = endMs.map((end, i) => end - sentMs[i]!).filter((ms, i) => ok[i] === 1 && ms >= 0)
  return percentile(known.sort(), 0.5)
}

/** A value that follows from the records of the whole log. */
function measured({ name, log }: Source, path: string, stated: Stated): EvidenceValue {
  return {
    ...{ path, low: null, high: null, basis: 'measured', source: name },
    ...{ from_s: 0, until_s: spanMs(log) / 1000, n: log.count },
    ...stated,
  }
}

/** A value that no record shows. */
function assumed(path: string, stated: Stated): EvidenceValue {
  return {
    ...{ path, low: null, high: null, basis: 'assumed', source: '' },
    ...{ from_s: null, until_s: null, n: 0 },
    ...stated,
  }
}

function tracedArrivals(source: Source, columns: readonly TraceColumn[]): Part {
  const { log } = source
  const path = `${TRAFFIC}.arrivals`
  const names = { at_ms: 'time', input_tokens: 'input_tokens', output_tokens: 'output_tokens' }
  const jitter = source.timeStepMs >= LONG_STEP_MS ? source.timeStepMs / 1000 : null
  const values = [
    measured(source, `${path}.file`, {
      value: TRACE_FILE,
      why: log.scheduled ? 'when requests were scheduled' : 'when requests were sent or received',
    }),
  ]
  const keys = {
    process: 'trace',
    file: TRACE_FILE,
    format: 'csv',
    columns: Object.fromEntries(columns.map((column) => [names[column], column])),
    time_unit: 'ms',
    ...(jitter !== null && { jitter_s: jitter }),
  }
  if (jitter !== null) {
    const why = `times of the log are cut to ${jitter} s: arrivals are spread evenly over it`
    values.push(assumed(`${path}.jitter_s`, { value: jitter, why }))
  }
  for (const [column, what] of LENGTHS) {
    if (columns.includes(column)) values.push(lengthsValue(source, column, what))
  }
  const capped = cappedClients(source)
  if (capped !== null) values.push(capped)
  const lengths = LENGTHS.filter(([column]) => columns.includes(column)).map(([column]) => {
    return [column, { distribution: 'trace' }]
  })
  return {
    keys: {
      arrivals: keys,
      ...Object.fromEntries(lengths),
      ...(capped !== null && { max_in_flight: capped.value }),
    },
    values,
  }
}

const LONG_STEP_MS = 100

const LENGTHS = [
  ['input_tokens', 'inputTokens'],
  ['output_tokens', 'outputTokens'],
] as const

function lengthsValue(
  source: Source,
  column: (typeof LENGTHS)[number][0],
  key: (typeof LENGTHS)[number][1],
): EvidenceValue {
  const known = source.log.columns[key].filter((tokens) => tokens > 0).length
  const missing = source.log.count - known
  const without = `; ${missing} requests without it have the median`
  return measured(source, `${TRAFFIC}.arrivals.columns.${column}`, {
    value: column,
    n: known,
    why: `as recorded${missing === 0 ? '' : without}`,
  })
}

/** A delay of sending that is noticed. */
const LATE_MS = 10
const LATE_SHARE = 0.01

/** The connections of a load generator that fell behind its schedule; null where it kept it. */
function cappedClients(source: Source): EvidenceValue | null {
  const { log, flight } = source
  if (!log.scheduled) return null
  const { scheduledMs, sentMs } = log.columns
  let [late, full] = [0, 0]
  for (let i = 0; i < log.count; i++) {
    if (!(sentMs[i]! - scheduledMs[i]! > LATE_MS)) continue
    late++
    if (flight.before[i]! + 1 >= flight.most) full++
  }
  if (late < LATE_SHARE * log.count || full < 0.9 * late) return null
  return measured(source, `${TRAFFIC}.max_in_flight`, {
    value: flight.most,
    n: late,
    why: `${late} requests were sent late, nearly all when so many were in flight`,
  })
}

function loopArrivals(source: Source, { users, share, requests }: ClosedLoop): Part {
  const { sinceEndMs } = source.flight
  const gaps = sinceEndMs.filter((ms) => ms >= 0)
  const think = gaps.reduce((sum, ms) => sum + ms, 0) / gaps.length / 1000
  const path = `${TRAFFIC}.arrivals`
  const mean = Math.max(1e-6, Number(think.toPrecision(3)))
  return {
    keys: {
      arrivals: {
        process: 'closed-loop',
        users,
        think_time_s: { distribution: 'exponential', mean },
      },
    },
    values: [
      measured(source, `${path}.users`, {
        value: users,
        n: requests,
        why: `${Math.round(100 * share)} % of the requests were sent just after another one had ended, with so many in flight: arrivals follow from the server`,
      }),
      measured(source, `${path}.think_time_s.mean`, {
        value: mean,
        n: gaps.length,
        why: 'from the end of a request to the next start of another one',
      }),
    ],
    warnings: [
      'the clients were a closed loop: the traffic of real clients is not in the file, so state their arrivals before you plan',
    ],
  }
}

/** Of a closed loop: the lengths of its requests, at their deciles. */
function drawnLengths(source: Source): Part {
  const values: EvidenceValue[] = []
  const keys = Object.fromEntries(
    LENGTHS.map(([column, key]) => {
      const sorted = source.log.columns[key].filter((tokens) => tokens > 0).sort()
      values.push(
        measured(source, `${TRAFFIC}.${column}`, {
          value: percentile(sorted, 0.5),
          n: sorted.length,
          why: 'the distribution as recorded, by its deciles; the value is the median',
        }),
      )
      return [column, distributionOf(sorted)]
    }),
  )
  return { keys, values }
}

const DECILES = Array.from({ length: 11 }, (_, i) => i / 10)

function distributionOf(sorted: Float64Array): object {
  const [least, most] = [sorted[0]!, sorted.at(-1)!]
  if (least === most) return { distribution: 'fixed', value: least }
  const quantiles = DECILES.map((p) => [p, p === 0 ? least : percentile(sorted, p)])
  return { distribution: 'quantiles', quantiles }
}

const IDLE_REQUESTS = 30

/** What first tokens of an idle server take beyond their step: the way, and a slow beginning. */
function firstTokenDelay({ name, log, flight }: Source, law: StepLaw): Part {
  const { sentMs, firstTokenMs, inputTokens } = log.columns
  const path = `${TRAFFIC}.first_token_delay_ms`
  const rests: number[] = []
  for (let i = 0; i < log.count; i++) {
    const ttft = firstTokenMs[i]! - sentMs[i]!
    if (log.ok[i] !== 1 || flight.before[i] !== 0 || !(ttft >= 0)) continue
    const prefill = law.per_prefill_token_ms.value * (inputTokens[i]! || 0)
    rests.push(ttft - law.base_ms.value - law.per_sequence_ms.value - prefill)
  }
  if (rests.length < IDLE_REQUESTS) {
    const why = `${rests.length} requests met an idle server, fewer than ${IDLE_REQUESTS}`
    return {
      keys: {},
      values: [assumed(path, { value: null, basis: 'unknown', why })],
      warnings: ['first tokens may be too early: what they take beyond their step is not known'],
    }
  }
  const sorted = Float64Array.from(rests).sort()
  const value = Number(percentile(sorted, 0.5).toPrecision(3))
  if (!(value > 0)) return NOTHING
  const stated = {
    ...({ path, value, basis: 'measured', source: name, n: rests.length } as const),
    ...{ from_s: 0, until_s: spanMs(log) / 1000 },
    low: percentile(sorted, 0.025),
    high: percentile(sorted, 0.975),
    why: 'what requests that met an idle server waited for their first token beyond its step; the interval is that of single requests',
  }
  return { keys: { first_token_delay_ms: value }, values: [stated] }
}

function stepWork(source: Source, law: StepLaw): Part {
  const { requests, heldOut, sequences, alternatives } = law
  const keys = ['base_ms', 'per_sequence_ms', 'per_prefill_token_ms'] as const
  const error = `held-out gaps are off by ${percentText(heldOut.median)} in the median`
  const whole = { low: Math.floor(sequences.low), high: Math.ceil(sequences.high) }
  const warnings =
    whole.high < 2 * whole.low || whole.high < 2
      ? [
          `between ${whole.low} and ${whole.high} sequences were in a step: what more of them cost is extrapolated`,
        ]
      : []
  return {
    keys: {
      work: {
        law: 'generation',
        ...Object.fromEntries(keys.map((key) => [key, shortened(law[key].value)])),
        fitted: {
          batch: [Math.max(1, whole.low), Math.max(1, whole.high)],
          error: shortened(heldOut.median),
          source: source.name,
        },
        alternatives: alternatives.map((other) =>
          Object.fromEntries(keys.map((key) => [key, shortened(other[key])])),
        ),
      },
    },
    values: [
      ...keys.map((key) => {
        const { value, low, high } = law[key]
        const why = `gaps between tokens by what ran beside them; ${error}`
        const stated = { value: shortened(value), low, high, n: requests, why }
        return measured(source, `${WORK}.${key}`, stated)
      }),
      assumed(`${WORK}.per_context_token_ms`, {
        value: 0,
        why: 'records have no lengths of contexts: their time is in the other two',
      }),
    ],
    warnings,
  }
}

function engine({ flight }: Source, law: StepLaw): Part {
  const most = Math.max(256, law.mostDecoding)
  const path = `${POOL}.generation`
  const why = `records do not show the limit: at most ${law.mostDecoding} sequences decoded at once`
  return {
    keys: {
      replicas: 1,
      generation: { policy: 'continuous', max_sequences: most, token_budget: 2048 },
    },
    values: [
      assumed(`${POOL}.replicas`, {
        value: 1,
        why: 'the law of steps is that of all replicas together, as one engine',
      }),
      assumed(`${path}.max_sequences`, { value: most, why }),
      assumed(`${path}.token_budget`, { value: 2048, why: 'the default of vLLM' }),
    ],
    warnings: [
      `limits of the engine and its KV cache are assumed: up to ${flight.most} requests were in flight, and more may wait where the real engine is full`,
    ],
  }
}

const HOW = {
  queue: 'latency less the wait that the server states',
  alone: 'latency of requests that had the server alone, the way to it included',
} as const

function serviceWork(source: Source, service: ServiceTimes | null): Part {
  const path = `${WORK}.ms.0`
  if (service === null) return unknownWork(source)
  const { mean, cv, requests, from } = service
  const value = shortened(mean.value)
  const why = HOW[from]
  return {
    keys: { work: { law: 'table', sizes: [1], ms: [value], cv: shortened(cv) } },
    values: [
      measured(source, path, { value, low: mean.low, high: mean.high, n: requests, why }),
      measured(source, `${WORK}.cv`, { value: shortened(cv), n: requests, why }),
    ],
  }
}

/** The latency of a fast request is more than its service time. */
function unknownWork({ log, timeStepMs }: Source): Part {
  const { sentMs, endMs } = log.columns
  const known = endMs.map((end, i) => end - sentMs[i]!).filter((ms, i) => log.ok[i] === 1 && ms > 0)
  // a clock with long steps may show no time at all
  const least = known.length === 0 ? Math.max(1, timeStepMs) : percentile(known.sort(), 0.1)
  const bound = shortened(least)
  return {
    keys: { work: { law: 'constant', ms: bound } },
    values: [
      assumed(`${WORK}.ms`, {
        value: bound,
        high: bound,
        why: 'an upper bound, the p10 of latency: too few requests had the server alone, and no wait is stated',
      }),
    ],
    warnings: [
      'service times are not known: send 100 requests one after another, or add the wait to the log, and import that',
    ],
  }
}

/** The fewest replicas that carry the traffic. */
function replicas({ log, flight }: Source, service: ServiceTimes | null): Part {
  const busy = service === null ? 0 : (log.count * service.mean.value) / spanMs(log)
  const least = Math.max(1, Math.ceil(busy / MOST_BUSY))
  const why =
    service === null
      ? `records do not show it: up to ${flight.most} requests were in flight`
      : `the fewest that are busy at most ${100 * MOST_BUSY} % of the time; up to ${flight.most} requests were in flight`
  return {
    keys: { replicas: least },
    values: [assumed(`${POOL}.replicas`, { value: least, low: least, why })],
    warnings: ['the number of replicas is assumed: state it with --set pools.server.replicas=N'],
  }
}

const MOST_BUSY = 0.95

const percentText = (share: number) => `${Number((100 * share).toPrecision(2))} %`

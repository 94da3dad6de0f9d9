import type { EvidenceValue } from '../../documents/index.ts'
import { Random } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import { percentile } from '../../stats/index.ts'
import { type ClosedLoop, closedLoop, type InFlight, inFlight } from './in-flight.ts'
import { type Instances, inFlightByInstance, instancesOf } from './instances.ts'
import { type Coverage, type RecordedRequests, spanMs, WHOLE } from './recorded-requests.ts'
import { type ServiceTimes, serviceTimes } from './service-times.ts'
import { SPEED, SPEED_WIDTH, shortened, widthText } from './stated-value.ts'
import { meanGap, type StepLaw, stepLaw } from './step-law.ts'

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
  /** how many of the requests it has; default: all */
  readonly coverage?: Coverage
}

/** A part of a scenario. */
interface Part {
  readonly keys: object
  readonly values: readonly EvidenceValue[]
  readonly warnings?: readonly string[]
}

interface Source extends Required<LogSource> {
  readonly log: RecordedRequests
  readonly flight: InFlight
  /** of the instance of each request, where it is known */
  readonly own: InFlight
  readonly instances: Instances | null
}

/** The scenario of a log of at least two moments. */
export function importedScenario(log: RecordedRequests, from: LogSource): ImportedScenario {
  const { coverage = WHOLE } = from
  const flight = inFlight(log)
  const instances = instancesOf(log)
  const own = instances === null ? flight : inFlightByInstance(log, instances)
  const source: Source = { ...from, coverage, log, flight, own, instances }
  const medianMs = medianLatency(log)
  // which of two requests ended first is not known where times are cut to longer steps
  const isOrdered = from.timeStepMs <= COARSE * medianMs
  const seesOthers = isOrdered && !coverage.isPart
  const loop = seesOthers ? closedLoop(log, flight, medianMs) : null
  const server = serverOf(source, seesOthers)
  const columns: readonly TraceColumn[] = server.generates
    ? ['at_ms', 'input_tokens', 'output_tokens']
    : ['at_ms']
  const arrivals = loop === null ? tracedArrivals(source, columns) : loopArrivals(source, loop)
  const lengths = server.generates && loop !== null ? drawnLengths(source) : NOTHING
  const parts = [arrivals, lengths, server.delay, server.work, server.pool]
  const scenario = {
    spillway: 1,
    name: 'imported',
    duration_s: Math.max(1, Math.ceil(spanMs(log) / 1000)),
    models: { [SERVER]: server.work.keys },
    traffic: [{ class: CLASS, ...arrivals.keys, ...lengths.keys, ...server.delay.keys }],
    pools: [{ name: SERVER, model: SERVER, ...server.pool.keys }],
    ...(server.uncertain && { uncertain: server.uncertain }),
  }
  return {
    scenario,
    values: parts.flatMap(({ values }) => values),
    warnings: parts.flatMap(({ warnings = [] }) => warnings),
    flight,
    trace: loop === null ? columns : null,
  }
}

/** What a log shows of the server. */
interface ServerParts {
  readonly generates: boolean
  /** of first tokens */
  readonly delay: Part
  readonly work: Part
  readonly pool: Part
  readonly uncertain: object | null
}

/** `seesOthers`: whether the log shows what ran beside each request. */
function serverOf(source: Source, seesOthers: boolean): ServerParts {
  const { log, coverage, instances, own } = source
  const gap = coverage.isPart ? meanGap(log) : null
  if (gap !== null) {
    return {
      generates: true,
      delay: unknownDelay('which requests met an idle server is not seen in sampled traces'),
      work: meanWork(source, gap),
      pool: engine(source, null),
      uncertain: { [SPEED]: `± ${100 * SPEED_WIDTH} %` },
    }
  }
  const random = new Random('imported')
  const logs = instances?.logs.map((each) => each.log) ?? [log]
  const law = coverage.isPart ? null : stepLaw(logs, () => random.uniform())
  if (law !== null) {
    return {
      generates: true,
      delay: firstTokenDelay(source, law),
      work: stepWork(source, law),
      pool: engine(source, law.mostDecoding),
      uncertain: { sources: 'included' },
    }
  }
  const service = serviceTimes(log, seesOthers ? own : null)
  return {
    generates: false,
    delay: NOTHING,
    work: serviceWork(source, service),
    pool: replicas(source, service),
    uncertain: service && { [`${WORK}.ms.0`]: widthText(service.mean) },
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

/** A value that follows from the records where they are those of all requests of the server. */
function measuredOfAll(source: Source, path: string, stated: Stated): EvidenceValue {
  if (source.coverage.share === 1) return measured(source, path, stated)
  return assumed(path, { ...stated, n: 0, why: `${stated.why}; ${IF_ALL}` })
}

const IF_ALL = 'that these are all requests is assumed'

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
  const when = log.scheduled
    ? 'when requests were scheduled'
    : 'when requests were sent or received'
  const values = [
    source.coverage.isPart
      ? measured(source, `${path}.file`, {
          value: TRACE_FILE,
          why: `${when}, of those in the files`,
        })
      : measuredOfAll(source, `${path}.file`, { value: TRACE_FILE, why: when }),
  ]
  const grown = grownArrivals(source)
  values.push(...grown.values)
  const keys = {
    process: 'trace',
    file: TRACE_FILE,
    format: 'csv',
    columns: Object.fromEntries(columns.map((column) => [names[column], column])),
    time_unit: 'ms',
    ...(jitter !== null && { jitter_s: jitter }),
    ...grown.keys,
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
    warnings: grown.warnings ?? [],
  }
}

/** Requests for each recorded one: as many as a sampler has left one of. */
function growthOf({ coverage: { share } }: Source): number {
  return share === null || share < 1 / MOST_GROWTH ? 1 : shortened(1 / share)
}

/** As the schema limits it. */
const MOST_GROWTH = 100

/** Arrivals at the rate of all requests, where a part of them was recorded. */
function grownArrivals(source: Source): Part {
  const { log, coverage } = source
  const { share, isPart, isRecorded } = coverage
  const factor = share === null ? null : shortened(1 / share)
  if (!isPart || factor === 1) return NOTHING
  const growth = growthOf(source)
  if (growth === 1) {
    const why =
      factor === null
        ? 'by an unknown factor'
        : `${factor} times: a trace can be made at most ${MOST_GROWTH} times as many requests`
    return { ...NOTHING, warnings: [`rates are too low, ${why}`] }
  }
  const path = `${TRAFFIC}.arrivals`
  // of independent samples: binomial
  const error = Z * Math.sqrt((1 - 1 / growth) / log.count)
  const stated = {
    value: growth,
    ...{ low: Math.max(1, growth * (1 - error)), high: growth * (1 + error) },
    why: 'one request was recorded of so many',
  }
  const shift_s = copyShift(log)
  return {
    keys: { growth, copy_shift_s: shift_s },
    values: [
      isRecorded
        ? measured(source, `${path}.growth`, stated)
        : assumed(`${path}.growth`, { ...stated, why: `${stated.why}, as stated with --sampled` }),
      assumed(`${path}.copy_shift_s`, {
        value: shift_s,
        why: 'when the requests arrived that were not recorded: shorter bursts are not seen',
      }),
    ],
    warnings: [
      `rates are scaled: each recorded request is sent ${growth} times, at other times that are assumed`,
    ],
  }
}

/** Of the normal distribution, for 95 %. */
const Z = 1.96

/** Copies lie between requests of each other, and few are shifted out of the run. */
function copyShift(log: RecordedRequests): number {
  const seconds = spanMs(log) / 1000
  return Number(Math.min(1e6, seconds / 20, (GAPS * seconds) / log.count).toPrecision(2))
}

const GAPS = 20

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
function firstTokenDelay(source: Source, law: StepLaw): Part {
  const { log, own } = source
  const { sentMs, firstTokenMs, inputTokens } = log.columns
  const rests: number[] = []
  for (let i = 0; i < log.count; i++) {
    const ttft = firstTokenMs[i]! - sentMs[i]!
    if (log.ok[i] !== 1 || own.before[i] !== 0 || !(ttft >= 0)) continue
    const prefill = law.per_prefill_token_ms.value * (inputTokens[i]! || 0)
    rests.push(ttft - law.base_ms.value - law.per_sequence_ms.value - prefill)
  }
  if (rests.length < IDLE_REQUESTS) {
    return unknownDelay(`${rests.length} requests met an idle server, fewer than ${IDLE_REQUESTS}`)
  }
  const sorted = Float64Array.from(rests).sort()
  const value = Number(percentile(sorted, 0.5).toPrecision(3))
  if (!(value > 0)) return NOTHING
  const stated = measuredOfAll(source, FIRST_TOKEN_DELAY, {
    ...{ value, n: rests.length },
    low: percentile(sorted, 0.025),
    high: percentile(sorted, 0.975),
    why: 'what requests that met an idle server waited for their first token beyond its step; the interval is that of single requests',
  })
  return { keys: { first_token_delay_ms: value }, values: [stated] }
}

const FIRST_TOKEN_DELAY = `${TRAFFIC}.first_token_delay_ms`

const unknownDelay = (why: string): Part => ({
  keys: {},
  values: [assumed(FIRST_TOKEN_DELAY, { value: null, basis: 'unknown', why })],
  warnings: ['first tokens may be too early: what they take beyond their step is not known'],
})

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
        return measuredOfAll(source, `${WORK}.${key}`, stated)
      }),
      assumed(`${WORK}.per_context_token_ms`, {
        value: 0,
        why: 'records have no lengths of contexts: their time is in the other two',
      }),
    ],
    warnings,
  }
}

/** Where a part of the requests was recorded: the mean step, at the load of the log. */
function meanWork(
  { name }: Source,
  { ms, requests }: NonNullable<ReturnType<typeof meanGap>>,
): Part {
  const base_ms = shortened(ms)
  const nothing = 'what ran beside each request is not seen: its time is in base_ms'
  return {
    keys: { work: { law: 'generation', base_ms, per_sequence_ms: 0, per_prefill_token_ms: 0 } },
    values: [
      assumed(`${WORK}.base_ms`, {
        value: base_ms,
        high: base_ms,
        why: `the mean gap between tokens of ${requests} requests in ${name}, at the load of that time`,
      }),
      ...['per_sequence_ms', 'per_prefill_token_ms'].map((key) =>
        assumed(`${WORK}.${key}`, { value: 0, why: nothing }),
      ),
      assumed(SPEED, {
        value: 1,
        ...{ low: 1 / (1 + SPEED_WIDTH), high: 1 + SPEED_WIDTH },
        why: 'a mean gap leaves the law of steps open',
      }),
    ],
    warnings: [
      'the law of steps is that of the load in the files: at another load it is extrapolated. Import all requests for more',
    ],
  }
}

/** `mostDecoding`: the most sequences that decoded at once on an instance; null if not known. */
function engine(source: Source, mostDecoding: number | null): Part {
  const most = Math.max(256, mostDecoding ?? 0)
  const path = `${POOL}.generation`
  const shown = mostDecoding === null ? '' : `: at most ${mostDecoding} sequences decoded at once`
  const why = `records do not show the limit${shown}`
  const { instances } = source
  const seen = instances === null ? null : seenReplicas(source, instances)
  const one = assumed(`${POOL}.replicas`, {
    value: 1,
    why: 'the law of steps is that of all replicas together, as one engine',
  })
  return {
    keys: {
      replicas: instances?.atOnce ?? 1,
      generation: { policy: 'continuous', max_sequences: most, token_budget: 2048 },
    },
    values: [
      ...(seen?.values ?? [one]),
      assumed(`${path}.max_sequences`, { value: most, why }),
      assumed(`${path}.token_budget`, { value: 2048, why: 'the default of vLLM' }),
    ],
    warnings: [
      `limits of the engine and its KV cache are assumed: ${inFlightText(source)}, and more may wait where the real engine is full`,
      ...(seen?.warnings ?? []),
    ],
  }
}

function inFlightText({ flight, coverage }: Source): string {
  return `up to ${flight.most}${coverage.isPart ? ' recorded' : ''} requests were in flight`
}

/** Replicas that are instances of the log. */
function seenReplicas(source: Source, { seen, atOnce }: Instances): Part {
  const isWhole = source.coverage.share === 1
  const others =
    seen > atOnce ? `${seen} instances answered, at most ${atOnce} of them at once` : ''
  const all = seen === 1 ? 'one instance answered' : `${seen} instances answered`
  const hidden = isWhole ? '' : '; one whose requests were not recorded is not seen'
  const value = measured(source, `${POOL}.replicas`, {
    value: atOnce,
    ...{ low: atOnce, high: isWhole ? seen : null },
    why: `${others || all}${hidden}`,
  })
  const spread = 'how requests are spread over instances is assumed: they share one queue'
  return { keys: { replicas: atOnce }, values: [value], warnings: atOnce > 1 ? [spread] : [] }
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
  // a wait that the server states is that of each request, whatever ran beside it
  const stated = from === 'queue' ? measured : measuredOfAll
  return {
    keys: { work: { law: 'table', sizes: [1], ms: [value], cv: shortened(cv) } },
    values: [
      stated(source, path, { value, low: mean.low, high: mean.high, n: requests, why }),
      stated(source, `${WORK}.cv`, { value: shortened(cv), n: requests, why }),
    ],
  }
}

/** The latency of a fast request is more than its service time. */
function unknownWork({ log, timeStepMs, coverage }: Source): Part {
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
        why: `an upper bound, the p10 of latency: ${coverage.isPart ? 'what ran beside recorded requests is not seen' : 'too few requests had the server alone'}, and no wait is stated`,
      }),
    ],
    warnings: [
      'service times are not known: send 100 requests one after another, or add the wait to the log, and import that',
    ],
  }
}

/** The instances that answered, or the fewest replicas that carry the traffic. */
function replicas(source: Source, service: ServiceTimes | null): Part {
  const { log, instances } = source
  const perMs = (growthOf(source) * log.count) / spanMs(log)
  const least = Math.max(1, Math.ceil(((service?.mean.value ?? 0) * perMs) / MOST_BUSY))
  if (instances !== null && instances.atOnce >= least) return seenReplicas(source, instances)
  const fewest = `the fewest that are busy at most ${100 * MOST_BUSY} % of the time`
  const busy =
    instances === null
      ? fewest
      : `${fewest}, as if each of the ${instances.atOnce} instances were several`
  const why = `${service === null ? 'records do not show it:' : `${busy};`} ${inFlightText(source)}`
  return {
    keys: { replicas: least },
    values: [assumed(`${POOL}.replicas`, { value: least, low: least, why })],
    warnings: ['the number of replicas is assumed: state it with --set pools.server.replicas=N'],
  }
}

const MOST_BUSY = 0.95

const percentText = (share: number) => `${Number((100 * share).toPrecision(2))} %`

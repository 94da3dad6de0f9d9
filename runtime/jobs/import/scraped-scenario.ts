import type {
  EvidenceValue as Figure,
  TrafficEvidence,
} from '../../../scenarios/evidence/prometheus/index.ts'
import type { EvidenceValue } from '../../../sim/documents/index.ts'
import { SPEED, SPEED_WIDTH, shortened, widthText } from '../../../sim/experiment/index.ts'

/** A scenario that follows from the metrics of a server, and what each of its values rests on. */
export interface ScrapedScenario {
  readonly scenario: object
  readonly values: readonly EvidenceValue[]
  readonly warnings: readonly string[]
}

const TRAFFIC = 'traffic.requests'
const WORK = 'models.server.work'
const POOL = 'pools.server'

/** A part of a scenario. */
interface Part {
  readonly keys: object
  readonly values: readonly EvidenceValue[]
  readonly warnings?: readonly string[]
}

export function scrapedScenario(evidence: TrafficEvidence): ScrapedScenario {
  const { from_s, to_s, rate, dispersion_within: within, notes } = evidence
  const generates = evidence.lengths.output.mean.value !== null
  const arrivals = scheduledArrivals(evidence)
  const service = generates ? null : serviceWork(evidence)
  const parts =
    service === null
      ? [arrivals, lengthsOf(evidence), stepWork(evidence), engine()]
      : [arrivals, service, replicas(evidence)]
  const [, work, pool] = generates ? parts.slice(1) : [null, parts[1]!, parts[2]!]
  const cv = cvOf(within)
  const uncertain = {
    ...(rate.value !== null &&
      rate.low !== null &&
      rate.high !== null && {
        'traffic of requests': widthText({ value: rate.value, low: rate.low, high: rate.high }),
      }),
    ...(service === null ? { [SPEED]: `± ${100 * SPEED_WIDTH} %` } : service.widths),
    ...(cv.low !== null &&
      cv.high! > cv.low && {
        [`${TRAFFIC}.arrivals.cv`]: [cv.low, cv.high],
      }),
  }
  return {
    scenario: {
      spillway: 1,
      name: 'imported',
      duration_s: Math.max(1, Math.ceil(to_s - from_s)),
      models: { server: work!.keys },
      traffic: [{ class: 'requests', ...arrivals.keys, ...(generates && parts[1]!.keys) }],
      pools: [{ name: 'server', model: 'server', ...pool!.keys }],
      ...(Object.keys(uncertain).length > 0 && { uncertain }),
    },
    values: parts.flatMap(({ values }) => values),
    warnings: [...notes, ...parts.flatMap(({ warnings = [] }) => warnings)],
  }
}

const scaled = (value: number | null, by: number) => (value === null ? null : value * by)

/** A value of the scenario by a figure, in a unit that is `by` times as small. */
function stated(
  path: string,
  { value, low, high, basis, source, count }: Figure,
  { why, by = 1, window }: { why: string; by?: number; window: TrafficEvidence },
): EvidenceValue {
  const seconds = window.to_s - window.from_s
  return {
    ...{ path, basis, why, n: count },
    value: value === null ? null : shortened(value * by),
    ...{ low: scaled(low, by), high: scaled(high, by) },
    source: basis === 'measured' ? source : '',
    ...(basis === 'measured' ? { from_s: 0, until_s: seconds } : { from_s: null, until_s: null }),
  }
}

export function assumed(path: string, value: number | null, why: string): EvidenceValue {
  const nothing = { low: null, high: null, source: '', from_s: null, until_s: null, n: 0 }
  return { path, value, basis: value === null ? 'unknown' : 'assumed', why, ...nothing }
}

/** Counts of a renewal process have the dispersion cv² in long windows (Cox 1962). */
function cvOf({ value, low, high }: Figure) {
  const root = (dispersion: number | null) =>
    dispersion === null ? null : shortened(Math.min(50, Math.max(0.05, Math.sqrt(dispersion))))
  return { value: root(value) ?? 1, low: root(low), high: root(high) }
}

function scheduledArrivals(evidence: TrafficEvidence): Part {
  const { rate, schedule, dispersion_within: within } = evidence
  const path = `${TRAFFIC}.arrivals`
  const cv = cvOf(within)
  const window = evidence
  const isFlat = schedule.length <= 1
  const why = 'the increase of a counter over its time'
  return {
    keys: {
      arrivals: {
        process: 'gamma',
        cv: cv.value,
        ...(isFlat
          ? { rate_rps: shortened(rate.value!) }
          : {
              schedule: schedule.map(({ at_s, value }) => ({ at_s, rate_rps: shortened(value) })),
            }),
      },
    },
    values: [
      ...(isFlat
        ? [stated(`${path}.rate_rps`, rate, { why, window })]
        : schedule.map((step, i) =>
            stated(`${path}.schedule.${i}.rate_rps`, step, {
              why: step.basis === 'measured' ? why : step.source,
              window,
            }),
          )),
      {
        ...assumed(
          `${path}.cv`,
          cv.value,
          `bursts within a step of ${evidence.step_s} s are not seen: ${within.source}`,
        ),
        ...{ low: cv.low, high: cv.high },
      },
    ],
  }
}

/** Means are measured; how single requests differ is assumed. */
function lengthsOf(evidence: TrafficEvidence): Part {
  const { input, output } = evidence.lengths
  const each = [
    ['input_tokens', input.mean],
    ['output_tokens', output.mean],
  ] as const
  const known = each.filter(([, mean]) => mean.value !== null)
  return {
    keys: Object.fromEntries(
      known.map(([key, { value }]) => [
        key,
        { distribution: 'geometric', mean: shortened(Math.max(1, value!)) },
      ]),
    ),
    values: known.map(([key, mean]) =>
      stated(`${TRAFFIC}.${key}.mean`, mean, {
        why: 'the increase of a sum over that of its count',
        window: evidence,
      }),
    ),
    warnings: [
      'lengths have measured means; that they scatter as a geometric distribution is assumed',
    ],
  }
}

/**
 * The law of steps at the load of the window. A mean gap holds the prompts that were computed
 * meanwhile: gap = base + prefill · rate · gap, where a prompt takes base + prefill alone. Both
 * means together give the two.
 */
function stepWork(evidence: TrafficEvidence): Part {
  const { means, gauges, lengths, rate } = evidence
  const { inter_token_s: gap, prefill_s: prompt } = means
  const input = lengths.input.mean.value
  const times = stepTimes(gap.value, prompt.value, rate.value!)
  const base = shortened(1000 * (times?.base_s ?? 0.001))
  const perToken =
    times === null || input === null ? 0 : shortened((1000 * times.prefill_s) / input)
  const { running } = gauges
  const batch =
    running.value === null
      ? null
      : [running.value, running.largest ?? running.value].map((n) => Math.max(1, Math.round(n)))
  const from = { by: 1000, window: evidence }
  const ofMean = (path: string, figure: Figure, value: number, why: string): EvidenceValue => {
    return { ...stated(path, figure, { ...from, why }), value, low: null, high: null }
  }
  const less = 'the mean gap between tokens, less the prompts that were computed meanwhile'
  const rest = 'the mean time of a prompt less that of a step, over its mean length'
  return {
    keys: {
      work: {
        law: 'generation',
        base_ms: base,
        per_prefill_token_ms: perToken,
        ...(batch !== null && { fitted: { batch, source: gap.source } }),
      },
    },
    values: [
      times === null
        ? assumed(`${WORK}.base_ms`, base, PLACEHOLDER)
        : ofMean(`${WORK}.base_ms`, gap, base, less),
      perToken > 0
        ? ofMean(`${WORK}.per_prefill_token_ms`, prompt, perToken, rest)
        : assumed(`${WORK}.per_prefill_token_ms`, 0, 'no metric tells prompts from steps'),
      assumed(`${WORK}.per_sequence_ms`, 0, 'one window does not show what more sequences cost'),
      {
        ...assumed(SPEED, 1, 'means of one window leave the law open'),
        ...{ low: 1 / (1 + SPEED_WIDTH), high: 1 + SPEED_WIDTH },
      },
    ],
    warnings: [
      'the law of steps is that of the load in the window: at another load it is extrapolated. Import a file of requests for more',
      ...(times === null ? [NO_TIMES] : []),
    ],
  }
}

interface StepTimes {
  readonly base_s: number
  /** of a whole prompt, beside a step */
  readonly prefill_s: number
}

/** Null without a gap. Without the time of prompts, all of the gap is base. */
function stepTimes(gap: number | null, prompt: number | null, rate_rps: number): StepTimes | null {
  if (gap === null || gap <= 0) return null
  const isTold = prompt !== null && prompt > gap && rate_rps * prompt < 1
  if (!isTold) return { base_s: gap, prefill_s: 0 }
  const base_s = (gap * (1 - rate_rps * prompt)) / (1 - rate_rps * gap)
  return { base_s, prefill_s: prompt - base_s }
}

const PLACEHOLDER = 'a placeholder: no metric has such times'
const NO_TIMES = 'service times are placeholders: state the work of your server before you simulate'

function engine(): Part {
  return {
    keys: {
      replicas: 1,
      generation: { policy: 'continuous', max_sequences: 256, token_budget: 2048 },
    },
    values: [
      assumed(`${POOL}.replicas`, 1, 'the metrics are taken as those of one engine'),
      assumed(`${POOL}.generation.max_sequences`, 256, 'metrics do not have the limit'),
      assumed(`${POOL}.generation.token_budget`, 2048, 'metrics do not have the limit'),
    ],
    warnings: ['limits of the engine and its KV cache are assumed'],
  }
}

/** Assumed of service times that are measured: 95 % of those of other days are within this. */
export const MEASURED_SPEED_WIDTH = 0.1
/** The coefficient of variation of exponential times. */
const EXPONENTIAL_CV = 1
/** The most that a law may have. */
const MOST_CV = 10

interface ServiceWork extends Part {
  /** what `uncertain` has of it */
  readonly widths: Readonly<Record<string, unknown>>
}

/** The service time of a request, and how single ones vary about it. */
function serviceWork(evidence: TrafficEvidence): ServiceWork {
  const { compute_s: compute, latency_s: latency, queue_s: queue } = evidence.means
  const path = `${WORK}.base_ms`
  const ms = { by: 1000, window: evidence }
  if (compute.value !== null && compute.value > 0) {
    const why = 'the mean time of the batch of a request'
    return variedWork(evidence, compute.value, stated(path, compute, { ...ms, why }))
  }
  if (latency.value === null || latency.value <= 0) {
    return {
      keys: { work: { law: 'constant', ms: 1 } },
      values: [assumed(`${WORK}.ms`, 1, PLACEHOLDER)],
      warnings: [NO_TIMES],
      widths: {},
    }
  }
  const rest = latency.value - (queue.value ?? 0)
  const found = { ...stated(path, latency, { ...ms, why: '' }), low: null }
  if (queue.value !== null && rest > 0) {
    const why = 'mean latency less mean wait'
    return variedWork(evidence, rest, { ...found, why, value: shortened(1000 * rest), high: null })
  }
  const bound = 1000 * latency.value
  const why = 'an upper bound, the mean latency: no metric has the wait'
  return {
    keys: { work: { law: 'constant', ms: shortened(bound) } },
    values: [{ ...assumed(`${WORK}.ms`, shortened(bound), why), high: bound }],
    warnings: ['only a mean time is known: that it does not vary is assumed'],
    widths: {},
  }
}

/** Service times about a measured mean. */
function variedWork(
  evidence: TrafficEvidence,
  service_s: number,
  mean: EvidenceValue,
): ServiceWork {
  const { compute_variation: known } = evidence
  const low = known === null ? 0 : shortened(Math.min(MOST_CV, known.low))
  const high = known === null ? EXPONENTIAL_CV : shortened(Math.min(MOST_CV, known.high ?? MOST_CV))
  const byWait = variationByWait(evidence, service_s)
  const cv = shortened(Math.min(high, Math.max(low, byWait ?? (low + high) / 2)))
  const range =
    known === null ? 'between none and that of exponential times' : `within ${known.source}`
  const value =
    byWait === null
      ? 'the middle'
      : 'as the mean wait shows it for Poisson arrivals and one replica'
  return {
    keys: { work: { law: 'linear', base_ms: shortened(1000 * service_s), cv } },
    values: [
      mean,
      { ...assumed(`${WORK}.cv`, cv, `${range}, ${value}`), low, high },
      {
        ...assumed(SPEED, 1, 'how much times differ on other days is not counted'),
        ...{ low: 1 / (1 + MEASURED_SPEED_WIDTH), high: 1 + MEASURED_SPEED_WIDTH },
      },
    ],
    warnings: [
      'times begin when the server has a request: the way to its clients is not in them. State it with --set pools.server.link.delay_ms=N',
    ],
    widths: {
      [SPEED]: `± ${100 * MEASURED_SPEED_WIDTH} %`,
      ...(high > low && { [`${WORK}.cv`]: [low, high] }),
    },
  }
}

/**
 * The coefficient of variation of service times that gives the mean wait of a single server with
 * Poisson arrivals (Pollaczek 1930, Khinchine 1932). Null where no wait is measured, or where one
 * server does not carry the traffic.
 */
function variationByWait({ means, rate }: TrafficEvidence, service_s: number): number | null {
  const { value: wait_s } = means.queue_s
  const load = rate.value! * service_s
  if (wait_s === null || replicasFor(load) > 1) return null
  return Math.sqrt(Math.max(0, (2 * wait_s * (1 - load)) / (load * service_s) - 1))
}

const MOST_BUSY = 0.95

/** `load`: in replicas that are always busy */
const replicasFor = (load: number) => Math.max(1, Math.ceil(load / MOST_BUSY))

function replicas({ means, rate }: TrafficEvidence): Part {
  const service = means.compute_s.value ?? means.latency_s.value ?? 0
  const least = replicasFor(service * rate.value!)
  const why = 'the fewest that carry the traffic by that service time, one request at a time'
  return {
    keys: { replicas: least },
    values: [assumed(`${POOL}.replicas`, least, why)],
    warnings: ['the number of replicas is assumed: state it with --set pools.server.replicas=N'],
  }
}

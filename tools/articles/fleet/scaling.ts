import { type Scenario, scenarioSchema } from '../../../scenarios/index.ts'
import {
  neededAt,
  poolOracles,
  type ReplicaRate,
  type RunSummary,
  runReplication,
  type SimulationInput,
  simulationInput,
} from '../../../sim/experiment/index.ts'
import { stream } from '../../../sim/kernel/index.ts'
import { oracleReplicas } from '../../../sim/serving/index.ts'
import { type Interval, tInterval } from '../../../sim/stats/index.ts'
import { arrivalsOf, codeRates, DAY_S, WAVE_STEP_S, waveRates } from './rates.ts'

/** Service times scatter so, relative to their mean. */
const CV = 0.3
/** A request is in time within so many times its mean service time. */
const LIMIT = 3
const MOST = 160

/** Traffic with the part of it that counts. */
interface Traffic {
  readonly arrivals: object
  readonly warmupS: number
  readonly durationS: number
  /** mean time of a request */
  readonly serviceS: number
  /** median time from asking for a replica until it serves; the 99th percentile is a fifth more */
  readonly startS: number
  /** the same arrivals as rates in steps, for the oracle */
  readonly rates: readonly number[]
  readonly stepS: number
}

/** What a policy did in one replication, after the warm-up. */
interface Outcome {
  /** share of requests that were in time */
  readonly attained: number
  readonly replicaHours: number
  readonly oracleHours: number
  /** share of the decisions whose reason is a forecast */
  readonly forecasts: number
}

function scaledInput(traffic: Traffic, scaling: object, seed: number): SimulationInput {
  const scenario: Scenario = scenarioSchema.parse({
    spillway: 1,
    name: 'fleet',
    seed,
    duration_s: traffic.durationS,
    warmup_s: traffic.warmupS,
    models: {
      model: { work: { law: 'linear', base_ms: 1000 * traffic.serviceS, per_item_ms: 0, cv: CV } },
    },
    traffic: [{ class: 'all', arrivals: traffic.arrivals }],
    slo: { all: [`p(99) latency_ms < ${1000 * LIMIT * traffic.serviceS}`] },
    pools: [
      {
        name: 'pool',
        model: 'model',
        batching: { policy: 'none' },
        replicas: MOST,
        scaling: { initial: initial(traffic), max: MOST, start_s: startOf(traffic), ...scaling },
      },
    ],
  })
  return simulationInput(scenario)
}

/** What serves the rate of the warm-up. */
function initial({ rates, stepS, warmupS, serviceS }: Traffic): number {
  const before = rates.slice(0, Math.round(warmupS / stepS))
  const mean = before.reduce((sum, rate) => sum + rate, 0) / before.length
  return Math.min(MOST, Math.ceil(1.2 * mean * serviceS))
}

const startOf = ({ startS }: Traffic) => ({
  distribution: 'lognormal',
  median: startS,
  p99: 1.2 * startS,
})

const played = (traffic: Traffic, scaling: object, seed: number, replication = 0) =>
  runReplication(scaledInput(traffic, scaling, seed), replication)

function outcomeOf(run: RunSummary, oracleHours: number): Outcome {
  const [figures] = run.classes
  const { paidS, steps } = run.availability![0]!
  const forecasts = steps.filter(({ reason }) => reason.startsWith('forecast')).length
  return {
    attained: figures!.good / figures!.counts.arrived,
    replicaHours: paidS / 3600,
    oracleHours,
    forecasts: steps.length === 0 ? 0 : forecasts / steps.length,
  }
}

/** The highest steady rates of 1, 2, 4, … replicas, up to those that the traffic needs. */
async function steadyRates(traffic: Traffic): Promise<readonly ReplicaRate[]> {
  const scaling = { policy: 'fixed', replicas: MOST, initial: MOST }
  const input = { ...scaledInput(traffic, scaling, 1), capacitiesRps: [MOST / traffic.serviceS] }
  const run = runReplication(input, 0)
  const [oracle] = await poolOracles(input, [run], async (of) => runReplication(of, 0))
  if (oracle === null || oracle === undefined || typeof oracle === 'string') {
    throw new Error(`no oracle: ${oracle}`)
  }
  return oracle.rates
}

/** Replica-hours of the oracle after the warm-up. */
function oracleHours(
  { rates, stepS, startS, warmupS, durationS }: Traffic,
  steady: readonly ReplicaRate[],
): number {
  const { paid } = oracleReplicas(rates, {
    needed: (rps) => Math.min(MOST, neededAt(steady, rps)),
    leadSteps: Math.ceil(startS / stepS),
    min: 1,
  })
  const counted = paid.slice(Math.round(warmupS / stepS), Math.round(durationS / stepS))
  return (counted.reduce((sum, count) => sum + count, 0) * stepS) / 3600
}

/** Share of the requests that is to be in time; a burst of code is over before replicas start. */
export const ATTAINED = { wave: 0.99, code: 0.9 } as const
/** Mean time of a request, s: both pools have up to some 90 busy replicas or 10. */
export const SERVICE_S = { wave: 1, code: 4 } as const
/** Of the rate of ServeGen. */
export const FACTOR = 1 / 20
/** Hours of an evening that count, and of the traffic before it. */
export const EVENING_H = [17.5, 23] as const
const WARMUP_S = 1800
/** Evenings from this day of the trace on, each with the days before it as history. */
const FIRST_DAY = 1
export const EVENINGS = 10
/** Draws of arrivals of the code trace. */
export const DRAWS = 10
/** Minutes of the trace of code: of history, and in all. */
const CODE_MINUTES = [33, 57] as const
/** From too few replicas to too many: number of settings, the first, and from one to the next. */
const SETTINGS = {
  wave: { count: 40, first: 1.12, step: 1.015 },
  code: { count: 40, first: 2.5, step: 1.05 },
} as const
/** Time over which the oracle sees the rate of code, s: a request has 12 s. */
const CODE_STEP_S = 10
/**
 * Settings are tried until replica-hours are so many times the fewest that attain the share:
 * where nearly all requests are in time, and elsewhere.
 */
const BEYOND = { sure: 1.02, unsure: 1.1 } as const

/** A policy with one setting: the load for each replica, as a share of what one serves. */
interface Tunable {
  readonly name: string
  readonly scaling: (setting: number, traffic: Traffic) => object
}

const forecasting = (name: string, more: object): Tunable => ({
  name,
  scaling: (busy, { startS, serviceS }) => ({
    policy: 'predictive',
    capacity_rps: busy / serviceS,
    lead_s: startS,
    ...more,
  }),
})

/** Never refitted, so that it scales by the recent rate with the headroom of its past changes. */
const WITHOUT = { seasonality: 'none', refit_s: 1e9 } as const

const REACTIVE: readonly Tunable[] = [
  {
    name: 'hpa',
    scaling: (target) => ({ policy: 'hpa', metrics: [{ metric: 'concurrency', target }] }),
  },
  {
    name: 'keda',
    scaling: (busy, { serviceS }) => ({
      policy: 'keda',
      metric: 'rate_rps',
      threshold: busy / serviceS,
      min: 1,
    }),
  },
]

/** One kind of traffic with the policies that it is given. */
export interface Study {
  readonly name: string
  readonly startS: number
  readonly rows: readonly StudyRow[]
}

export interface StudyRow {
  readonly policy: string
  /** at the setting with the fewest replica-hours that attains the share, each time its own */
  readonly attained: Interval
  readonly replicaHours: Interval
  /** replica-hours above those of the oracle */
  readonly regret: Interval
  /** share of the decisions that follow a forecast */
  readonly forecasts: number
  /** times that no setting attains the share */
  readonly unattained: number
  /** replica-hours of the first policy over those of this one, -1 */
  readonly hoursLess: Interval
  /** with the setting that was best the time before; null where times do not follow each other */
  readonly before: {
    readonly attained: Interval
    readonly replicaHours: Interval
    /** the first policy less this one: share in time, and replica-hours over this one's, -1 */
    readonly attainedLess: Interval
    readonly hoursLess: Interval
  } | null
}

/** An evening, with a rate for each step of all days before it, as a scaler has recorded them. */
function evening(all: readonly number[], day: number, startS: number, stepS: number) {
  const [from, to] = EVENING_H.map((hour) => (day * DAY_S + hour * 3600) / WAVE_STEP_S)
  const begin = from! - WARMUP_S / WAVE_STEP_S
  const rates = all.slice(begin, to)
  const traffic: Traffic = {
    arrivals: arrivalsOf(rates, WAVE_STEP_S),
    warmupS: WARMUP_S,
    durationS: rates.length * WAVE_STEP_S,
    startS,
    serviceS: SERVICE_S.wave,
    rates,
    stepS: WAVE_STEP_S,
  }
  const random = stream(1, day, 'recorded rates')
  const every = stepS / WAVE_STEP_S
  const history: number[] = []
  for (let i = begin % every; i < begin; i += every) {
    const mean = all.slice(i, i + every).reduce((sum, rate) => sum + rate, 0) / every
    // counts of Poisson arrivals in the step, nearly normal
    history.push(Math.max(0, mean + random.normal() * Math.sqrt(mean / stepS)))
  }
  return { traffic, more: { step_s: stepS, history_rps: history } }
}

/** How much of the traffic is played. */
export interface ScalingExtent {
  readonly evenings: number
  readonly draws: number
  /** times the rates of the study */
  readonly rate: number
  /** settings that are tried at most */
  readonly settings: number
}

export const WHOLE_SCALING: ScalingExtent = {
  ...{ evenings: EVENINGS, draws: DRAWS, rate: 1, settings: Infinity },
}

/** For a smoke run: a few replicas serve little traffic. */
export const SMALL_SCALING: ScalingExtent = { evenings: 2, draws: 2, rate: 1 / 100, settings: 2 }

/** Evenings of the wave. */
export function waveStudy(startS: number, extent: ScalingExtent): Promise<Study> {
  const all = waveRates().map((rate) => FACTOR * extent.rate * rate)
  const evenings = Array.from({ length: extent.evenings }, (_, i) =>
    evening(all, FIRST_DAY + i, startS, 60),
  )
  return study({
    name: 'ServeGen m-small',
    kind: 'wave',
    startS,
    settings: extent.settings,
    times: evenings.map(({ traffic, more }) => ({ traffic, more, replication: 0 })),
    ordered: true,
  })
}

/** The second half of the trace, with fresh arrivals at the rate of each second. */
export function codeStudy(startS: number, extent: ScalingExtent): Promise<Study> {
  const [history, end] = CODE_MINUTES.map((minutes) => 60 * minutes)
  const each = codeRates()
    .slice(0, end!)
    .map((rate) => extent.rate * rate)
  const rates = Array.from({ length: Math.floor(end! / CODE_STEP_S) }, (_, i) => {
    const from = i * CODE_STEP_S
    return each.slice(from, from + CODE_STEP_S).reduce((sum, rate) => sum + rate, 0) / CODE_STEP_S
  })
  const traffic: Traffic = {
    arrivals: arrivalsOf(each, 1),
    warmupS: history!,
    durationS: end!,
    startS,
    serviceS: SERVICE_S.code,
    rates,
    stepS: CODE_STEP_S,
  }
  const more = { step_s: 30, seasonality: 'none', period_s: 900, refit_s: 300 }
  return study({
    name: 'Azure code',
    kind: 'code',
    startS,
    settings: extent.settings,
    times: Array.from({ length: extent.draws }, (_, replication) => ({
      traffic,
      more,
      replication,
    })),
    ordered: false,
  })
}

/** One evening, or one draw of arrivals. */
interface Time {
  readonly traffic: Traffic
  /** keys of the policies that forecast */
  readonly more: object
  readonly replication: number
}

interface Trial {
  readonly setting: number
  readonly outcome: Outcome
}

type Kind = keyof typeof ATTAINED

async function study(of: {
  readonly name: string
  readonly kind: Kind
  readonly startS: number
  readonly settings: number
  readonly times: readonly Time[]
  readonly ordered: boolean
}): Promise<Study> {
  const { name, kind, startS, times } = of
  const attained = ATTAINED[kind]
  const steady = await steadyRates(times[0]!.traffic)
  const oracles = times.map(({ traffic }) => oracleHours(traffic, steady))
  const policiesOf = ({ more }: Time) => [
    forecasting('predictive', more),
    forecasting('recent rate', { ...more, ...WITHOUT }),
    ...REACTIVE,
  ]
  const tuned = times.map((time, i) =>
    policiesOf(time).map((policy) => {
      const best = bestSetting(policy, time, oracles[i]!, kind, of.settings)
      const { setting, outcome } = best
      process.stderr.write(
        `${name}, starts of ${startS} s, ${i + 1} of ${times.length}: ${policy.name} at ${setting.toFixed(3)}, ${(100 * outcome.attained).toFixed(2)} % in time, ${outcome.replicaHours.toFixed(1)} h of ${oracles[i]!.toFixed(1)} h\n`,
      )
      return best
    }),
  )
  const before = !of.ordered
    ? null
    : times
        .slice(1)
        .map((time, i) =>
          policiesOf(time).map((policy, p) =>
            outcomeWith(policy, tuned[i]![p]!.setting, time, oracles[i + 1]!),
          ),
        )
  const rows = policiesOf(times[0]!).map(({ name }, p): StudyRow => {
    const over = (figure: (trial: Trial, i: number) => number) =>
      tInterval(tuned.map((policies, i) => figure(policies[p]!, i)))
    const later = (figure: (own: Outcome, first: Outcome) => number) =>
      tInterval(before!.map((policies) => figure(policies[p]!, policies[0]!)))
    return {
      policy: name,
      attained: over(({ outcome }) => outcome.attained),
      replicaHours: over(({ outcome }) => outcome.replicaHours),
      regret: over(({ outcome }) => outcome.replicaHours - outcome.oracleHours),
      forecasts: over(({ outcome }) => outcome.forecasts).value,
      unattained: tuned.filter((policies) => policies[p]!.outcome.attained < attained).length,
      hoursLess: over(({ outcome }, i) => {
        return tuned[i]![0]!.outcome.replicaHours / outcome.replicaHours - 1
      }),
      before: before && {
        attained: later((outcome) => outcome.attained),
        replicaHours: later((outcome) => outcome.replicaHours),
        attainedLess: later((outcome, first) => first.attained - outcome.attained),
        hoursLess: later((outcome, first) => first.replicaHours / outcome.replicaHours - 1),
      },
    }
  })
  return { name, startS, rows }
}

const outcomeWith = (policy: Tunable, setting: number, time: Time, oracle: number) => {
  const { traffic, replication } = time
  return outcomeOf(played(traffic, policy.scaling(setting, traffic), 2, replication), oracle)
}

/**
 * Tries ever more replicas, until more of them are of no use. Returns the trial with the fewest
 * replica-hours that attains the share, or else the one nearest to it.
 */
function bestSetting(
  policy: Tunable,
  time: Time,
  oracle: number,
  kind: Kind,
  most = Number.POSITIVE_INFINITY,
): Trial {
  const attained = ATTAINED[kind]
  const { count, first, step } = SETTINGS[kind]
  const surely = 1 - (1 - attained) / 50
  let [best, nearest]: (Trial | null)[] = [null, null]
  for (let i = 0; i < Math.min(count, most); i++) {
    const setting = first / step ** i
    const outcome = outcomeWith(policy, setting, time, oracle)
    const trial = { setting, outcome }
    if (outcome.attained > (nearest?.outcome.attained ?? -1)) nearest = trial
    if (outcome.attained < attained) continue
    if (outcome.replicaHours < (best?.outcome.replicaHours ?? Infinity)) best = trial
    const { sure, unsure } = BEYOND
    const limit = (outcome.attained < surely ? unsure : sure) * best!.outcome.replicaHours
    if (outcome.replicaHours > limit) break
  }
  return (best ?? nearest)!
}

import { type Interval, tInterval } from '../../../sim/stats/index.ts'
import { arrivalsOf, codeRates, DAY_S, WAVE_STEP_S, waveRates } from './rates.ts'
import {
  type Outcome,
  oracleHours,
  outcomeOf,
  played,
  steadyRates,
  type Traffic,
} from './scaled-pool.ts'

/** Share of the requests that is to be in time; a burst of code is over before replicas start. */
export const ATTAINED = { wave: 0.99, code: 0.9 } as const
/** Mean time of a request, s: both pools have about 20 busy replicas or 10. */
export const SERVICE_S = { wave: 10, code: 4 } as const
/** Of the rate of ServeGen. */
export const FACTOR = 1 / 400
/** Pairs behind each interval. */
export const PAIRS = 10
/** Days of history before a day that counts. */
const HISTORY_DAYS = 2
/** Minutes of the trace of code: of history, up to the end of tuning, and in all. */
const CODE_MINUTES = [10, 33, 57] as const
/** Halvings of the range of a setting. */
const HALVINGS = 4

/** A policy with one setting, of which more means more replicas. */
export interface Tunable {
  readonly name: string
  readonly range: readonly [few: number, many: number]
  readonly scaling: (setting: number, traffic: Traffic) => object
}

const forecasting = (name: string, more: object): Tunable => ({
  name,
  range: [1.2, 0.1],
  scaling: (busy, { startS, serviceS }) => ({
    ...{ policy: 'predictive', capacity_rps: busy / serviceS, lead_s: startS, ...more },
  }),
})

const hpa: Tunable = {
  name: 'hpa',
  range: [1.2, 0.1],
  scaling: (target) => ({ policy: 'hpa', metrics: [{ metric: 'concurrency', target }] }),
}

/** Never refitted, so that it scales by the recent rate with the headroom of its past changes. */
const WITHOUT = { seasonality: 'none', refit_s: 1e9 } as const

/** One kind of traffic with the policies that it is given. */
export interface Study {
  readonly name: string
  readonly startS: number
  readonly rows: readonly StudyRow[]
}

export interface StudyRow {
  readonly policy: string
  readonly setting: number
  readonly attained: Interval
  readonly replicaHours: Interval
  /** replica-hours above those of the oracle */
  readonly regret: Interval
  /** share of the decisions that follow a forecast */
  readonly forecasts: number
  /** predictive less this one: share in time, and replica-hours in per cent of this one's */
  readonly attainedLess: Interval
  readonly hoursLess: Interval
}

/** A day of the wave after its history. */
function waveTraffic(all: readonly number[], day: number, startS: number): Traffic {
  const perDay = DAY_S / WAVE_STEP_S
  const from = (day - HISTORY_DAYS) * perDay
  const rates = all.slice(from, (day + 1) * perDay).map((rate) => FACTOR * rate)
  return {
    arrivals: arrivalsOf(rates, WAVE_STEP_S),
    warmupS: HISTORY_DAYS * DAY_S,
    durationS: (HISTORY_DAYS + 1) * DAY_S,
    ...{ startS, serviceS: SERVICE_S.wave, rates, stepS: WAVE_STEP_S },
  }
}

/** Days 4 to 13 of the wave count; settings are tuned on day 3. */
export function waveStudy(startS: number): Promise<Study> {
  const all = waveRates()
  const more = { step_s: 300 }
  return study({
    name: 'ServeGen m-small',
    attained: ATTAINED.wave,
    startS,
    policies: [
      forecasting('predictive', more),
      forecasting('recent rate', { ...more, ...WITHOUT }),
      hpa,
    ],
    tuned: waveTraffic(all, 2, startS),
    counted: Array.from({ length: PAIRS }, (_, i) => waveTraffic(all, 3 + i, startS)),
  })
}

/** The second half of the trace counts, with fresh arrivals at the rate of each second. */
export function codeStudy(startS: number): Promise<Study> {
  const all = codeRates()
  const [history, middle, end] = CODE_MINUTES.map((minutes) => 60 * minutes)
  const part = (warmupS: number, durationS: number): Traffic => {
    const rates = all.slice(0, durationS)
    const serviceS = SERVICE_S.code
    return { arrivals: arrivalsOf(rates, 1), warmupS, durationS, startS, serviceS, rates, stepS: 1 }
  }
  const more = { step_s: 30, seasonality: 'none', period_s: 900, refit_s: 300 }
  return study({
    name: 'Azure code',
    attained: ATTAINED.code,
    startS,
    policies: [
      forecasting('predictive', more),
      forecasting('recent rate', { ...more, ...WITHOUT }),
      hpa,
    ],
    tuned: part(history!, middle!),
    counted: Array.from({ length: PAIRS }, () => part(middle!, end!)),
  })
}

async function study(of: {
  readonly name: string
  readonly attained: number
  readonly startS: number
  readonly policies: readonly Tunable[]
  readonly tuned: Traffic
  readonly counted: readonly Traffic[]
}): Promise<Study> {
  const { name, startS, policies, tuned, counted } = of
  const steady = await steadyRates(tuned)
  const oracles = counted.map((traffic) => oracleHours(traffic, steady))
  const outcomes = policies.map((policy) => {
    const setting = tunedSetting(policy, tuned, of.attained)
    process.stderr.write(`${name}: ${policy.name} at ${setting.toPrecision(3)}\n`)
    const scaling = policy.scaling(setting, tuned)
    const runs = counted.map((traffic, i) => outcomeOf(played(traffic, scaling, 2, i), oracles[i]!))
    return { policy, setting, runs }
  })
  const first = outcomes[0]!.runs
  const rows = outcomes.map(({ policy, setting, runs }): StudyRow => {
    const over = (figure: (run: Outcome, i: number) => number) => tInterval(runs.map(figure))
    return {
      policy: policy.name,
      setting,
      attained: over(({ attained }) => attained),
      replicaHours: over(({ replicaHours }) => replicaHours),
      regret: over((run) => run.replicaHours - run.oracleHours),
      forecasts: runs.reduce((sum, { forecasts }) => sum + forecasts, 0) / runs.length,
      attainedLess: over(({ attained }, i) => first[i]!.attained - attained),
      hoursLess: over(({ replicaHours }, i) => first[i]!.replicaHours / replicaHours - 1),
    }
  })
  return { name, startS, rows }
}

/** The setting with the fewest replicas that attains the share, on traffic that does not count. */
function tunedSetting({ range, scaling }: Tunable, traffic: Traffic, attained: number): number {
  let [few, many] = range
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (few + many) / 2
    const run = played(traffic, scaling(middle, traffic), 1)
    if (outcomeOf(run, 0).attained >= attained) many = middle
    else few = middle
  }
  return many
}

import { atTraffic, headroom } from '../../runtime/jobs/headroom.ts'
import { loadSystem, type System } from '../../runtime/jobs/prepare.ts'
import { simulate } from '../../runtime/jobs/simulate.ts'
import { withUncertainInputs } from '../../runtime/jobs/uncertainty.ts'
import { loadScenario } from '../../scenarios/index.ts'
import type { Uncertainty } from '../../sim/documents/index.ts'
import { type Random, stream } from '../../sim/kernel/index.ts'
import type { Profile } from '../../sim/world/index.ts'
import { calibratedProfile, dayOf, withoutIdleWidth } from './calibrated-machine.ts'
import {
  IDLE,
  type KnownMachine,
  PRICE,
  RATE,
  SERVICE,
  SPEED,
  type StatedWidth,
} from './machines.ts'
import { type Day, LEVELS, p95At, type Sojourns, trueHeadroom } from './sojourns.ts'

/**
 * Planners that know what is not known, on machines of known truth. A planner gets a scenario, and
 * where the machine was calibrated a profile: rate, limit and occasions of its own. Its intervals
 * are tried on many truths: other days of the machine, and inputs that are drawn anew.
 */

/** Stated values: 10 ms, and 1.5 USD an hour. */
const SERVICE_MS = 10
const USD_PER_HOUR = 1.5
/** Requests of a run behind each percentile. */
const REQUESTS = 4000
const WARMUP_S = 20
/** Truths that the percentiles and the cost of a planner are tried on. */
export const TRUTHS = 500
/** As few as `simulate` takes. More draws hardly change how often an interval holds the truth. */
const DRAWS = 32
/** The limit is that of a load so far between the stated one and this one. */
const [MOST_LOAD, LEAST_SHARE, MOST_SHARE] = [0.85, 0.2, 0.6]

/** In this order in all lists. */
export const FIGURES = ['p50', 'p95', 'p99', 'headroom', 'cost'] as const

/** Of each of `FIGURES`, the share of truths that the intervals of a planner hold. */
export interface Held {
  readonly wider: readonly number[]
  readonly draws: readonly number[]
  /** draws of the inputs */
  readonly drawn: number
  /** truths in which the headroom that is answered passes; null where there is no answer */
  readonly promised: number | null
}

export interface Asked {
  /** what the planner leaves out; null for a planner that knows what is not known */
  readonly leftOut: string | null
  readonly sojourns: Sojourns
  /** whether it asks for the headroom, as `--headroom` does: a search of some traffics */
  readonly searches: boolean
}

export async function planned(
  machine: KnownMachine,
  planner: number,
  { leftOut, sojourns, searches }: Asked,
): Promise<Held> {
  const random = stream(1, planner, 'truth')
  const plan = statedPlan(machine, sojourns, random)
  const truths = Array.from({ length: TRUTHS }, () => truthOf(machine, plan, random))
  const system = await systemOf(machine, plan, { planner, leftOut })
  const stated = await simulate(system)
  const wider = await withUncertainInputs(system, stated, { mostDraws: DRAWS })
  const limited = { sojourns, limitMs: plan.limitMs }
  const ofHeadroom = await headroomHeld(system, truths[0]!.day, limited)
  const share = (interval: Ends, figureOf: (truth: Truth) => number) =>
    truths.filter((truth) => isIn(interval, figureOf(truth))).length / TRUTHS
  const shares = (intervalOf: (figure: Figure) => Ends, shareOfHeadroom: number) => {
    const intervalAt = (metric: Figure['metric'], p: number | null) =>
      intervalOf(figureOf(wider.uncertainty!, metric, p))
    const latencies = LEVELS.map((p, level) =>
      share(intervalAt('latency', p), ({ day }) => sojourns(day)[level]!),
    )
    return [...latencies, shareOfHeadroom, share(intervalAt('usd_per_million', null), costOf)]
  }
  const answered = searches ? (await headroom(system, wider.objectives, {})).holds : null
  return {
    wider: shares((figure) => figure, ofHeadroom.wider),
    draws: shares(({ draws }) => draws, ofHeadroom.draws),
    drawn: wider.uncertainty!.draws,
    promised: answered === null ? null : promisedShare(answered, truths, limited),
  }
}

/** What a planner states. */
interface Plan {
  readonly rate: number
  /** of the 95th percentile */
  readonly limitMs: number
}

/** Digits of a limit in the text of a scenario. */
const DIGITS = 6

function statedPlan(
  { loads: [least, most], calibrated }: KnownMachine,
  sojourns: Sojourns,
  random: Random,
): Plan {
  const load = least + (most - least) * random.uniform()
  const share = LEAST_SHARE + (MOST_SHARE - LEAST_SHARE) * random.uniform()
  const limitLoad = load + share * (MOST_LOAD - load)
  const day = { serviceMs: SERVICE_MS, idleMs: calibrated?.idle?.ms ?? 0, rate: rateAt(limitLoad) }
  return { rate: rateAt(load), limitMs: Number(sojourns(day)[1]!.toPrecision(DIGITS)) }
}

const rateAt = (load: number) => (1000 * load) / SERVICE_MS

/** What a planner simulates. Its occasions do not depend on what it leaves out. */
async function systemOf(
  { widths, calibrated }: KnownMachine,
  plan: Plan,
  { planner, leftOut }: { readonly planner: number; readonly leftOut: string | null },
): Promise<System> {
  const kept = Object.entries(widths).filter(([name]) => name !== leftOut)
  const text = scenarioText(plan, kept, calibrated === undefined ? DECLARED : CALIBRATED)
  const source = { file: 'known.yaml', text, directory: '.' }
  const { scenario } = await loadScenario(source)
  const of = { serviceMs: SERVICE_MS, random: stream(1, planner, 'occasions') }
  const profile = calibrated && calibratedProfile(scenario, calibrated, of)
  return loadSystem(source, { seed: 1 + planner, profile: profileAsKnown(profile, leftOut) })
}

const profileAsKnown = (profile: Profile | undefined, leftOut: string | null) =>
  profile !== undefined && leftOut === IDLE ? withoutIdleWidth(profile) : profile

type Widths = readonly (readonly [string, KnownMachine['widths'][string]])[]

const DECLARED = { work: { law: 'exponential', mean_ms: SERVICE_MS } }
const CALIBRATED = { builtin: 'mlp', layers: 1, width: 8 }

function scenarioText(
  { rate, limitMs }: Plan,
  widths: Widths,
  model: typeof DECLARED | typeof CALIBRATED,
): string {
  const stated: Record<string, number> = { [SERVICE]: SERVICE_MS, [RATE]: rate }
  const uncertain = widths.map(([name, width]) => [
    name,
    typeof width === 'string' ? width : width.map((factor) => factor * stated[name]!),
  ])
  return JSON.stringify({
    spillway: 1,
    name: 'known',
    duration_s: WARMUP_S + REQUESTS / rate,
    warmup_s: WARMUP_S,
    models: { m: model },
    traffic: [{ class: 'web', arrivals: { process: 'poisson', rate_rps: rate } }],
    slo: { web: [`p(95) latency_ms < ${limitMs}`] },
    pools: [{ name: 'a', model: 'm', price_usd_per_hour: USD_PER_HOUR }],
    uncertain: Object.fromEntries(uncertain),
  })
}

/** A day that the planner does not know. */
interface Truth {
  readonly day: Day
  readonly usdPerHour: number
}

/**
 * How many times what is stated a number is: by the words of the guide and none of the code that
 * reads widths. "± 10 %" is lognormal, 95 % between 1 / 1.1 and 1.1; in a range all are alike.
 */
export function trueFactor(width: StatedWidth | undefined, random: Random): number {
  if (width === undefined) return 1
  if (typeof width !== 'string') return width[0] + (width[1] - width[0]) * random.uniform()
  const share = Number(/[\d.]+/.exec(width)![0]) / 100
  return Math.exp((Math.log(1 + share) / 1.959964) * random.normal())
}

function truthOf({ widths, calibrated }: KnownMachine, plan: Plan, random: Random): Truth {
  const factorOf = (name: string) => trueFactor(widths[name], random)
  const rate = plan.rate * factorOf(RATE)
  const usdPerHour = USD_PER_HOUR * factorOf(PRICE)
  const declaredMs = (SERVICE_MS * factorOf(SERVICE)) / factorOf(SPEED)
  const times =
    calibrated === undefined
      ? { serviceMs: declaredMs, idleMs: 0 }
      : dayOf(calibrated, { serviceMs: SERVICE_MS, random })
  return { day: { ...times, rate }, usdPerHour }
}

/** USD a million requests: each served request costs its part of an hour. */
const costOf = ({ day, usdPerHour }: Truth) => (1e6 * usdPerHour) / (3600 * day.rate)

interface Limited {
  readonly sojourns: Sojourns
  readonly limitMs: number
}

/**
 * Whether intervals of the headroom hold the true one, each 0 or 1. Traffic passes where the
 * interval of p95 is below the limit, and surely fails where it is above. As p95 rises with
 * traffic, the true headroom is between both where the interval at that traffic holds the limit.
 */
async function headroomHeld(
  system: System,
  day: Day,
  { sojourns, limitMs }: Limited,
): Promise<{ readonly wider: number; readonly draws: number }> {
  const traffic = trueHeadroom(sojourns, day, limitMs)
  const more = atTraffic(system, traffic)
  const options = { mostDraws: DRAWS, traffic }
  const { objectives } = await withUncertainInputs(more, await simulate(more), options)
  const { estimate, with_inputs: wide } = objectives[0]!
  const held = (interval: Ends) => (isIn(interval, limitMs) ? 1 : 0)
  return { wider: wide === undefined ? 0 : held(wide), draws: held(estimate) }
}

/** The share of truths in which so many times the traffic passes. */
export function promisedShare(
  factor: number,
  truths: readonly Pick<Truth, 'day'>[],
  { sojourns, limitMs }: Limited,
): number {
  const passing = truths.filter(({ day }) => p95At(sojourns, day, factor) < limitMs)
  return passing.length / truths.length
}

interface Ends {
  readonly low: number | null
  readonly high: number | null
}

type Figure = Uncertainty['figures'][number]

function figureOf({ figures }: Uncertainty, metric: Figure['metric'], p: number | null): Figure {
  const wanted = figures.find((figure) => figure.metric === metric && figure.p === p)
  if (wanted === undefined) throw new Error(`Expected ${metric} ${p}`)
  return wanted
}

const isIn = ({ low, high }: Ends, value: number) =>
  low !== null && low <= value && value <= (high ?? Number.POSITIVE_INFINITY)

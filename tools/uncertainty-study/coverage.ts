import { loadSystem } from '../../runtime/jobs/prepare.ts'
import { simulate } from '../../runtime/jobs/simulate.ts'
import { withUncertainInputs } from '../../runtime/jobs/uncertainty.ts'
import { loadScenario } from '../../scenarios/index.ts'
import { INCLUDED, SOURCES } from '../../scenarios/schema/uncertain.ts'
import type { Uncertainty } from '../../sim/documents/index.ts'
import { stream, sum } from '../../sim/kernel/index.ts'
import { drawnValue, type Interval, tInterval, within } from '../../sim/stats/index.ts'
import type { Profile } from '../../sim/world/index.ts'
import {
  type CalibratedMachine,
  calibratedProfile,
  md1Sojourn,
  nextServiceMs,
} from './calibrated-machine.ts'

/**
 * Planners that know what is not known, on machines of known truth: M/M/1 queues whose service
 * time, rate and price are drawn from what the scenario states of them, and M/D/1 queues whose
 * service time was calibrated on some occasions. A planner gets the scenario and the profile alone.
 * Its intervals are tried on many truths, each that of queueing theory for inputs drawn anew, so
 * that few planners show how often intervals hold.
 */

const SERVICE = 'models.m.work.mean_ms'
const SPEED = 'speed of m'
const RATE = 'traffic.web.arrivals.rate_rps'
const PRICE = 'pools.a.price_usd_per_hour'

/** Stated values: 10 ms, a load that differs from trial to trial, and 1.5 USD an hour. */
const SERVICE_MS = 10
const USD_PER_HOUR = 1.5
/** Requests of a run behind each percentile. */
const REQUESTS = 4000
/** Truths that the intervals of a planner are tried on. */
const TRUTHS = 500
/** More draws hardly change how often an interval holds the truth. */
const DRAWS = 64

export interface KnownMachine {
  readonly name: string
  /** what is not known, by its name: a width, or the ends of a range as factors */
  readonly widths: Readonly<Record<string, string | readonly [low: number, high: number]>>
  /** inputs that a planner leaves out in negative controls, each alone */
  readonly leftOut: readonly string[]
  /** absent: its times are declared */
  readonly calibrated?: CalibratedMachine
}

export const MACHINES: readonly KnownMachine[] = [
  {
    name: 'service ± 15 %, rate ± 10 %, price ± 20 %',
    widths: { [SERVICE]: '± 15 %', [RATE]: '± 10 %', [PRICE]: '± 20 %' },
    leftOut: [SERVICE, PRICE],
  },
  {
    name: 'speed ± 5 %, rate ± 5 %, price ± 5 %',
    widths: { [SPEED]: '± 5 %', [RATE]: '± 5 %', [PRICE]: '± 5 %' },
    leftOut: [SPEED],
  },
  {
    name: 'service 0.8 to 1.2 times, rate 0.9 to 1.1 times',
    widths: { [SERVICE]: [0.8, 1.2], [RATE]: [0.9, 1.1] },
    leftOut: [SERVICE],
  },
  {
    name: 'four occasions whose speeds differ by 4 %, rate ± 5 %',
    widths: { [SOURCES]: INCLUDED, [RATE]: '± 5 %' },
    leftOut: [SOURCES],
    calibrated: { occasions: 4, scatter: 0.04 },
  },
]

export const FIGURES = ['p50', 'p95', 'p99', 'cost'] as const
type FigureName = (typeof FIGURES)[number]

export interface CoverageRow {
  readonly machine: string
  /** what the planner left out; null for a planner that knows what is not known */
  readonly leftOut: string | null
  /** of each of `FIGURES`, how often the wider interval held the truth */
  readonly wider: readonly Interval[]
  /** the same for the interval of draws */
  readonly draws: readonly Interval[]
  /** of all trials, mean number of draws of the inputs */
  readonly meanDraws: number
}

/** How often intervals of many planners hold the truth of their machine. */
export async function coverageOf(
  machine: KnownMachine,
  leftOut: string | null,
  planners: number,
): Promise<CoverageRow> {
  const each: Held[] = []
  for (let planner = 0; planner < planners; planner++) {
    each.push(await planned(machine, leftOut, planner))
  }
  const over = (of: (held: Held) => readonly number[]) =>
    FIGURES.map((_, i) => within(tInterval(each.map((held) => of(held)[i]!)), 1))
  return {
    machine: machine.name,
    leftOut,
    wider: over(({ wider }) => wider),
    draws: over(({ draws }) => draws),
    meanDraws: sum(each.map(({ drawn }) => drawn)) / planners,
  }
}

/** Of each of `FIGURES`, the share of truths that the intervals of a planner hold. */
interface Held {
  readonly wider: readonly number[]
  readonly draws: readonly number[]
  readonly drawn: number
}

async function planned(
  machine: KnownMachine,
  leftOut: string | null,
  planner: number,
): Promise<Held> {
  const random = stream(1, planner, 'truth')
  const rate = 1000 * ((0.3 + 0.3 * random.uniform()) / SERVICE_MS)
  const { calibrated } = machine
  const occasions = stream(1, planner, 'occasions')
  let profile: Profile | undefined
  const load = async (widths: Widths) => {
    const text = scenarioText(rate, widths, calibrated === undefined ? DECLARED : CALIBRATED)
    const source = { file: 'known.yaml', text, directory: '.' }
    const { scenario } = await loadScenario(source)
    const of = { serviceMs: SERVICE_MS, random: occasions }
    profile ??= calibrated && calibratedProfile(scenario, calibrated, of)
    return loadSystem(source, { seed: 1 + planner, profile })
  }
  const all = Object.entries(machine.widths)
  const { uncertain } = await load(all)
  const truths = Array.from({ length: TRUTHS }, () => {
    const inputs = uncertain!.inputs
    const values = new Map(
      inputs.map((input) => [input.name, drawnValue(input, random.uniform())] as const),
    )
    const drawnRate = values.get(RATE) ?? rate
    const usd = values.get(PRICE) ?? USD_PER_HOUR
    const declaredMs = (values.get(SERVICE) ?? SERVICE_MS) / (values.get(SPEED) ?? 1)
    const sojourn = calibrated
      ? md1Sojourn(nextServiceMs(calibrated, { serviceMs: SERVICE_MS, random }), drawnRate)
      : mm1Sojourn(declaredMs, drawnRate)
    return truthOf(sojourn, drawnRate, usd)
  })
  const system = await load(all.filter(([name]) => name !== leftOut))
  const { uncertainty } = await withUncertainInputs(system, await simulate(system), {
    mostDraws: DRAWS,
  })
  const shares = (intervalOf: (figure: ReturnType<typeof figureOf>) => Ends) =>
    FIGURES.map((name) => {
      const interval = intervalOf(figureOf(uncertainty!, name))
      return truths.filter((truth) => holds(interval, truth[name])).length / TRUTHS
    })
  return {
    wider: shares((figure) => figure),
    draws: shares(({ draws }) => draws),
    drawn: uncertainty!.draws,
  }
}

interface Ends {
  readonly low: number | null
  readonly high: number | null
}

/** Sojourns of M/M/1 are exponential. */
function mm1Sojourn(serviceMs: number, rate: number): (p: number) => number {
  const meanMs = 1 / (1 / serviceMs - rate / 1000)
  return (p) => -meanMs * Math.log(1 - p)
}

/** Each served request costs its part of an hour. */
function truthOf(
  sojourn: (p: number) => number,
  rate: number,
  usd: number,
): Record<FigureName, number> {
  const cost = (1e6 * usd) / (3600 * rate)
  return { p50: sojourn(0.5), p95: sojourn(0.95), p99: sojourn(0.99), cost }
}

type Widths = readonly (readonly [string, KnownMachine['widths'][string]])[]

/** A model and what its pool needs; the overheads of a calibrated one are left out. */
const DECLARED = { model: { work: { law: 'exponential', mean_ms: SERVICE_MS } }, pool: {} }
const CALIBRATED = { model: { builtin: 'mlp', layers: 1, width: 8 }, pool: { speed: 'ideal' } }

function scenarioText(
  rate: number,
  widths: Widths,
  { model, pool }: typeof DECLARED | typeof CALIBRATED,
): string {
  const stated: Record<string, number> = { [SERVICE]: SERVICE_MS, [RATE]: rate }
  const uncertain = widths.map(([name, width]) => [
    name,
    typeof width === 'string' ? width : width.map((factor) => factor * stated[name]!),
  ])
  const warmup_s = 20
  return JSON.stringify({
    spillway: 1,
    name: 'known',
    duration_s: warmup_s + REQUESTS / rate,
    warmup_s,
    models: { m: model },
    traffic: [{ class: 'web', arrivals: { process: 'poisson', rate_rps: rate } }],
    pools: [{ name: 'a', model: 'm', price_usd_per_hour: USD_PER_HOUR, ...pool }],
    uncertain: Object.fromEntries(uncertain),
  })
}

const LEVELS = { p50: 0.5, p95: 0.95, p99: 0.99 } as const

function figureOf({ figures }: Uncertainty, name: FigureName) {
  const found = figures.find(({ metric, p }) =>
    name === 'cost' ? metric === 'usd_per_million' : metric === 'latency' && p === LEVELS[name],
  )
  if (found === undefined) throw new Error(`Expected ${name}`)
  return found
}

const holds = ({ low, high }: Ends, truth: number) =>
  low !== null && low <= truth && truth <= (high ?? Number.POSITIVE_INFINITY)

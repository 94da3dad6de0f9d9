import { exp, log, type Random } from '../../sim/kernel/index.ts'
import { bisect, percentile } from '../../sim/stats/index.ts'
import { Md1Wait, mm1SojournQuantile } from '../../sim/theory/index.ts'
import { type Drift, driftedLogs, STEP_MS } from '../../test/drift.ts'

/**
 * What is true of machines with one queue and Poisson arrivals: by queueing theory where it has a
 * closed form, and else by Lindley's recursion, which shares no code with the simulator.
 */

/** The percentiles of latency that are asked for; the headroom is of the second. */
export const LEVELS = [0.5, 0.95, 0.99] as const

/** A machine on one day, and its traffic. */
export interface Day {
  /** mean time of a batch, without what an idle time costs, ms */
  readonly serviceMs: number
  /** what a batch takes longer after an idle time, ms */
  readonly idleMs: number
  /** requests/s */
  readonly rate: number
}

/** Latency on a day at each of `LEVELS`, ms; infinite where the machine is overloaded. */
export type Sojourns = (day: Day) => readonly number[]

const loadOf = ({ serviceMs, rate }: Day) => (serviceMs * rate) / 1000
const overloaded = LEVELS.map(() => Number.POSITIVE_INFINITY)

/** Exponential service. */
export const mm1: Sojourns = (day) => {
  if (loadOf(day) >= 1) return overloaded
  const queue = { arrivalRate: day.rate / 1000, serviceRate: 1 / day.serviceMs }
  return LEVELS.map((p) => mm1SojournQuantile(queue, p))
}

/** Constant service. */
export function md1(): Sojourns {
  const of = tabulated({ cells: 160, others: [0] }, (load) => {
    const wait = new Md1Wait({ arrivalRate: load, service: 1 })
    return LEVELS.map((p) => 1 + wait.quantile(p))
  })
  return (day) => of(loadOf(day), 0).map((times) => times * day.serviceMs)
}

/** Cells of a table whose entries are simulated. */
const SIMULATED_CELLS = 40

/** Costs of an idle time as multiples of the service. */
const IDLE_COSTS = [0, 0.2, 0.4, 0.6, 0.8, 1, 1.3, 1.6]

/** Constant service, and more after each idle time: by so many requests for each entry. */
export function idleQueue(requests: number, random: Random): Sojourns {
  const gaps = exponentials(requests, random)
  const of = tabulated({ cells: SIMULATED_CELLS, others: IDLE_COSTS }, (load, idle) =>
    percentilesOf(sojournsOf({ gaps, load, idle })),
  )
  return (day) => of(loadOf(day), day.idleMs / day.serviceMs).map((times) => times * day.serviceMs)
}

/** Service times between which the effect of the time scale of a drift is interpolated, ms. */
const SERVICES_MS = [6, 8, 10, 13, 17]
/** A path of over an hour, which repeats. */
const DRIFT_STEPS = 100_000

/** A service that is constant at speed 1, on a machine whose speed drifts about 1. */
export function driftingQueue(
  drifts: readonly Drift[],
  requests: number,
  random: Random,
): Sojourns {
  const gaps = exponentials(requests, random)
  const logs = driftedLogs(drifts, DRIFT_STEPS, random)
  const speeds = Float64Array.from(logs.map((level) => exp(level)))
  const others = SERVICES_MS.map((ms) => log(ms))
  const of = tabulated({ cells: SIMULATED_CELLS, others }, (load, logMs) => {
    const path = { speeds, step: STEP_MS / exp(logMs) }
    return percentilesOf(sojournsOf({ gaps, load, idle: 0, path }))
  })
  return (day) => of(loadOf(day), log(day.serviceMs)).map((times) => times * day.serviceMs)
}

const exponentials = (count: number, random: Random) =>
  Float64Array.from({ length: count }, () => random.exponential())

/** Speeds that hold for `step` each, and repeat. */
interface SpeedPath {
  readonly speeds: Float64Array
  readonly step: number
}

interface Queue {
  /** between arrivals, with a mean of 1 */
  readonly gaps: Float64Array
  readonly load: number
  /** cost of an idle time */
  readonly idle: number
  /** absent: the speed is 1 */
  readonly path?: SpeedPath
}

/** Latencies in the order of arrival, in units of the service (Lindley 1952). */
export function sojournsOf({ gaps, load, idle, path }: Queue): Float64Array {
  const sojourns = new Float64Array(gaps.length)
  let arrived = 0
  let free = 0
  for (let i = 0; i < gaps.length; i++) {
    arrived += gaps[i]! / load
    const begun = Math.max(arrived, free)
    const work = begun > free ? 1 + idle : 1
    free = path === undefined ? begun + work : endOf(path, begun, work)
    sojourns[i] = free - arrived
  }
  return sojourns
}

function endOf({ speeds, step }: SpeedPath, begun: number, work: number): number {
  let at = begun
  let left = work
  for (let i = Math.floor(begun / step); ; i++) {
    const speed = speeds[i % speeds.length]!
    const until = Math.max(at, (i + 1) * step)
    const done = (until - at) * speed
    if (left <= done) return at + left / speed
    left -= done
    at = until
  }
}

function percentilesOf(sojourns: Float64Array): number[] {
  const sorted = sojourns.sort()
  return LEVELS.map((p) => percentile(sorted, p))
}

/** Loads of tables are from 0.02 to 0.94. They are evenly spaced in depth, −ln(1 − load). */
const [LEAST_DEPTH, MOST_DEPTH] = [0.02, 2.8]

/**
 * A table of percentiles in units of the service, by load and something else. Their logarithms are
 * interpolated along both: against the depth they are almost straight.
 */
export function tabulated(
  { cells, others }: { readonly cells: number; readonly others: readonly number[] },
  at: (load: number, other: number) => readonly number[],
): (load: number, other: number) => readonly number[] {
  const depths = Array.from(
    { length: cells },
    (_, i) => LEAST_DEPTH + ((MOST_DEPTH - LEAST_DEPTH) * i) / (cells - 1),
  )
  const rows = others.map((other) =>
    depths.map((depth) => at(1 - exp(-depth), other).map((times) => log(times))),
  )
  return (load, other) => {
    if (load >= 1) return overloaded
    const [row, across] = placeIn(others, other)
    const [column, along] = placeIn(depths, -log(1 - load))
    return LEVELS.map((_, level) => {
      const entry = (i: number, j: number) => rows[Math.min(i, rows.length - 1)]![j]![level]!
      const inRow = (i: number) => between(entry(i, column), entry(i, column + 1), along)
      return exp(between(inRow(row), inRow(row + 1), across))
    })
  }
}

const between = (from: number, to: number, share: number) => from + share * (to - from)

/** The cell of a rising grid for a value, and the place in it: not in 0 to 1 beyond the grid. */
function placeIn(grid: readonly number[], value: number): [cell: number, share: number] {
  if (grid.length === 1) return [0, 0]
  const above = grid.findIndex((knot) => knot > value)
  const cell = above < 0 ? grid.length - 2 : Math.max(0, above - 1)
  return [cell, (value - grid[cell]!) / (grid[cell + 1]! - grid[cell]!)]
}

/** The 95th percentile of latency with so many times the traffic, ms. */
export const p95At = (sojourns: Sojourns, day: Day, factor: number): number =>
  sojourns({ ...day, rate: factor * day.rate })[1]!

/** How many times the traffic has a 95th percentile at a limit: 1/16 to 16. */
export function trueHeadroom(sojourns: Sojourns, day: Day, limitMs: number): number {
  return bisect([1 / 16, 16], 50, (factor) => p95At(sojourns, day, factor) < limitMs)[0]
}

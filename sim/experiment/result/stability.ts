import type { ControlKernel, Estimate, Stability } from '../../documents/index.ts'
import { significant } from '../../kernel/index.ts'
import { type Interval, type RunDrift, tInterval } from '../../stats/index.ts'
import { changedMachineText } from '../comparison/changed-machine.ts'
import type { Check } from '../comparison/verdicts.ts'

/** Shares of arrivals: less growth of the backlog, and fewer lost requests, are no overload. */
const GROWTH = 0.01
const LOST = 0.01
/** From so many runs on, intervals are over runs; otherwise over the blocks of all runs. */
const RUNS = 5
/**
 * A backlog that is empty at the end shows that a run is stable if it had this many arrivals for
 * each request that executors can hold, and this many at least: an overload would have left more.
 */
const ENOUGH = { held: 20, arrivals: 200 }

interface Part {
  readonly state: Stability['state']
  readonly reason: string
}

/**
 * Whether a system keeps up with its traffic, by the second half of the counted time: overloaded
 * where the number of requests in the system grows, or where a pool loses requests and would need
 * more time for all of them than its replicas have. A surge that is over by then does not count.
 * Simulations and replays are judged by the same figures. At least one run.
 */
export function stabilityOf(
  runs: readonly RunDrift[],
  pools: readonly { readonly name: string }[],
): Stability {
  const arrived = runs.map((run) => sum(run.arrived))
  const blocks = runs[0]!.growth.length
  const growth = overRunsOrBlocks(
    runs.map((run, i) => run.growth.map((by) => (by * blocks) / arrived[i]!)),
  )
  const backlog = tInterval(runs.map((run) => run.backlog))
  const { held } = runs[0]!
  const least = Math.min(...arrived)
  const enough = least >= Math.max(ENOUGH.held * held, ENOUGH.arrivals)
  const cleared = enough && backlog.value <= held + GROWTH * least
  const lossy = pools
    .map(({ name }, pool) => lossOf(runs, pool, name))
    .filter((loss) => loss !== null)
  const parts = [backlogPart(growth, { backlog: backlog.value, held, cleared }), ...lossy]
  const state = (['OVERLOADED', 'UNDECIDED', 'STABLE'] as const).find((one) =>
    parts.some((part) => part.state === one),
  )!
  const demands = lossy.map(({ demand }) => demand).sort((a, b) => b.value - a.value)
  const n = arrived.reduce((a, b) => a + b, 0)
  return {
    state,
    reason: parts.find((part) => part.state === state)!.reason,
    backlog: figureOf(backlog, runs.length),
    growth: figureOf(growth, n),
    demand: demands.length === 0 ? null : figureOf(demands[0]!, n),
  }
}

/** The states of a system, and how its replays were made. */
export interface ComparedStates {
  readonly predicted: Stability
  readonly measured: Stability
  /** number of replays that count */
  readonly replays: number
  readonly control: ControlKernel
}

/**
 * The check of a prediction: it fails where one side is stable and the other overloaded. That takes
 * two replays, as a percentile does, on the machine that the profile was recorded on.
 */
export function agreement(check: Check, states: ComparedStates): Check {
  const { predicted, measured, replays, control } = states
  const both = [predicted.state, measured.state]
  const alike = both.includes('UNDECIDED') || predicted.state === measured.state
  if (alike || replays === 0) return check
  const reason = `predicted ${predicted.state}, measured ${measured.state}: ${measured.reason}`
  const remedy = changedMachineText(control) ?? (replays < 2 ? ONE_REPLAY : null)
  if (remedy === null) return { ...check, verdict: 'FAIL', reason }
  if (check.verdict === 'FAIL') return check
  return { ...check, verdict: 'UNDECIDED', reason: `${reason}; ${remedy}` }
}

const ONE_REPLAY = 'one replay shows no noise, replay at least twice'

function backlogPart(
  growth: Interval,
  { backlog, held, cleared }: { backlog: number; held: number; cleared: boolean },
): Part {
  const { value, low, high } = growth
  const left = `${Math.round(backlog).toLocaleString('en-US')} requests in the system at the end`
  if (!Number.isFinite(value)) {
    return { state: 'UNDECIDED', reason: 'no request arrived in the second half of a run' }
  }
  const grew = `the backlog grew by ${share(growth)} of arrivals in the second half`
  // what executors hold goes up and down with their batches
  if (!cleared && backlog > held && low !== null && low > 0 && value >= GROWTH) {
    return { state: 'OVERLOADED', reason: `${grew}, to ${left}` }
  }
  if (cleared || (high !== null && high < GROWTH)) {
    return { state: 'STABLE', reason: `no backlog builds up: ${left}` }
  }
  return { state: 'UNDECIDED', reason: `${grew}, with ${left}; a longer run can tell` }
}

/** Whether a pool loses requests for want of capacity; null for one that loses few or none. */
function lossOf(
  runs: readonly RunDrift[],
  pool: number,
  name: string,
): (Part & { readonly demand: Interval }) | null {
  const own = runs.map(({ pools }) => pools[pool]!)
  const lost = sum(own.map((of) => of.lost)) / sum(own.map(({ ended }) => ended))
  if (!(lost >= LOST)) return null
  const demand = overRunsOrBlocks(own.map((of) => of.demand))
  const { value, low, high } = demand
  const times = [value, low ?? value, high ?? value].map((figure) => significant(figure, 3))
  const reason =
    `pool ${name} lost ${percent(lost)} % of its requests, and all of them would need ` +
    `${times[0]} [${times[1]}, ${times[2]}] times the time of its replicas`
  if (low !== null && low > 1) return { state: 'OVERLOADED', reason, demand }
  if (high !== null && high < 1) return { state: 'STABLE', reason, demand }
  return { state: 'UNDECIDED', reason: `${reason}; a longer run can tell`, demand }
}

/** The mean of blocks with its t interval: by the means of runs where there are several. */
function overRunsOrBlocks(runs: readonly (readonly number[])[]): Interval {
  if (runs.length < RUNS) return tInterval(runs.flat())
  return tInterval(runs.map((blocks) => sum(blocks) / blocks.length))
}

function share({ value, low, high }: Interval): string {
  const range = low === null || high === null ? '' : ` [${percent(low)}, ${percent(high)}]`
  return `${percent(value)}${range} %`
}

const percent = (part: number) => (100 * part).toFixed(1).replace('-', '−')

const figureOf = ({ value, low, high }: Interval, n: number): Estimate =>
  Number.isFinite(value)
    ? { value, low, high, n }
    : { value: null, low: null, high: null, n, reason: 'no request arrived in a run' }

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)

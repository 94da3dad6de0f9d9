import { type Objective, parseObjective } from '../../../scenarios/schema/objective.ts'
import { arrivalParts, type Scenario } from '../../../scenarios/schema/schema.ts'
import type { Result } from '../../documents/index.ts'
import { significant } from '../../kernel/index.ts'
import { missedText, type Transfer, transfersOf } from './transfer.ts'

type Judged = Result['objectives'][number]

/** A system whose objectives were judged. */
export interface JudgedSystem {
  readonly scenario: Scenario
  /** mean rate over the capacity; null where that is undefined */
  readonly load: number | null
}

/**
 * Objectives as they were judged, except that none passes by less than transferred times may be
 * wrong: such a PASS becomes UNDECIDED, with the reason. A FAIL stands, as it is of the times that
 * the result states.
 */
export function withinTransfers(system: JudgedSystem, judged: readonly Judged[]): Judged[] {
  const doubts = transferDoubts(system, judged)
  return judged.map((one, i) => {
    const reason = doubts[i]!
    if (one.verdict !== 'PASS' || reason === null) return one
    return {
      ...one,
      estimate: { ...one.estimate, reason },
      verdict: 'UNDECIDED',
      deciding_duration_s: null,
    }
  })
}

/** Of each objective why its figure does not show that it holds; null where it does show it. */
export function transferDoubts(
  system: JudgedSystem,
  judged: readonly Pick<Judged, 'class' | 'text' | 'estimate'>[],
): (string | null)[] {
  const transfers = transfersOf(system.scenario)
  return judged.map((one) => {
    const own = transfers.filter((transfer) => mayServe(system.scenario, one.class, transfer))
    return own.length === 0 ? null : doubtOf(system, one, own)
  })
}

/** Whether requests of a class may meet the pool; what shares its cards waits for it, too. */
function mayServe({ traffic, cards }: Scenario, name: string, { model }: Transfer): boolean {
  const own = traffic.find((one) => one.class === name)!.model
  return own === undefined || own === model || cards !== undefined
}

function doubtOf(
  { scenario, load }: JudgedSystem,
  { text, estimate }: Pick<Judged, 'text' | 'estimate'>,
  transfers: readonly Transfer[],
): string | null {
  const slowest = transfers.reduce((a, b) => (slownessOf(b) > slownessOf(a) ? b : a))
  const slowness = slownessOf(slowest)
  const objective = parseObjective(text)!
  const because = (what: string) =>
    `the fit of pool ${slowest.pool} is transferred from ${slowest.fittedOn}: ${missedText(slowest)}, ${what}`
  if (slowness === Number.POSITIVE_INFINITY) return because('so nothing shows that it holds')
  if (load === null || !isPlain(scenario, objective)) {
    return because('and what slower times would do to this is not known')
  }
  if (slowness * load >= 1) {
    return because(`and at the slowest of these it is overloaded (load ${fixed(slowness * load)})`)
  }
  if (objective.kind === 'cost') return null
  const { value, high } = estimate
  const end = high ?? value
  if (objective.kind === 'goodput' || end === null) {
    return because('and what slower times would do to this is not known')
  }
  const longest = end * growthOf(slowness, load)
  if (longest < objective.limitMs) return null
  return because(`which may make ${significant(end, 3)} ms up to ${significant(longest, 3)} ms`)
}

/** How many times as long the times may really be. */
const slownessOf = ({ width }: Transfer) =>
  width === null ? Number.POSITIVE_INFINITY : 1 / (1 + width.low)

/**
 * By how much a latency grows at most where all service times are `slowness` times as long. Service
 * grows by that factor, and the wait of an M/G/1 queue, load x E[S²] / (2 (1 - load) E[S]), by its
 * square and by (1 - load) / (1 - slowness x load).
 */
export function growthOf(slowness: number, load: number): number {
  return (slowness ** 2 * (1 - load)) / (1 - slowness * load)
}

/**
 * Whether that bound holds: steady arrivals, no more bursty than Poisson ones, wait in order for
 * as long as it takes. Where clients react, requests are refused, or replicas come and go, slower
 * times may have any effect.
 */
function isPlain({ traffic, pools, failures, tuning }: Scenario, objective: Objective): boolean {
  const steady = traffic.every((own) => {
    const { arrivals, retry, hedge, session, timeout_ms, length_schedule, fan_out } = own
    const reacts = [retry, hedge, session, timeout_ms, length_schedule]
    return (
      fan_out === 1 &&
      reacts.every((one) => one === undefined) &&
      arrivalParts(arrivals).every(isSteady)
    )
  })
  const windowed = 'window_s' in objective && objective.window_s !== null
  return (
    steady &&
    !windowed &&
    objective.kind !== 'call' &&
    failures === undefined &&
    tuning === undefined &&
    pools.every(waitsInOrder)
  )
}

function isSteady(part: ReturnType<typeof arrivalParts>[number]): boolean {
  const known =
    part.process === 'poisson' ||
    part.process === 'deterministic' ||
    ((part.process === 'gamma' || part.process === 'weibull') && part.cv <= 1)
  if (!known) return false
  return part.schedule === undefined && !part.surges?.length && !part.waves?.length
}

function waitsInOrder(pool: Scenario['pools'][number]): boolean {
  const { queue, admission, memory, generation } = pool
  const changing = [pool.scaling, pool.heat, pool.retry_policy, pool.circuit_breakers, memory]
  const bounds = [queue.max_length, queue.timeout_ms, pool.outlier_detection]
  return (
    queue.discipline === 'fifo' &&
    [...changing, ...bounds, ...Object.values(admission)].every((one) => one === undefined) &&
    (generation === undefined || generation.kv_cache === undefined)
  )
}

const fixed = (value: number) => value.toFixed(2)

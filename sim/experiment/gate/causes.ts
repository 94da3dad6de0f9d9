import { mean, median, quantile } from 'simple-statistics'
import { exp, log } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import { wakeCost } from '../../world/index.ts'
import type { BatchRow } from '../comparison/observed-run.ts'
import type { ExecutorWork } from '../comparison/structure.ts'

/**
 * What service times are of: processor time of the thread that computed a batch, which other
 * programs on the machine cannot lengthen by taking its core; or wall time, where a side lacks it.
 */
export type ServiceClock = 'processor' | 'wall'

/** Batches of a pool in one block, of base and head. */
interface PairedBatches {
  readonly base: readonly BatchRow[]
  readonly head: readonly BatchRow[]
}

/** The ratio of service times of batches of about one size and length. */
interface GroupRatio {
  /** from this power of two to below the next: requests, and the length computed for each */
  readonly size: number
  readonly length: number
  /** head over base */
  readonly ratio: number
}

/** What differs between base and head in a block, of one pool. */
export interface PoolCauses {
  /** what service times are of */
  readonly clock: ServiceClock
  /** service time of the base's batches, were they run by the head, over their own */
  readonly service: number
  /** beside `level`, of groups that both sides have enough batches of */
  readonly groups: readonly GroupRatio[]
  /** of all other batches */
  readonly level: number
  /** extra service time after an idle time, head less base, ms */
  readonly wake_ms: number
  /** time from dispatch to the beginning of a batch, at its level, head less base, ms */
  readonly dispatch_ms: number
  /** time from the end of a batch until the dispatcher knows, likewise */
  readonly completion_ms: number
  readonly base_batches: number
  readonly head_batches: number
}

/** A batch that takes so much more or less than most is a stall of the machine, and is left out. */
const UNUSUAL = 1.3
/** An executor without work for longer than this has slept, ms. */
const IDLE_MS = 0.1
/** Fewer batches of a kind on a side tell nothing of it. */
const FEWEST = 10
/** A group of so many batches a side counts half: chance must not look like shape. */
const HALF = 20

/**
 * The level at which overheads are compared. A thread that has been woken may wait for its core
 * beside other programs, which only adds: at a load of 12 on two threads of a core, the difference
 * of medians scatters by 0.6 ms, and that of 5th percentiles by 0.07 ms.
 */
const OVERHEAD_LEVEL: Readonly<Record<ServiceClock, number>> = { processor: 0.05, wall: 0.5 }

interface Observed {
  readonly group: string
  readonly expected: Ms
  readonly idle: boolean
  readonly service: Ms
}

/** Service time of a batch: `slope` x its expected work, and `wake` ms after an idle time. */
interface Fit {
  readonly slope: number
  readonly wake: Ms
}

/**
 * The causes of a change in one block. `work`: the base's expected work, by which batches of
 * different sizes and lengths are compared. Null where a side has too few batches.
 */
export function causesOf(
  { base, head }: PairedBatches,
  { work, wake }: ExecutorWork,
): PoolCauses | null {
  const clock = clockOf([...base, ...head])
  const [a, b] = [base, head].map((batches) => usual(batches, clock, { work, wake }))
  if (a!.length < FEWEST || b!.length < FEWEST) return null
  const kinds = [a!, b!].flatMap((side) => {
    const idle = side.filter((batch) => batch.idle).length
    return [idle, side.length - idle]
  })
  const fitted = Math.min(...kinds) < FEWEST ? fitLevel : fitWake
  const [fitA, fitB] = [fitted(a!), fitted(b!)]
  const level = fitB.slope / fitA.slope
  const shape = shapeOf([a!, b!], [fitA, fitB])
  const under = ({ slope, wake: ms }: Fit, { expected, idle }: Observed, factor = 1) =>
    slope * factor * expected + (idle ? ms : 0)
  const total = (time: (batch: Observed) => Ms) => a!.reduce((sum, batch) => sum + time(batch), 0)
  const byBase = total((batch) => under(fitA, batch))
  const byHead = total((batch) => under(fitB, batch, shape.get(batch.group) ?? 1))
  const usually = (time: (batch: BatchRow) => Ms) => {
    const [before, now] = [base, head].map((batches) =>
      quantile(batches.map(time), OVERHEAD_LEVEL[clock]),
    )
    return now! - before!
  }
  return {
    clock,
    service: byHead / byBase,
    level,
    groups: [...shape].map(([group, factor]) => {
      const [size, length] = group.split(' ').map(Number)
      return { size: size!, length: length!, ratio: level * factor }
    }),
    // in units of work, as a profile has it
    wake_ms: (fitB.wake - fitA.wake) / fitA.slope,
    dispatch_ms: usually((batch) => batch.started - batch.dispatched),
    completion_ms: usually((batch) => batch.done - batch.ended),
    base_batches: base.length,
    head_batches: head.length,
  }
}

/** The ratio of a batch by its group, or else the level. */
export function ratioAt(causes: PoolCauses, size: number, length: number): number {
  const [s, l] = [octave(size), octave(length)]
  return (
    causes.groups.find((group) => group.size === s && group.length === l)?.ratio ?? causes.level
  )
}

const octave = (value: number) => 2 ** Math.floor(Math.log2(Math.max(1, value)))

/** The clock of the service times of some batches: processor time where all of them have it. */
export function clockOf(batches: readonly BatchRow[]): ServiceClock {
  const timed = batches.every(({ failed, processorMs = 0 }) => failed || processorMs > 0)
  return timed && batches.length > 0 ? 'processor' : 'wall'
}

/** The service time of a batch. */
export function serviceOf({ started, ended, processorMs }: BatchRow, clock: ServiceClock): Ms {
  return clock === 'processor' ? processorMs! : ended - started
}

function usual(
  batches: readonly BatchRow[],
  clock: ServiceClock,
  { work, wake }: ExecutorWork,
): Observed[] {
  const observed = batches
    .filter(({ failed }) => !failed)
    .map((batch) => {
      const expected = work(batch.size, batch.length)
      const service = serviceOf(batch, clock)
      return {
        group: `${octave(batch.size)} ${octave(batch.length)}`,
        idle: batch.gap > IDLE_MS,
        expected,
        service,
        speed: service / (expected + wakeCost(wake, batch.gap)),
      }
    })
  if (observed.length === 0) return []
  const middle = median(observed.map(({ speed }) => speed))
  return observed.filter(({ speed }) => speed < middle * UNUSUAL && speed > middle / UNUSUAL)
}

/** By least squares of the relative error. */
function fitWake(batches: readonly Observed[]): Fit {
  let [n, x, xx, y, xy] = [0, 0, 0, 0, 0]
  for (const { expected, idle, service } of batches) {
    const [at, value] = [idle ? 1 / expected : 0, service / expected]
    n++
    x += at
    xx += at * at
    y += value
    xy += at * value
  }
  const wake = (n * xy - x * y) / (n * xx - x * x)
  return { wake, slope: (y - wake * x) / n }
}

/** Where batches after idle times, or others, are missing, their difference is in the level. */
function fitLevel(batches: readonly Observed[]): Fit {
  return { wake: 0, slope: mean(batches.map(({ service, expected }) => service / expected)) }
}

/** By group: head over base beside the ratio of all, weighed down where batches are few. */
function shapeOf(
  sides: readonly [readonly Observed[], readonly Observed[]],
  fits: readonly [Fit, Fit],
): Map<string, number> {
  const [base, head] = sides.map((batches, side) => {
    const { slope, wake } = fits[side]!
    const logs = new Map<string, number[]>()
    for (const { group, expected, idle, service } of batches) {
      const ofGroup = logs.get(group) ?? []
      logs.set(group, ofGroup)
      ofGroup.push(log(service / (slope * expected + (idle ? wake : 0))))
    }
    return logs
  })
  const shape = new Map<string, number>()
  for (const [group, ofBase] of base!) {
    const ofHead = head!.get(group)
    if (ofHead === undefined) continue
    const n = 2 / (1 / ofBase.length + 1 / ofHead.length)
    shape.set(group, exp(((mean(ofHead) - mean(ofBase)) * n) / (n + HALF)))
  }
  return shape
}

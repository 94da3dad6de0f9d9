import type { Ms } from '../../serving/index.ts'
import type { Steps } from './speed.ts'
import {
  actsOf,
  type DueEvent,
  type Intervals,
  intervalsOf,
  LONGEST_BREAK_MS,
  nextAct,
  type Span,
  STALL_MS,
  stallsOf,
  usualOverhead,
} from './stalls.ts'

/** One batch on an executor. `work`: its calibrated duration at speed 1, ms. */
export interface WorkedBatch {
  readonly executor: number
  readonly dispatched: Ms
  readonly started: Ms
  readonly ended: Ms
  readonly done: Ms
  readonly work: Ms
  /** whether it is a step that begins where another one has ended, and needs no dispatch */
  readonly follows?: boolean
  /** whether another step follows, so that the dispatcher does not see its end */
  readonly goesOn?: boolean
}

/** The speed of a machine during a run, 0 in a stall, and the stalls of its dispatcher. */
export interface MachineField {
  readonly executors: readonly Steps[]
  /** stalls that delayed completions and timers */
  readonly dispatcher: Intervals
  /** stalls that delayed anything, including new requests */
  readonly intake: Intervals
}

/** An executor during a run, for runs with other batches: see `MetSpeed`. */
export interface ExecutorField extends Steps {
  /** of the batch that begins each step: its calibrated duration, ms; empty without batches */
  readonly work: readonly Ms[]
  /** within batches */
  readonly stalls: Intervals
  /** of an idle executor, before batches began */
  readonly lateStarts: Intervals
  /** time in batches without stalls, ms */
  readonly busyMs: Ms
  /** number of batches before which it was idle */
  readonly idleStarts: number
}

/** A machine during a run, for other runs: each stall begins when something met it. */
export interface MetField {
  readonly executors: readonly ExecutorField[]
  /** stalls that delayed completions and timers */
  readonly dispatcher: Intervals
  /** stalls that delayed new requests */
  readonly intake: Intervals
}

/** The events of a run that a dispatcher handled. */
export interface DispatcherTurns {
  /** completions and timers */
  readonly reactions: readonly DueEvent[]
  /** requests, due at their scheduled time */
  readonly handOvers: readonly DueEvent[]
}

/**
 * A stall may begin this long before an event is due. Without that, an event that is due slightly
 * earlier in a simulation of the recording would always escape it.
 */
const UNSEEN_MS = 0.2

/**
 * A batch that took more than this multiple of its usual time was held up rather than slow. Work of
 * small batches is not known so well that less than `STALL_MS` would be a stall.
 */
const HELD_UP = 1.3
/** The usual speed of a batch is the median over this many batches before and after it. */
const AROUND = 2

/**
 * The speed of a run's machine as a field in time, from its batches in the order of dispatch.
 *
 * From the start of each batch to the start of the next, an executor ran at its work over the time
 * taken. A recording does not show when in a batch a delay happened, so the excess of a delayed
 * batch becomes a stall in its middle. Spread evenly, a stall of 10 ms in a batch of 0.5 ms of work
 * would make a batch that begins 20 µs earlier in the simulation end 400 µs too early. An unusually
 * slow dispatch is a stall of the executor.
 *
 * A request that was sent late shows that the dispatcher stalled, but not that a completion would
 * have waited: where dispatcher and executor share a core, one runs when the other ends. So only
 * late completions and timers make stalls for completions and timers.
 */
export function recordField(
  batches: readonly WorkedBatch[],
  executors: number,
  turns: DispatcherTurns,
): MachineField {
  const { reactions, handOvers } = turns
  const acts = actsOf([...reactions, ...handOvers])
  return {
    executors: ranOn(batches, executors, acts).map(stepsOf),
    dispatcher: stallsOf(reactions, acts, UNSEEN_MS),
    intake: stallsOf([...reactions, ...handOvers], acts, UNSEEN_MS),
  }
}

/** The same for other runs. */
export function recordMet(
  batches: readonly WorkedBatch[],
  executors: number,
  turns: DispatcherTurns,
): MetField {
  const { reactions, handOvers } = turns
  const acts = actsOf([...reactions, ...handOvers])
  return {
    executors: ranOn(batches, executors, acts).map(executorField),
    dispatcher: stallsOf(reactions, acts),
    intake: stallsOf(handOvers, acts),
  }
}

/**
 * The same of engines, for their own requests. Each stall begins when its event would have been
 * handled, as the simulated event has its usual overhead too.
 */
export function recordEngines(
  batches: readonly WorkedBatch[],
  executors: number,
  turns: DispatcherTurns,
): MetField {
  const { reactions, handOvers } = turns
  const { median } = usualOverhead(reactions, ([due, happened]) => happened - due)
  const dispatcher = stallsOf(reactions, actsOf([...reactions, ...handOvers]), -median)
  return { ...recordMet(batches, executors, turns), dispatcher }
}

/** A batch as an executor ran it. */
interface Ran {
  readonly started: Ms
  /** whether the executor was idle before */
  readonly idle: boolean
  /** how late it began; 0 where it was dispatched as usual */
  readonly lateMs: Ms
  /** without its stall */
  readonly speed: number
  readonly work: Ms
  /** 0 for most batches */
  readonly stallMs: Ms
}

/** The batches of each executor. */
function ranOn(batches: readonly WorkedBatch[], executors: number, acts: Float64Array): Ran[][] {
  const sent = batches.filter(({ follows }) => follows !== true)
  const seen = batches.filter(({ goesOn }) => goesOn !== true)
  const dispatch = usualOverhead(sent, ({ started, dispatched }) => started - dispatched)
  const completion = usualOverhead(seen, ({ done, ended }) => done - ended)
  const byExecutor: WorkedBatch[][] = Array.from({ length: executors }, () => [])
  for (const batch of batches) byExecutor[batch.executor]!.push(batch)
  return byExecutor.map((executorBatches) => {
    const durations = new Float64Array(executorBatches.length)
    const speeds = new Float64Array(executorBatches.length)
    for (let i = 0; i < executorBatches.length; i++) {
      const { started, ended, done, work, goesOn = false } = executorBatches[i]!
      // the dispatcher acted in between but did not see the end, so the executor reported it late
      const unseen = !goesOn && done - nextAct(acts, ended) > completion.longest
      durations[i] = Math.max((unseen ? done - completion.median : ended) - started, 1e-6)
      speeds[i] = work / durations[i]!
    }
    return executorBatches.map(({ dispatched, started, work }, i): Ran => {
      const late = started - dispatched > dispatch.longest
      const usual = medianAround(speeds, i)
      const usualMs = work / usual
      const heldUp = durations[i]! > Math.max(HELD_UP * usualMs, usualMs + STALL_MS)
      return {
        started,
        idle: i === 0 || dispatched - executorBatches[i - 1]!.ended > LONGEST_BREAK_MS,
        lateMs: late ? started - dispatched - dispatch.median : 0,
        speed: heldUp ? usual : speeds[i]!,
        work,
        stallMs: heldUp ? durations[i]! - usualMs : 0,
      }
    })
  })
}

const nearby = new Float64Array(2 * AROUND + 1)

/** Median of a value and those around it. Insertion is the fastest sort of five. */
function medianAround(values: Float64Array, index: number): number {
  const from = Math.max(0, index - AROUND)
  const count = Math.min(values.length, index + AROUND + 1) - from
  for (let i = 0; i < count; i++) {
    const value = values[from + i]!
    let place = i
    for (; place > 0 && nearby[place - 1]! > value; place--) nearby[place] = nearby[place - 1]!
    nearby[place] = value
  }
  const middle = count >> 1
  return count % 2 === 1 ? nearby[middle]! : (nearby[middle - 1]! + nearby[middle]!) / 2
}

/** When the stall of a batch begins: it is placed in the middle of the batch. */
const stallAt = ({ started, work, speed }: Ran) => started + work / speed / 2

function stepsOf(ran: readonly Ran[]): Steps {
  if (ran.length === 0) return { times: [0], speeds: [1] }
  const steps = ran.flatMap((batch) => {
    const { started, lateMs, speed, stallMs } = batch
    const before = lateMs > 0 ? [[started - lateMs, 0] as const] : []
    const begun = [...before, [started, speed] as const]
    if (stallMs === 0) return begun
    return [...begun, [stallAt(batch), 0] as const, [stallAt(batch) + stallMs, speed] as const]
  })
  return { times: steps.map(([at]) => at), speeds: steps.map(([, speed]) => speed) }
}

function executorField(ran: readonly Ran[]): ExecutorField {
  // a stall between two batches might as well have come within the first one
  const stalls = ran.flatMap((batch): Span[] => {
    const { started, lateMs, stallMs, idle } = batch
    const before: Span[] = lateMs > 0 && !idle ? [[started - lateMs, started]] : []
    const at = stallAt(batch)
    return stallMs > 0 ? [...before, [at, at + stallMs]] : before
  })
  const lateStarts = ran.filter(({ lateMs, idle }) => lateMs > 0 && idle)
  return {
    times: ran.length === 0 ? [0] : ran.map(({ started }) => started),
    speeds: ran.length === 0 ? [1] : ran.map(({ speed }) => speed),
    work: ran.map(({ work }) => work),
    stalls: intervalsOf(stalls),
    lateStarts: intervalsOf(lateStarts.map(({ started, lateMs }) => [started - lateMs, started])),
    busyMs: ran.reduce((sum, { work, speed }) => sum + work / speed, 0),
    idleStarts: ran.filter(({ idle }) => idle).length,
  }
}

import { type BootstrappedField, MetDispatcher, MetEvents, MetSpeed } from './met-stalls.ts'
import type { ExecutorField, MachineField, MetField } from './recorded-field.ts'
import { idealSpeed, type Speed, SpeedField, type StepSpeed, type Steps } from './speed.ts'
import { type DispatcherStalls, Stalls } from './stalls.ts'

/** A machine over time. */
export interface Machine {
  readonly speed: Speed
  /** of engines; without it they run at full speed */
  readonly steps?: StepSpeed
  /** null for a dispatcher that never stalls */
  readonly dispatcher: DispatcherStalls | null
}

/** Constant speed 1, and a dispatcher that never stalls. */
export const IDEAL_MACHINE: Machine = Object.freeze({ speed: idealSpeed, dispatcher: null })

/** The machine of a recording, for the events of that recording. */
export function machineOf(field: MachineField): Machine {
  const dispatcher = new Stalls(field.dispatcher)
  const intake = new Stalls(field.intake)
  return {
    speed: new SpeedField(field.executors),
    dispatcher: {
      completion: (at) => dispatcher.release(at),
      timer: (at) => dispatcher.release(at),
      handOver: (at) => intake.release(at),
    },
  }
}

/**
 * The machine of a recording of engines, for the same requests. Runs of an engine are soon some ms
 * apart from those of the recording. A stall before a run would find the simulated engine in the
 * midst of one, and half of them would delay nothing: so the next event of its kind meets it whole.
 */
export function engineMachineOf({ executors, dispatcher, intake }: MetField): Machine {
  const field = new SpeedField(executors.map(stalledSteps))
  const lateStarts = executors.map((executor) => new MetEvents(executor.lateStarts))
  return {
    speed: {
      begin: (executor, at) => lateStarts[executor]!.handled(field.begin(executor, at)),
      finish: (executor, start, work) => field.finish(executor, start, work),
    },
    dispatcher: new MetDispatcher(dispatcher, intake),
  }
}

/** Speeds with the stalls within batches, in which they are 0. */
function stalledSteps({ times, speeds, stalls }: ExecutorField): Steps {
  const steps: (readonly [at: number, speed: number])[] = []
  let next = 0
  for (const [i, at] of times.entries()) {
    steps.push([at, speeds[i]!])
    const until = times[i + 1] ?? Number.POSITIVE_INFINITY
    for (; next < stalls.from.length && stalls.from[next]! < until; next++) {
      steps.push([stalls.from[next]!, 0])
      if (stalls.to[next]! < until) steps.push([stalls.to[next]!, speeds[i]!])
    }
  }
  return { times: steps.map(([at]) => at), speeds: steps.map(([, speed]) => speed) }
}

/** A machine like recorded ones, for other events. */
export function bootstrappedMachine(field: BootstrappedField): Machine {
  return {
    speed: new MetSpeed(field.executors),
    dispatcher: new MetDispatcher(field.dispatcher, field.intake),
  }
}

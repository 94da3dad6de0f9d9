import { type BootstrappedField, MetDispatcher, MetSpeed } from './met-stalls.ts'
import type { MachineField } from './recorded-field.ts'
import { idealSpeed, type Speed, SpeedField, type StepSpeed } from './speed.ts'
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

/** A machine like recorded ones, for other events. */
export function bootstrappedMachine(field: BootstrappedField): Machine {
  return {
    speed: new MetSpeed(field.executors),
    dispatcher: new MetDispatcher(field.dispatcher, field.intake),
  }
}

import type { MachineField } from './recorded-field.ts'
import { idealSpeed, type Speed, SpeedField } from './speed.ts'
import { NEVER, Stalls } from './stalls.ts'

/** A machine over time: the speed of its executors, and the stalls of its dispatcher. */
export interface Machine {
  readonly speed: Speed
  /** stalls that delay completions and timers */
  readonly dispatcher: Stalls
  /** stalls that delay new requests */
  readonly intake: Stalls
}

/** Constant speed 1, and a dispatcher that never stalls. */
export const IDEAL_MACHINE: Machine = Object.freeze({
  speed: idealSpeed,
  dispatcher: new Stalls(NEVER),
  intake: new Stalls(NEVER),
})

export function machineOf(field: MachineField): Machine {
  return {
    speed: new SpeedField(field.executors),
    dispatcher: new Stalls(field.dispatcher),
    intake: new Stalls(field.intake),
  }
}

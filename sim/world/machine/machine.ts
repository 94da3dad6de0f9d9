import type { MachineField } from './recorded-field.ts'
import { idealSpeed, type Speed, SpeedField } from './speed.ts'
import { NEVER, Standstills } from './standstills.ts'

/** A machine over time: the speed of its executors, and the stalls of its dispatcher. */
export interface Machine {
  readonly speed: Speed
  /** stalls that delay completions and timers */
  readonly dispatcher: Standstills
  /** stalls that delay new requests */
  readonly intake: Standstills
}

/** Constant speed 1, and a dispatcher that never stalls. */
export const IDEAL_MACHINE: Machine = Object.freeze({
  speed: idealSpeed,
  dispatcher: new Standstills(NEVER),
  intake: new Standstills(NEVER),
})

export function machineOf(field: MachineField): Machine {
  return {
    speed: new SpeedField(field.executors),
    dispatcher: new Standstills(field.dispatcher),
    intake: new Standstills(field.intake),
  }
}

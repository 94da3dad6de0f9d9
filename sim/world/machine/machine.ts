import type { MachineField } from './recorded-field.ts'
import { idealSpeed, type Speed, SpeedField } from './speed.ts'
import { NEVER, Standstills } from './standstills.ts'

/** A machine in time: how fast its executors are, and when its dispatcher stands still. */
export interface Machine {
  readonly speed: Speed
  /** what completions and timers wait for */
  readonly dispatcher: Standstills
  /** what new requests wait for */
  readonly intake: Standstills
}

/** Constant speed 1, and a dispatcher that never rests. */
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

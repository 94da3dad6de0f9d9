import { exp } from '../kernel/index.ts'
import type { Constant } from './constant.ts'
import { type HeatResponse, msUntil, temperatureAfter } from './heat-response.ts'

/** A device as one mass: C dT/dt = P − (T − inlet) / R. */
export interface DeviceHeat {
  /** thermal resistance from the device to its inlet air, R */
  readonly resistanceKPerW: Constant
  /** heat capacity, C */
  readonly capacityJPerK: Constant
}

/**
 * Devices that share the inlet air of a rack. The inlet approaches supply + recirculation × total
 * power, with a lag of first order. Without recirculation it is constant.
 */
export interface RackHeat {
  readonly devices: readonly DeviceHeat[]
  readonly supplyC: Constant
  /** rise of the inlet for each watt of all devices together */
  readonly recirculationKPerW: Constant
  readonly lagMs: Constant
}

export interface RackTemperatures {
  readonly inletC: number
  /** by device */
  readonly deviceC: readonly number[]
}

/** Heat capacity (J/K) of a device with this time constant. */
export function capacityOf(timeConstantMs: number, resistanceKPerW: number): number {
  return timeConstantMs / 1000 / resistanceKPerW
}

export function timeConstantMs({ resistanceKPerW, capacityJPerK }: DeviceHeat): number {
  return 1000 * resistanceKPerW.value * capacityJPerK.value
}

/** The temperatures that a rack approaches at these powers, W. */
export function steadyTemperatures(rack: RackHeat, powersW: readonly number[]): RackTemperatures {
  const totalW = powersW.reduce((sum, watts) => sum + watts, 0)
  const inletC = rack.supplyC.value + rack.recirculationKPerW.value * totalW
  const deviceC = rack.devices.map(
    ({ resistanceKPerW }, i) => inletC + resistanceKPerW.value * powersW[i]!,
  )
  return { inletC, deviceC }
}

/** The temperatures after `ms` at these powers. Exact: one long step equals many short ones. */
export function advance(
  rack: RackHeat,
  state: RackTemperatures,
  powersW: readonly number[],
  ms: number,
): RackTemperatures {
  if (!(ms >= 0)) throw new RangeError(`Expected a time of at least 0 ms, got ${ms}`)
  const end = steadyTemperatures(rack, powersW)
  const leadK = state.inletC - end.inletC
  return {
    inletC: leadK === 0 ? end.inletC : end.inletC + leadK * exp(-ms / rack.lagMs.value),
    deviceC: rack.devices.map((_, i) => temperatureAfter(responseOf(rack, state, end, i), ms)),
  }
}

/**
 * Time until a device is at least (or at most) this warm, if all powers stay the same, ms. 0 if it
 * is now, Infinity if it never is.
 */
export function msUntilTemperature(
  rack: RackHeat,
  state: RackTemperatures,
  powersW: readonly number[],
  limit: {
    readonly device: number
    readonly side: 'at least' | 'at most'
    readonly limitC: number
  },
): number {
  const end = steadyTemperatures(rack, powersW)
  return msUntil(responseOf(rack, state, end, limit.device), limit.side, limit.limitC)
}

function responseOf(
  rack: RackHeat,
  state: RackTemperatures,
  end: RackTemperatures,
  device: number,
): HeatResponse {
  return {
    endC: end.deviceC[device]!,
    excessK: state.deviceC[device]! - end.deviceC[device]!,
    leadK: state.inletC - end.inletC,
    deviceRate: 1 / timeConstantMs(rack.devices[device]!),
    inletRate: 1 / rack.lagMs.value,
  }
}

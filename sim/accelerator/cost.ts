const JOULES_PER_KWH = 3.6e6

/** US dollars for a million tokens, requests or other units. */
export function usdPerMillion(usdPerHour: number, unitsPerS: number): number {
  return (usdPerHour / (3600 * unitsPerS)) * 1e6
}

/** Where the electricity is from, and what the building adds to it. */
export interface Grid {
  /** carbon intensity, g CO2e/kWh */
  readonly gramsPerKwh: number
  /** power usage effectiveness: energy of the building over that of its machines, at least 1 */
  readonly pue: number
}

/** Operational carbon of an amount of energy, g CO2e; the making of the device is not in it. */
export function carbonG(joules: number, { gramsPerKwh, pue }: Grid): number {
  if (!(pue >= 1)) throw new RangeError(`Expected a PUE of at least 1, got ${pue}`)
  return (joules / JOULES_PER_KWH) * pue * gramsPerKwh
}

/**
 * Origin of a figure: measured on the device, published (datasheet, product brief, article), or
 * uncalibrated, which is an assumption without a measurement.
 */
export type Origin = 'measured' | 'published' | 'uncalibrated'

/** A constant of a model, with its origin. */
export interface Constant {
  readonly value: number
  readonly origin: Origin
  /** where the value is from; for an uncalibrated one, why it was chosen */
  readonly source: string
}

/** Names of the uncalibrated constants in a model, such as "devices.0.resistanceKPerW". */
export function uncalibrated(model: unknown, name = ''): string[] {
  if (typeof model !== 'object' || model === null) return []
  if ('origin' in model && 'value' in model) return model.origin === 'uncalibrated' ? [name] : []
  return Object.entries(model).flatMap(([key, part]) =>
    uncalibrated(part, name === '' ? key : `${name}.${key}`),
  )
}

import { levelOf } from './field-bootstrap.ts'
import type { RecordedField } from './profile.ts'

/** Mean of the levels of some fields: the speed of their machine without its stalls. */
export function meanLevel(fields: readonly RecordedField[]): number {
  return fields.reduce((sum, field) => sum + levelOf(field), 0) / fields.length
}

/**
 * The fields of a machine that is `factor` times as fast. No such machine was recorded, so the
 * control kernel has no time on it.
 */
export function scaledFields(fields: readonly RecordedField[], factor: number): RecordedField[] {
  return fields.map(({ controlMs: _, ...field }) => ({
    ...field,
    executors: field.executors.map((executor) => ({
      ...executor,
      speeds: executor.speeds.map((speed) => speed * factor),
    })),
  }))
}

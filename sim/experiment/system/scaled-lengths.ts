import { classAtLengths } from '../../../scenarios/schema/scaled-lengths.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { takesLength } from '../../../scenarios/schema/takes-length.ts'

/**
 * The scenario with requests about `factor` times as long, up to the largest length that each
 * distribution allows: those of one class, or of all where `name` is null. Null where no model
 * takes lengths or those of a class cannot be scaled. The lengths of a trace are scaled as it is
 * read: traces that are held have to be read again.
 */
export function withLengths(
  scenario: Scenario,
  factor: number,
  name: string | null = null,
): Scenario | null {
  const { pools, models, traffic } = scenario
  if (!pools.some(({ model }) => takesLength(models[model]!))) return null
  const scaled = traffic.flatMap((ofClass) => {
    const isMeant = name === null || ofClass.class === name
    const atFactor = isMeant ? classAtLengths(ofClass, factor) : ofClass
    return atFactor === null ? [] : [atFactor]
  })
  return scaled.length < traffic.length ? null : { ...scenario, traffic: scaled }
}

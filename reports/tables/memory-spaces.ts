import { type MemoryShortage, type MemorySpace, memoryFailures } from '../../sim/documents/index.ts'
import { type ReportInput, type World, worlds } from '../charts/frame.ts'
import { count } from '../format.ts'

/** A device, or a pool whose replicas have separate devices, on the sides that report it. */
export type Space = readonly [SpaceSide, ...SpaceSide[]]

export interface SpaceSide extends World {
  readonly space: MemorySpace
}

/** Share of the limit that was reserved; 0 without a limit. */
function fullness({ peak_held_mib, limit_mib }: MemorySpace): number {
  return limit_mib === null ? 0 : (peak_held_mib.value ?? 0) / limit_mib
}

/** By failures, then by fullness. */
function compareSpaces(a: MemorySpace, b: MemorySpace): number {
  return (
    b.remedies.failed - a.remedies.failed ||
    memoryFailures(b) - memoryFailures(a) ||
    fullness(b) - fullness(a) ||
    (b.peak_held_mib.value ?? 0) - (a.peak_held_mib.value ?? 0)
  )
}

export function worstFirst(spaces: readonly MemorySpace[]): MemorySpace[] {
  return spaces.toSorted(compareSpaces)
}

/** Every space with its entry on each side, the worst first. */
export function memorySpaces(input: ReportInput): Space[] {
  const spaces = worlds(input).flatMap((world) =>
    world.result.memory.map((space) => ({ ...world, space })),
  )
  const sorted = spaces.toSorted((a, b) => compareSpaces(a.space, b.space))
  const keyOf = ({ space: { name, shared } }: SpaceSide) => `${shared} ${name}`
  return [...new Set(sorted.map(keyOf))].flatMap((key): Space[] => {
    const [first, ...others] = spaces.filter((side) => keyOf(side) === key)
    return first ? [[first, ...others]] : []
  })
}

/** "device card (encoder, ranker; bfc)" or "pool encoder (bfc)" */
export function spaceText({ name, shared, pools, allocators }: MemorySpace): string {
  const kinds = [...new Set(allocators)].join(', ')
  return shared ? `device ${name} (${pools.join(', ')}; ${kinds})` : `pool ${name} (${kinds})`
}

/** Start of an axis of MiB: inside the weights, if these would fill most of the picture. */
export function axisStart(weights: number, top: number): number {
  return weights > top / 2 ? weights - Math.max(0.15 * (top - weights), 0.05 * top) : 0
}

/** Explains in a subtitle an axis that does not begin at 0. */
export const CUT_AXIS = 'the axis starts inside the weights'

/**
 * "113 times in 80 runs, 97 of them though enough bytes were free"; null if no batch lacked memory
 * or a model. The cause of a replay's failures is unknown.
 */
export function ranOut(space: MemoryShortage, runs: number): string | null {
  const all = memoryFailures(space)
  const { fragmentation, oversize, loads } = space.out_of_memory
  const { failed } = space.remedies
  if (all === 0 && failed === 0) return null
  const some = (n: number) => (n === all ? '' : `${count(n)} of them `)
  const times = (n: number) => (n === 1 ? 'once' : `${count(n)} times`)
  const within = runs > 1 ? ` in ${count(runs)} runs` : ''
  const lost = failed === 1 ? 'one batch' : `${count(failed)} batches`
  if (all === 0 && loads === 0) return `for ${lost}${within}, which failed`
  const parts = [
    all > 0 ? times(all) + within : `for loads of models ${times(loads)}${within}`,
    ...(fragmentation > 0 ? [`${some(fragmentation)}though enough bytes were free`] : []),
    ...(oversize > 0 ? [`${some(oversize)}for more than it can ever hold`] : []),
  ]
  return parts.join(', ') + (failed === 0 ? '' : `; ${lost} failed`)
}

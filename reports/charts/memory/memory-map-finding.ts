import type { MemorySpace } from '../../../sim/documents/index.ts'
import { count, percent, sizeIn, sizeUnit } from '../../format.ts'
import type { Space } from '../../tables/memory-spaces.ts'
import { largest } from '../frame.ts'
import { isFree, ownerOf } from './memory-owners.ts'

/** Free bytes outside the largest chunk are stated above this share of reserved memory. */
const SCATTERED = 0.05
/** The same for pinned bytes. */
const PINNED = 0.1

/** How far the largest free chunk is below all free memory, at the worst instant. */
export function mapFinding(sides: Space): string {
  const instants = sides.flatMap(({ space }) => {
    const instant = worstInstant(space)
    return instant ? [{ space, ...instant }] : []
  })
  const main = largest(instants, scattered)
  if (!main) return 'No map of memory was recorded'
  const { space } = main
  const kinds = [...new Set(space.allocators)]
  if (kinds.length === 1 && kinds[0] === 'paged') {
    return `${cacheText(space)}; blocks do not fragment`
  }
  if (kinds.length === 1 && kinds[0] === 'contiguous') {
    const { value: unused } = space.internal_fragmentation
    return `${cacheText(space)}, of which ${percent(unused ?? 0)} is reserved and unused`
  }
  const held = space.peak_held_mib.value ?? 0
  if (scattered(main) < SCATTERED * held) return 'Almost all free memory stays in one chunk'
  return scatteredText(space, main)
}

/** Sequences can use any blocks, so only their number matters. */
function cacheText(space: MemorySpace): string {
  const [used, held] = [space.peak_in_use_mib, space.peak_held_mib].map(
    ({ value }) => (value ?? 0) - space.weights_mib,
  ) as [number, number]
  const unit = sizeUnit(held)
  const [most, reserved] = [sizeIn(unit, used), sizeIn(unit, held)]
  return `The KV cache takes up to ${most} of ${reserved} ${unit.name}`
}

/** The state of memory at an instant. MiB. */
interface Instant {
  readonly atS: number
  readonly held: number
  /** reserved and free: all of it, and the largest chunk */
  readonly free: number
  readonly chunk: number
  /** memory that the device could still provide, equal to one chunk; 0 without a limit */
  readonly left: number
}

const scattered = ({ free, chunk, left }: Instant) => free + left - Math.max(chunk, left)

function worstInstant({ map, limit_mib: limit, shared }: MemorySpace): Instant | undefined {
  const instants = map.map(({ at_s, chunks }): Instant => {
    const sum = (chunks: readonly { mib: number }[]) =>
      chunks.reduce((mib, chunk) => mib + chunk.mib, 0)
    const free = chunks.filter(({ owner }) => isFree(ownerOf(owner, shared)))
    const held = sum(chunks)
    return {
      atS: at_s,
      held,
      free: sum(free),
      chunk: Math.max(0, ...free.map(({ mib }) => mib)),
      left: limit === null ? 0 : Math.max(0, limit - held),
    }
  })
  return largest(instants, scattered)
}

function scatteredText(space: MemorySpace, { atS, held, free, chunk, left }: Instant): string {
  const unit = sizeUnit(space.limit_mib ?? held)
  const say = (mib: number) => sizeIn(unit, mib)
  const pinned = space.pinned_free_mib.value ?? 0
  const besides =
    pinned > PINNED * (space.peak_held_mib.value ?? 0)
      ? `; up to ${say(pinned)} ${unit.name} are free in regions that a chunk in use pins`
      : ''
  const when = `At worst, at ${count(atS)} s,`
  const text =
    space.limit_mib === null || left > chunk
      ? `${say(free)} of ${say(held)} ${unit.name} reserved are free, ${say(chunk)} of it in one chunk`
      : `${say(free + left)} ${unit.name} are free, but the largest chunk has ${say(chunk)}`
  return `${when} ${text}${besides}`
}

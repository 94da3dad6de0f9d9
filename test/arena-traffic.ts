import { BfcArena, Device } from '../sim/memory/index.ts'
import type { ArenaLog, ProfiledNode } from './arena-log.ts'

/** What an arena is asked for, in turn. */
export type ArenaStep =
  | { readonly kind: 'run' }
  | { readonly kind: 'take'; readonly bytes: number }
  /** the how manieth of those that were taken */
  | { readonly kind: 'free'; readonly taken: number }
  | { readonly kind: 'node'; readonly node: ProfiledNode }

/** What an arena did when it was driven. */
export interface Driven {
  /** sizes of extensions in turn, of each run */
  readonly extensions: readonly (readonly number[])[]
  /** share of the nodes after which as many bytes are in use as were in the real arena */
  readonly sameInUse: number
}

/** Asks an arena for what the steps say. `make` gets the device. */
export function drive(
  reserved: readonly number[],
  steps: readonly ArenaStep[],
  make: (device: Device) => BfcArena,
): Driven {
  const device = new Device(Number.POSITIVE_INFINITY)
  const arena = make(device)
  for (const bytes of reserved) arena.reserve(bytes)
  const extensions: number[][] = []
  const handles: number[] = []
  let nodes = 0
  let same = 0
  for (const step of steps) {
    if (step.kind === 'run') extensions.push([])
    else if (step.kind === 'free') arena.free(handles[step.taken]!)
    else if (step.kind === 'take') {
      const held = device.takenBytes
      handles.push(arena.allocate(step.bytes))
      if (device.takenBytes > held) extensions.at(-1)!.push(device.takenBytes - held)
    } else {
      nodes++
      if (arena.statistics().inUseBytes === step.node.inUse) same++
    }
  }
  return { extensions, sameInUse: same / nodes }
}

interface Buffer {
  readonly taken: number
  readonly handle: number
  readonly bytes: number
  readonly chunk: number
}

/** What each run took before its first node: the block of the memory pattern, or 0. */
export function patternBlocks({ reserved, nodes }: ArenaLog): number[] {
  const base = reserved.reduce((sum, bytes) => sum + bytes, 0)
  return nodes.map(([first]) => first!.requested - first!.requestedDelta - base)
}

/**
 * What the profile of a real arena says that it was asked for: what each node took, and what was
 * given back before it. The profile tells bytes, not which buffers: of those that add up to the
 * bytes, in chunks of as many if there are such, the fewest and oldest are taken. What a kernel
 * takes and gives back while it runs is not in the profile.
 */
export function trafficOf(log: ArenaLog): ArenaStep[] {
  const { reserved, nodes } = log
  const blocks = patternBlocks(log)
  const steps: ArenaStep[] = []
  const arena = new BfcArena(new Device(Number.POSITIVE_INFINITY))
  for (const bytes of reserved) arena.reserve(bytes)
  const live: Buffer[] = []
  let count = 0
  const take = (bytes: number) => {
    const before = arena.statistics().inUseBytes
    const handle = arena.allocate(bytes)
    const chunk = arena.statistics().inUseBytes - before
    live.push({ taken: count++, handle, bytes, chunk })
    steps.push({ kind: 'take', bytes })
  }
  const give = (buffer: Buffer) => {
    arena.free(buffer.handle)
    live.splice(live.indexOf(buffer), 1)
    steps.push({ kind: 'free', taken: buffer.taken })
  }
  for (const [i, run] of nodes.entries()) {
    for (const buffer of [...live]) give(buffer)
    steps.push({ kind: 'run' })
    if (blocks[i]! > 0) take(blocks[i]!)
    for (const node of run) {
      const { requestedBytes, inUseBytes } = arena.statistics()
      const bytes = requestedBytes - (node.requested - node.requestedDelta)
      const chunk = inUseBytes - (node.inUse - node.inUseDelta)
      if (bytes > 0) for (const buffer of freed(live, bytes, chunk)) give(buffer)
      const taken = addends(node.outputs, node.requestedDelta) ?? [node.requestedDelta]
      for (const output of taken) take(output)
      steps.push({ kind: 'node', node })
    }
  }
  return steps
}

function freed(live: readonly Buffer[], bytes: number, chunk: number): Buffer[] {
  for (const chunks of [chunk, null]) {
    for (let count = 1; count <= live.length; count++) {
      const found = adding(live, bytes, chunks, count)
      if (found !== null) return found
    }
  }
  throw new Error(`Expected buffers of ${bytes} bytes among ${live.map((one) => one.bytes)}`)
}

/** So many buffers that add up to the bytes, and to the bytes in chunks unless that is null. */
function adding(
  among: readonly Buffer[],
  bytes: number,
  chunk: number | null,
  count: number,
): Buffer[] | null {
  if (count === 0) return bytes === 0 && (chunk ?? 0) === 0 ? [] : null
  for (const [i, one] of among.entries()) {
    if (one.bytes > bytes) continue
    const left = chunk === null ? null : chunk - one.chunk
    const others = adding(among.slice(i + 1), bytes - one.bytes, left, count - 1)
    if (others !== null) return [one, ...others]
  }
  return null
}

/** Those of `sizes` that add up to `total`, in their order; null where none do. */
function addends(sizes: readonly number[], total: number): number[] | null {
  if (total === 0) return []
  const [first, ...others] = sizes
  if (first === undefined) return null
  const rest = first > 0 && first <= total ? addends(others, total - first) : null
  return rest === null ? addends(others, total) : [first, ...rest]
}

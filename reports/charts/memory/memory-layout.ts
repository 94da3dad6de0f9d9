import type { MapChunk, MemorySpace } from '../../../sim/documents/index.ts'
import { axisStart } from '../../tables/memory-spaces.ts'
import { isFree, type Owner, ownerOf } from './memory-owners.ts'

/** A piece of the address space that has one owner for a while. Seconds and MiB. */
export interface Rectangle {
  readonly x: number
  x2: number
  readonly y: number
  readonly y2: number
  readonly owner: Owner
}

export interface MapLayout {
  /** drawn addresses, MiB */
  readonly domain: readonly [number, number]
  readonly endS: number
  readonly rectangles: readonly Rectangle[]
  /** where one region ends and another begins */
  readonly borders: readonly { readonly x: number; readonly x2: number; readonly y: number }[]
}

interface LayoutOptions {
  readonly endS: number
  /** the finest steps of addresses in a picture, and its most instants */
  readonly rows: number
  readonly columns: number
  readonly mostRectangles: number
}

interface Column {
  readonly x: number
  readonly x2: number
  readonly chunks: readonly MapChunk[]
}

/** A map as rectangles, coarser if there would be too many. */
export function layOut(space: MemorySpace, options: LayoutOptions): MapLayout {
  const { endS, mostRectangles } = options
  const top = Math.max(...space.map.flatMap(({ chunks }) => chunks.map(endOf)), 0) || 1
  const domain = [axisStart(settledWeights(space), top), top] as const
  const columns = columnsOf(space, options)
  const owners = new Map<string, Owner>()
  const of = ({ owner }: MapChunk) => {
    const { pool, kind } = ownerOf(owner, space.shared)
    const key = `${pool} ${kind.name}`
    if (!owners.has(key)) owners.set(key, { pool, kind })
    return owners.get(key)!
  }
  let rows = options.rows
  let rectangles = merged(columns, domain, rows, of)
  while (rectangles.length > mostRectangles && rows > 16) {
    rows = Math.floor(rows / 1.5)
    rectangles = merged(columns, domain, rows, of)
  }
  const gap = (3 * (top - domain[0])) / options.rows
  const borders = bordersOf(columns, gap, of).filter(({ y }) => y > domain[0])
  return { domain, endS, rectangles, borders }
}

/** Address up to which weights occupy memory from the first address on, at all instants. */
function settledWeights({ map, shared }: MemorySpace): number {
  const ends = map.map(({ chunks }) => {
    let end = 0
    for (const chunk of chunks) {
      const weights = ownerOf(chunk.owner, shared).kind.name === 'weights'
      if (!weights || chunk.address_mib !== end) break
      end = endOf(chunk)
    }
    return end
  })
  return Math.min(...ends)
}

const endOf = ({ address_mib, mib }: MapChunk) => address_mib + mib

function columnsOf({ map }: MemorySpace, { endS, columns }: LayoutOptions): Column[] {
  const every = Math.ceil(map.length / columns)
  const shown = map.filter((_, i) => i % every === 0)
  return shown.map(({ at_s, chunks }, i) => ({ x: at_s, x2: shown[i + 1]?.at_s ?? endS, chunks }))
}

/** Runs of rows with one owner, and of instants at which these are the same. */
function merged(
  columns: readonly Column[],
  domain: readonly [number, number],
  rows: number,
  of: (chunk: MapChunk) => Owner,
): Rectangle[] {
  const rectangles: Rectangle[] = []
  const [low, high] = domain
  const row = (high - low) / rows
  let open = new Map<string, Rectangle>()
  for (const { x, x2, chunks } of columns) {
    const next = new Map<string, Rectangle>()
    const cells = rowsOf(chunks, domain, rows, of)
    for (let from = 0; from < rows; ) {
      let to = from + 1
      while (to < rows && cells[to] === cells[from]) to++
      const owner = cells[from]
      if (owner) {
        const key = `${from} ${to} ${owner.pool} ${owner.kind.name}`
        const rectangle = open.get(key) ?? { x, x2, y: low + from * row, y2: low + to * row, owner }
        if (!open.has(key)) rectangles.push(rectangle)
        rectangle.x2 = x2
        next.set(key, rectangle)
      }
      from = to
    }
    open = next
  }
  return rectangles
}

/**
 * The owner of each row of addresses: the one with most of the row. A mostly free row goes to
 * memory in use inside it only if that chunk would not be visible otherwise: such a chunk pins its
 * region.
 */
function rowsOf(
  chunks: readonly MapChunk[],
  [low, high]: readonly [number, number],
  rows: number,
  of: (chunk: MapChunk) => Owner,
): (Owner | null)[] {
  const rowOf = (mib: number) => Math.max(0, ((mib - low) * rows) / (high - low))
  const shares = Array.from({ length: rows }, () => new Map<Owner, number>())
  for (const chunk of chunks) {
    const [from, to] = [rowOf(chunk.address_mib), rowOf(endOf(chunk))]
    for (let r = Math.floor(from); r < Math.min(rows, to); r++) {
      const share = Math.min(to, r + 1) - Math.max(from, r)
      const owner = of(chunk)
      shares[r]!.set(owner, (shares[r]!.get(owner) ?? 0) + share)
    }
  }
  const cells: (Owner | null)[] = []
  const shown = (r: number) => cells[r] && !isFree(cells[r])
  shares.forEach((of, r) => {
    const inOrder = [...of].sort((a, b) => b[1] - a[1])
    const used = inOrder.filter(([owner]) => !isFree(owner))
    const [usedShare, held] = [used, inOrder].map((some) => some.reduce((sum, [, n]) => sum + n, 0))
    if (held! < 0.5) cells.push(null)
    else if (usedShare! >= held! / 2 || (used.length > 0 && !shown(r - 1) && !shown(r - 2))) {
      cells.push(used[0]![0])
    } else cells.push(inOrder.find(([owner]) => isFree(owner))![0])
  })
  return cells
}

/**
 * Free chunks of one region are joined, so adjacent free chunks are in two regions; a change of the
 * pool is a border, too. A border lasts as long as chunks continue to meet there.
 */
function bordersOf(columns: readonly Column[], gap: number, of: (chunk: MapChunk) => Owner) {
  const borders: { x: number; x2: number; y: number; region: boolean }[] = []
  let open = new Map<number, (typeof borders)[number]>()
  for (const { x, x2, chunks } of columns) {
    const next = new Map<number, (typeof borders)[number]>()
    for (const [i, chunk] of chunks.slice(1).entries()) {
      const y = chunk.address_mib
      if (endOf(chunks[i]!) !== y) continue
      const [below, above] = [of(chunks[i]!), of(chunk)]
      const border = open.get(y) ?? { x, x2, y, region: false }
      if (!open.has(y)) borders.push(border)
      border.x2 = x2
      border.region ||= below.pool !== above.pool || (isFree(below) && isFree(above))
      next.set(y, border)
    }
    open = next
  }
  const kept: (typeof borders)[number][] = []
  for (const border of borders.filter(({ region }) => region).sort((a, b) => a.y - b.y)) {
    const hidden = kept.some(({ x, x2, y }) => border.y - y < gap && x < border.x2 && border.x < x2)
    if (!hidden) kept.push(border)
  }
  return kept.map(({ x, x2, y }) => ({ x, x2, y }))
}

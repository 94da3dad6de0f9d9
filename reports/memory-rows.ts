import type { Estimate, MemorySpace, Result } from '../sim/stats/index.ts'
import { count, estimateText, exactSize, exactText, NONE } from './format.ts'
import { failures, ranOut, worstFirst } from './memory-spaces.ts'

/** A table of the spaces of a result, for pages and terminals alike. */
export interface MemoryTable {
  readonly caption: string
  /** the first column names the space */
  readonly columns: readonly string[]
  readonly rows: (result: Result) => string[][]
}

/** The figures of a space; null where it has no row in a table. */
type Cells = (space: MemorySpace) => string[] | null

function memoryTable(caption: string, columns: readonly string[], cells: Cells): MemoryTable {
  return {
    caption,
    columns,
    rows: (result) =>
      worstFirst(result.memory).flatMap((space) => {
        const texts = cells(space)
        return texts === null ? [] : [[space.name, ...texts]]
      }),
  }
}

/** Peaks of allocators often are the same in each run; then a figure needs no interval. */
function told(estimate: Estimate, quantity: 'size' | 'share' | 'plain'): string {
  const { value, low, high } = estimate
  if (value === null || low !== high || low === null) return estimateText(estimate, quantity)
  return exactText(value, quantity)
}

const PEAKS: Cells = (space) => [
  [...new Set(space.allocators)].join(', '),
  space.limit_mib === null ? 'none' : exactSize(space.limit_mib),
  exactSize(space.weights_mib),
  told(space.peak_requested_mib, 'size'),
  told(space.peak_in_use_mib, 'size'),
  told(space.peak_held_mib, 'size'),
]

const WASTE: Cells = (space) => [
  told(space.internal_fragmentation, 'share'),
  told(space.external_fragmentation, 'share'),
  space.largest_free_mib === null ? NONE : told(space.largest_free_mib, 'size'),
  told(space.pinned_free_mib, 'size'),
  told(space.extensions, 'plain'),
]

const SHORT: Cells = (space) => {
  const { shortage, fragmentation, oversize } = space.out_of_memory
  const { shrunk, evicted, split, failed } = space.remedies
  const counts = [shortage, fragmentation, oversize, shrunk, evicted, split, failed]
  return failures(space) === 0 && counts.every((n) => n === 0) ? null : counts.map(count)
}

const LOADS: Cells = ({ residency }) =>
  residency && [
    told(residency.loads, 'plain'),
    told(residency.evictions, 'plain'),
    told(residency.cold_share, 'share'),
    count(residency.cold_share.n),
  ]

const PREFIXES: Cells = ({ prefix_hit_rate: rate }) => rate && [told(rate, 'share'), count(rate.n)]

export const MEMORY_TABLES: readonly MemoryTable[] = [
  memoryTable(
    'Memory: most at once, weights included',
    ['memory', 'allocator', 'limit', 'weights', 'asked for', 'in use', 'held'],
    PEAKS,
  ),
  memoryTable(
    'Memory: what is wasted',
    [
      'wasted',
      'inside chunks',
      'between chunks',
      'largest free chunk, least',
      'free but pinned',
      'regions taken',
    ],
    WASTE,
  ),
  memoryTable(
    'Out of memory: causes, and what was done, in all runs',
    [
      'out of memory',
      'too few bytes',
      'no chunk fits',
      'too large',
      'shrunk',
      'evicted',
      'split',
      'batches failed',
    ],
    SHORT,
  ),
  memoryTable(
    'Models that come and go, in a run',
    ['residency', 'loads', 'evictions', 'waited for a load', 'of requests'],
    LOADS,
  ),
  memoryTable('Prefix cache', ['prefixes', 'prompt tokens found', 'of prompt tokens'], PREFIXES),
]

/** One line for each space that ran out of memory, the worst first. */
export function memoryAlarms({ memory, runs }: Result): string[] {
  return worstFirst(memory).flatMap((space) => {
    const text = ranOut(space, runs)
    return text === null ? [] : [`${space.name} ${text}`]
  })
}

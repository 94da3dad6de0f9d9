import type { Estimate, MemorySpace, Result } from '../../sim/documents/index.ts'
import { count, estimateText, exactSize, NONE } from '../format.ts'
import { failures, preempts, ranOut, worstFirst } from './memory-spaces.ts'
import type { ResultTable } from './result-tables.ts'

/** The figures of a space; null if it has no row in a table. */
type Cells = (space: MemorySpace) => string[] | null

function memoryTable(caption: string, columns: readonly string[], cells: Cells): ResultTable {
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

/** Sizes of a space, all in one unit. */
function sizesOf({ limit_mib, peak_held_mib: held }: MemorySpace) {
  const like = limit_mib ?? held.value ?? 0
  return (estimate: Estimate) => estimateText(estimate, 'size', like)
}

const PEAKS: Cells = (space) => {
  const { limit_mib: limit, weights_mib: weights, peak_held_mib: held } = space
  return [
    limit === null ? 'none' : exactSize(limit),
    exactSize(weights, limit ?? held.value ?? weights),
    ...[space.peak_requested_mib, space.peak_in_use_mib, held].map(sizesOf(space)),
  ]
}

const WASTE: Cells = (space) => {
  const { largest_free_mib: largest, pinned_free_mib: pinned } = space
  return [
    [...new Set(space.allocators)].join(', '),
    estimateText(space.internal_fragmentation, 'share'),
    estimateText(space.external_fragmentation, 'share'),
    largest === null ? NONE : sizesOf(space)(largest),
    sizesOf(space)(pinned),
    estimateText(space.extensions, 'plain'),
  ]
}

const SHORT: Cells = (space) => {
  const { shortage, fragmentation, oversize, loads } = space.out_of_memory
  const { shrunk, evicted, split, failed } = space.remedies
  const counts = [shortage, fragmentation, oversize, loads, shrunk, evicted, split, failed]
  return failures(space) === 0 && counts.every((n) => n === 0) ? null : counts.map(count)
}

const LOADS: Cells = ({ residency }) =>
  residency && [
    estimateText(residency.loads, 'plain'),
    estimateText(residency.evictions, 'plain'),
    estimateText(residency.cold_share, 'share'),
    count(residency.cold_share.n),
  ]

export const MEMORY_TABLES: readonly ResultTable[] = [
  memoryTable(
    'Peak memory, weights included',
    ['memory', 'limit', 'weights', 'requested', 'in use', 'reserved'],
    PEAKS,
  ),
  memoryTable(
    'Wasted memory, at its worst',
    [
      'wasted memory',
      'allocator',
      'internal fragmentation',
      'external fragmentation',
      'largest free chunk',
      'pinned free memory',
      'extensions',
    ],
    WASTE,
  ),
  memoryTable(
    'Out of memory: causes and remedies, in all runs',
    [
      'out of memory',
      'too few bytes',
      'no chunk fits',
      'too large',
      'loads',
      'shrunk',
      'evicted',
      'split',
      'batches failed',
    ],
    SHORT,
  ),
  memoryTable(
    'Model swapping, per run',
    ['model swapping', 'loads', 'evictions', 'cold starts', 'of requests'],
    LOADS,
  ),
  {
    caption: 'Load times of models',
    columns: ['loads', 'device', 'per run', 'mean time'],
    rows: ({ memory }) => memory.flatMap(loadTimes),
  },
]

function loadTimes({ name, residency }: MemorySpace): string[][] {
  return (residency?.pools ?? []).map(({ pool, loads, load_ms }) => [
    pool,
    name,
    estimateText(loads, 'plain'),
    estimateText(load_ms, 'time'),
  ])
}

/** One line for each space that ran out of memory, the worst first. */
export function memoryAlarms({ memory, runs }: Result): string[] {
  return worstFirst(memory).flatMap((space) => {
    const text = preempts(space) ? null : ranOut(space, runs)
    return text === null ? [] : [`${space.name} ${text}`]
  })
}

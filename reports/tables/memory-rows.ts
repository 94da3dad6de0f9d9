import { type MemorySpace, memoryShortages, type Result } from '../../sim/documents/index.ts'
import { count, estimateText, exactSize, NONE } from '../format.ts'
import { ranOut, worstFirst } from './memory-spaces.ts'
import { countOf, figureOf, type Metric, metricTable, type ResultTable } from './result-tables.ts'

const spaces = ({ memory }: Result) =>
  worstFirst(memory).map((space) => [space.name, space] as const)

/** A size with its interval; all sizes of a space are in one unit. */
function sizeOf(
  head: string,
  key: `peak_${'requested' | 'in_use' | 'held'}_mib` | `${'largest' | 'pinned'}_free_mib`,
): Metric<MemorySpace> {
  return {
    head,
    text: ({ [key]: estimate, limit_mib, peak_held_mib }) =>
      estimate === null
        ? NONE
        : estimateText(estimate, 'size', limit_mib ?? peak_held_mib.value ?? 0),
  }
}

export const MEMORY_TABLES: readonly ResultTable[] = [
  metricTable({ caption: 'Peak memory, weights included', of: 'memory' }, spaces, [
    { head: 'limit', text: ({ limit_mib: mib }) => (mib === null ? 'none' : exactSize(mib)) },
    {
      head: 'weights',
      text: ({ weights_mib: mib, limit_mib, peak_held_mib }) =>
        exactSize(mib, limit_mib ?? peak_held_mib.value ?? mib),
    },
    sizeOf('requested', 'peak_requested_mib'),
    sizeOf('in use', 'peak_in_use_mib'),
    sizeOf('reserved', 'peak_held_mib'),
  ]),
  metricTable({ caption: 'Wasted memory, at its worst', of: 'wasted memory' }, spaces, [
    { head: 'allocator', text: ({ allocators }) => [...new Set(allocators)].join(', ') },
    figureOf('internal fragmentation', 'internal_fragmentation', 'share'),
    figureOf('external fragmentation', 'external_fragmentation', 'share'),
    sizeOf('largest free chunk', 'largest_free_mib'),
    sizeOf('pinned free memory', 'pinned_free_mib'),
    figureOf('extensions', 'extensions', 'plain'),
  ]),
  metricTable(
    { caption: 'Out of memory: causes and remedies, in all runs', of: 'out of memory' },
    (result: Result) =>
      spaces(result)
        .map(([name, space]) => [name, { ...space.out_of_memory, ...space.remedies }] as const)
        .filter(([, counts]) => Object.values(counts).some((n) => n > 0)),
    [
      countOf('too few bytes', 'shortage'),
      countOf('no chunk fits', 'fragmentation'),
      countOf('too large', 'oversize'),
      countOf('loads', 'loads'),
      countOf('shrunk', 'shrunk'),
      countOf('evicted', 'evicted'),
      countOf('split', 'split'),
      countOf('batches failed', 'failed'),
    ],
  ),
  metricTable<NonNullable<MemorySpace['residency']>>(
    { caption: 'Model swapping, per run', of: 'model swapping' },
    (result) =>
      spaces(result).flatMap(([name, { residency }]) => (residency ? [[name, residency]] : [])),
    [
      figureOf('loads', 'loads', 'plain'),
      figureOf('evictions', 'evictions', 'plain'),
      figureOf('cold starts', 'cold_share', 'share'),
      { head: 'of requests', text: ({ cold_share }) => count(cold_share.n) },
    ],
  ),
  metricTable(
    { caption: 'Load times of models', of: 'loads' },
    ({ memory }: Result) =>
      memory.flatMap(({ name, residency }) =>
        (residency?.pools ?? []).map((model) => [model.pool, { ...model, device: name }] as const),
      ),
    [
      { head: 'device', text: ({ device }) => device },
      figureOf('per run', 'loads', 'plain'),
      figureOf('mean time', 'load_ms', 'time'),
    ],
  ),
]

/** One line for each space that ran out of memory, the worst first. */
export function memoryAlarms({ memory, runs }: Result): string[] {
  return memoryShortages(worstFirst(memory)).map((space) => `${space.name} ${ranOut(space, runs)}`)
}

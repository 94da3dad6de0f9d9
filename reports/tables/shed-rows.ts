import type { Result } from '../../sim/documents/index.ts'
import { count } from '../format.ts'

export const SHED_COLUMNS = [
  'shed by',
  'memory',
  'priority',
  'deadline',
  'concurrency',
  'queue',
  'tokens',
] as const

/** For each pool that refused requests: their number by admission control. */
export function shedRows({ pools }: Result): string[][] {
  return pools
    .filter(({ counts }) => counts.shed > 0)
    .map(({ name, shed_by: { memory, priority, deadline, concurrency, queue, tokens } }) => [
      name,
      ...[memory, priority, deadline, concurrency, queue, tokens].map(count),
    ])
}

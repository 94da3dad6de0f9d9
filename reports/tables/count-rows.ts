import type { Counts } from '../../sim/documents/index.ts'
import { count } from '../format.ts'

/** Outcomes of requests, in the order of `countCells`. */
export const COUNT_COLUMNS = [
  'arrived',
  'served',
  'shed',
  'timed out',
  'abandoned',
  'cancelled',
  'failed',
  'in flight',
] as const

export function countCells(counts: Counts): string[] {
  const { arrived, served, shed, timed_out, abandoned, cancelled, failed, in_flight } = counts
  return [arrived, served, shed, timed_out, abandoned, cancelled, failed, in_flight].map(count)
}

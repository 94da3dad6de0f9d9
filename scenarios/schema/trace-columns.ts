import type { TraceProcess as Trace } from './schema.ts'

/** Columns that are guessed where a scenario names none. */
export const GUESSED = ['time', 'input_tokens', 'output_tokens'] as const

/** Whether the format determines the columns of times and lengths. */
export function hasColumns({ format }: Pick<Trace, 'format'>): boolean {
  return format !== undefined && !['csv', 'jsonl', 'parquet'].includes(format)
}

/** Whether only the file of a trace shows which columns have its lengths. */
export function leavesToGuess(trace: Pick<Trace, 'format' | 'columns'>): boolean {
  return !hasColumns(trace) && trace.columns?.time === undefined
}

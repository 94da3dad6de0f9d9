import { Failure } from '../failure.ts'
import { Unreadable } from '../load/user-file.ts'
import { linesOf } from './trace-lines.ts'
import type { TraceArrivals } from './trace-piece.ts'
import { splitCsv } from './trace-rows.ts'

/** Format and columns, guessed from the first line of a trace. */
export interface TraceGuess {
  /** null if the line does not show it */
  readonly format: TraceArrivals['format'] | null
  /** names of columns or keys; empty if the line has no text */
  readonly names: readonly string[]
}

/** Guesses from the first line of a trace. Throws `Failure` if the file does not exist. */
export async function guessTrace(file: string): Promise<TraceGuess> {
  try {
    for await (const { texts } of linesOf(file)) {
      const [first] = texts
      if (first !== undefined) return guessOf(first.replace(/^\ufeff/, ''))
    }
  } catch (error) {
    if (error instanceof Unreadable) {
      const { message, missing } = error
      throw new Failure(`${file}: ${missing ? message : `expected a trace, got ${message}`}`)
    }
    // the reader of the whole file reports other errors
  }
  return { format: null, names: [] }
}

function guessOf(line: string): TraceGuess {
  if (line.startsWith('PAR1')) return { format: 'parquet', names: [] }
  if (line.startsWith('{')) {
    const names = keysOf(line)
    return { format: names.includes('input_length') ? 'mooncake' : 'jsonl', names }
  }
  const names = splitCsv(line).map((name) => name.trim())
  const has = (...wanted: string[]) => wanted.every((name) => names.includes(name))
  if (has('TIMESTAMP', 'ContextTokens')) return { format: 'azure-llm', names }
  return { format: has('Timestamp', 'Request tokens') ? 'burstgpt' : null, names }
}

function keysOf(line: string): readonly string[] {
  try {
    return Object.keys(JSON.parse(line))
  } catch {
    return []
  }
}

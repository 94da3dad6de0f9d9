import { Failure } from '../failure.ts'
import { Unreadable } from '../load/user-file.ts'
import { linesOf } from './trace-lines.ts'
import type { TraceArrivals } from './trace-piece.ts'
import { splitCsv } from './trace-rows.ts'

/** What the first line of a trace tells. */
export interface TraceGuess {
  /** null where it tells none */
  readonly format: TraceArrivals['format'] | null
  /** names of columns or keys; none where the line has no text */
  readonly names: readonly string[]
}

/** Looks at the first line of a trace. Throws `Failure` where there is no such file. */
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
    // whoever reads the file in earnest says what else is wrong with it
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

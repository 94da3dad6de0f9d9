import { Failure } from './failure.ts'
import type { TraceArrivals } from './trace.ts'
import { linesOf } from './trace-lines.ts'
import { splitCsv } from './trace-rows.ts'

/** The format of a trace, told from its first line; null where that tells none. */
export async function guessTrace(file: string): Promise<TraceArrivals['format'] | null> {
  try {
    for await (const { texts } of linesOf(file)) {
      const [first] = texts
      if (first !== undefined) return formatOf(first.replace(/^\ufeff/, ''))
    }
  } catch (error) {
    const missing = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')
    if (missing) throw new Failure(`${file}: no such file`)
    // whoever reads the file in earnest says what else is wrong with it
  }
  return null
}

function formatOf(line: string): TraceArrivals['format'] | null {
  if (line.startsWith('PAR1')) return 'parquet'
  if (line.startsWith('{')) return /"input_length"/.test(line) ? 'mooncake' : null
  const columns = splitCsv(line).map((name) => name.trim())
  if (columns.includes('TIMESTAMP') && columns.includes('ContextTokens')) return 'azure-llm'
  return columns.includes('Timestamp') && columns.includes('Request tokens') ? 'burstgpt' : null
}

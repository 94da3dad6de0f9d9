import { worlds } from '../charts/frame.ts'
import type { ReportInput } from '../charts/index.ts'
import { plural } from '../format.ts'
import { MEMORY_TABLES, memoryAlarms } from '../tables/memory-rows.ts'
import { type Html, html, NOTHING } from './html.ts'
import { resultTables } from './page-tables.ts'

/** Charts of memory, the number of spaces without a chart, and the figures of each space. */
export function memorySection(
  input: ReportInput,
  figures: readonly Html[],
  withoutChart: number,
): Html {
  const present = worlds(input)
  if (present.every(({ result }) => result.memory.length === 0)) return NOTHING
  const more =
    withoutChart === 0
      ? NOTHING
      : html`<p class="quiet">The fullest are drawn; ${plural(withoutChart, 'further space')} in the tables only.</p>\n`
  return html`<h2>Memory</h2>
${figures}${more}${resultTables(input, MEMORY_TABLES)}<p class="quiet">Inside chunks: what chunks are larger than was asked for, at the peak. Between chunks: the
most that was free outside the largest free chunk, as a share of what was held and not in use. Of a pool, figures are
the fullest replica’s, counts are of all. The warm-up is included.</p>
`
}

/** Warnings that memory ran out, shown near the verdict. */
export function memoryWarnings(input: ReportInput): Html[] {
  return worlds(input).flatMap(({ name, result }) =>
    memoryAlarms(result).map(
      (text) =>
        html`<p class="warning"><b>Out of memory</b> (<span class="${name}">${name}</span>): ${text}.</p>\n`,
    ),
  )
}

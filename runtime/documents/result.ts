import { resultText } from '../../reports/index.ts'
import { type Result, resultSchema, worstOrNull } from '../../sim/documents/index.ts'
import type { DocumentKind } from './document-kind.ts'

/** Its page has further documents of the same run. */
export const resultKind: DocumentKind<Result> = {
  written:
    'What `simulate` and `replay` print with `--json` and write as simulated.json and measured.json.',
  schema: resultSchema,
  text: resultText,
  verdict: ({ objectives }) => worstOrNull(objectives.map(({ verdict }) => verdict)),
}

import { comparisonText } from '../../reports/index.ts'
import { type Comparison, comparisonSchema } from '../../sim/documents/index.ts'
import type { DocumentKind } from './document-kind.ts'

export const comparisonKind: DocumentKind<Comparison> = {
  written: 'What `run` and `compare` print with `--json` and write as comparison.json.',
  schema: comparisonSchema,
  file: 'comparison',
  text: comparisonText,
  verdict: ({ verdict }) => verdict,
}

import { blameCharts, blameHtml, blameText } from '../../reports/index.ts'
import { type Blamed, blameSchema } from '../../sim/documents/index.ts'
import type { DocumentKind } from './document-kind.ts'

/** A page of results has it as a section. */
export const blameKind: DocumentKind<Blamed> = {
  written: 'What `blame` prints with `--json` and writes as blame.json.',
  schema: blameSchema,
  file: 'blame',
  behindResults: true,
  text: blameText,
  page: blameHtml,
  charts: blameCharts,
}

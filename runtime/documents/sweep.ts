import { sweepCharts, sweepHtml, sweepText } from '../../reports/index.ts'
import { type Sweep, sweepSchema } from '../../sim/documents/index.ts'
import type { DocumentKind } from './document-kind.ts'

export const sweepKind: DocumentKind<Sweep> = {
  written: 'The summary of `sweep`, sweep.json.',
  schema: sweepSchema,
  file: 'sweep',
  text: sweepText,
  page: sweepHtml,
  charts: (sweep) => sweepCharts(sweep),
}

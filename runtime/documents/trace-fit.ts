import { type TraceFitDocument, traceFitText } from '../../reports/index.ts'
import type { DocumentKind } from './document-kind.ts'

/** Its page is drawn by the command, as it needs the trace and the traffic fitted to it. */
export const traceFitKind: DocumentKind<TraceFitDocument> = {
  written: 'What `trace fit` prints with `--json` and writes as trace-fit.json.',
  file: 'trace-fit',
  text: (document) => traceFitText(document).trimEnd(),
  verdict: ({ verdict }) => verdict,
}

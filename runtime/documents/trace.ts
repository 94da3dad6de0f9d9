import { type TraceDocument, traceHtml, traceText } from '../../reports/index.ts'
import type { DocumentKind } from './document-kind.ts'

export const traceKind: DocumentKind<TraceDocument> = {
  written: 'What `trace inspect` prints with `--json` and writes as trace.json.',
  file: 'trace',
  pageFile: 'trace.html',
  text: traceText,
  page: traceHtml,
}

import { auditText } from '../../reports/index.ts'
import { type Audit, auditSchema } from '../../sim/documents/index.ts'
import type { DocumentKind } from './document-kind.ts'

export const auditKind: DocumentKind<Audit> = {
  written: 'What `audit` prints with `--json`.',
  schema: auditSchema,
  text: auditText,
  verdict: ({ verdict }) => verdict,
}

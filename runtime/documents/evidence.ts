import { evidenceText } from '../../reports/index.ts'
import { type Evidence, evidenceSchema } from '../../sim/documents/index.ts'
import type { DocumentKind } from './document-kind.ts'

export const evidenceKind: DocumentKind<Evidence> = {
  written: 'What `import` prints with `--json` and writes as evidence.json.',
  schema: evidenceSchema,
  file: 'evidence',
  text: evidenceText,
}

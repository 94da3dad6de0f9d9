import { idleText } from '../../reports/index.ts'
import { type Idle, idleSchema } from '../../sim/documents/index.ts'
import type { DocumentKind } from './document-kind.ts'

export const idleKind: DocumentKind<Idle> = {
  written: 'What `doctor --idle` prints with `--json`.',
  schema: idleSchema,
  text: idleText,
}

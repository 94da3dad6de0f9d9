import { fitText } from '../../reports/index.ts'
import { type Fit, fitSchema } from '../../sim/documents/index.ts'
import type { DocumentKind } from './document-kind.ts'

export const fitKind: DocumentKind<Fit> = {
  written: 'What `fit` prints with `--json` and writes as fit.json.',
  schema: fitSchema,
  file: 'fit',
  text: fitText,
}

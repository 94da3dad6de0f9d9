import { noiseText } from '../../reports/index.ts'
import { type Noise, noiseSchema } from '../../sim/documents/index.ts'
import type { DocumentKind } from './document-kind.ts'

export const noiseKind: DocumentKind<Noise> = {
  written: 'What `doctor --noise` prints with `--json`.',
  schema: noiseSchema,
  text: noiseText,
}

import { gateHtml, gateText } from '../../reports/index.ts'
import { type Gate, gateSchema } from '../../sim/documents/index.ts'
import type { DocumentKind } from './document-kind.ts'

export const gateKind: DocumentKind<Gate> = {
  written: 'What `gate` prints with `--json` and writes as gate.json.',
  schema: gateSchema,
  file: 'gate',
  behindResults: true,
  text: gateText,
  page: gateHtml,
  verdict: ({ verdict }) => verdict,
}

import { type GateBaseline, gateBaseline } from '../../sim/documents/index.ts'
import type { DocumentKind } from './document-kind.ts'

export const gateBaselineKind: DocumentKind<GateBaseline> = {
  written: 'The baseline file of `gate --baseline`, which `gate --update` writes.',
  schema: gateBaseline,
}

import { type SweepManifest, sweepManifestSchema } from '../../sim/documents/index.ts'
import type { DocumentKind } from './document-kind.ts'

export const sweepManifestKind: DocumentKind<SweepManifest> = {
  written: 'What decides the rows of a sweep, manifest.json.',
  schema: sweepManifestSchema,
  file: 'manifest',
}

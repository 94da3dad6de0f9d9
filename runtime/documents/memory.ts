import { type ArenaDocument, arenaSchema } from '../../sim/documents/index.ts'
import type { DocumentKind } from './document-kind.ts'

export const memoryKind: DocumentKind<ArenaDocument> = {
  written: 'Activity of arenas, which `run`, `simulate` and `compare` write as memory.json.',
  schema: arenaSchema,
  file: 'memory',
}

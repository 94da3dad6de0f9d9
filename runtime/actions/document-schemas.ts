import type * as z from 'zod'
import {
  arenaSchema,
  auditSchema,
  blameSchema,
  comparisonSchema,
  fitSchema,
  gateBaseline,
  gateSchema,
  noiseSchema,
  planSchema,
  resultSchema,
  sweepManifestSchema,
  sweepSchema,
  variantsSchema,
} from '../../sim/documents/index.ts'
import { profileSchema } from '../../sim/world/index.ts'
import type { documentKinds } from '../commands/document-kinds.ts'

/** By kind of document. */
export const documentSchemas = {
  result: resultSchema,
  comparison: comparisonSchema,
  memory: arenaSchema,
  audit: auditSchema,
  blame: blameSchema,
  gate: gateSchema,
  'gate-baseline': gateBaseline,
  variants: variantsSchema,
  noise: noiseSchema,
  sweep: sweepSchema,
  'sweep-manifest': sweepManifestSchema,
  plan: planSchema,
  fit: fitSchema,
  profile: profileSchema,
} as const satisfies Readonly<Record<(typeof documentKinds)[number], z.ZodType>>

import { type ZodType, z } from 'zod'
import {
  arenaSchema,
  auditSchema,
  comparisonSchema,
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

const schemas: Readonly<Record<string, ZodType>> = {
  result: resultSchema,
  comparison: comparisonSchema,
  memory: arenaSchema,
  audit: auditSchema,
  gate: gateSchema,
  'gate-baseline': gateBaseline,
  variants: variantsSchema,
  noise: noiseSchema,
  sweep: sweepSchema,
  'sweep-manifest': sweepManifestSchema,
  plan: planSchema,
  profile: profileSchema,
}

/** Kinds of documents that Spillway writes. */
export const documentKinds: readonly string[] = Object.keys(schemas)

/** A kind of document as JSON Schema (draft 7); null for a kind that does not exist. */
export function documentJsonSchema(kind: string): object | null {
  const schema = schemas[kind]
  return schema === undefined ? null : z.toJSONSchema(schema, { target: 'draft-7' })
}

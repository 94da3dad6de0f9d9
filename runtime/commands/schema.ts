import { type Command, Option } from 'commander'
import * as z from 'zod'
import { acceleratorJsonSchema, EXIT, scenarioJsonSchema } from '../../scenarios/index.ts'
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
import { schemaText } from '../folders/schema-text.ts'
import { out } from '../terminal.ts'
import { implement, withJson } from './command.ts'

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
} as const satisfies Readonly<Record<string, z.ZodType>>

/** Of files that users write, by their kind. */
const fileSchemas: Readonly<Record<string, () => object>> = {
  scenario: scenarioJsonSchema,
  accelerator: acceleratorJsonSchema,
}

const HELP = `
Examples:
  $ spillway schema > scenario.schema.json
  $ spillway schema --document accelerator > accelerator.schema.json`

export function define(command: Command): void {
  withJson(command).addOption(
    new Option('--document <kind>', 'kind of document')
      .choices([...Object.keys(fileSchemas), ...Object.keys(documentSchemas)])
      .default('scenario'),
  )
  implement(command, HELP, async (_signal, { document }: { document: string }) => {
    const schema = (documentSchemas as Readonly<Record<string, z.ZodType>>)[document]
    const ofFile = fileSchemas[document]
    out(schemaText(ofFile?.() ?? z.toJSONSchema(schema!, { target: 'draft-7' })))
    return EXIT.ok
  })
}

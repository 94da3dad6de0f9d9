import * as z from 'zod'
import {
  acceleratorJsonSchema,
  EXIT,
  type ExitCode,
  scenarioJsonSchema,
} from '../../scenarios/index.ts'
import type { fileKinds } from '../commands/document-kinds.ts'
import { schemaText } from '../folders/schema-text.ts'
import { out } from '../terminal.ts'
import { documentSchemas } from './document-schemas.ts'

/** Of files that users write, by their kind. */
const fileSchemas: Readonly<Record<(typeof fileKinds)[number], () => object>> = {
  scenario: scenarioJsonSchema,
  accelerator: acceleratorJsonSchema,
}

export async function perform(
  _signal: AbortSignal,
  { document }: { document: string },
): Promise<ExitCode> {
  const schema = (documentSchemas as Readonly<Record<string, z.ZodType>>)[document]
  const ofFile = (fileSchemas as Readonly<Record<string, () => object>>)[document]
  out(schemaText(ofFile?.() ?? z.toJSONSchema(schema!, { target: 'draft-7' })))
  return EXIT.ok
}

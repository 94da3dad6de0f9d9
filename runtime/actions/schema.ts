import * as z from 'zod'
import {
  acceleratorJsonSchema,
  EXIT,
  type ExitCode,
  scenarioJsonSchema,
} from '../../scenarios/index.ts'
import { type fileKinds, kindOf } from '../documents/index.ts'
import { schemaText } from '../folders/schema-text.ts'
import { out } from '../terminal.ts'

/** Of files that users write, by their kind. */
const fileSchemas: Readonly<Record<(typeof fileKinds)[number], () => object>> = {
  scenario: scenarioJsonSchema,
  accelerator: acceleratorJsonSchema,
}

async function documentSchema(name: string): Promise<object> {
  const { schema } = await kindOf(name)
  return z.toJSONSchema(schema!, { target: 'draft-7' })
}

export async function perform(
  _signal: AbortSignal,
  { document }: { document: string },
): Promise<ExitCode> {
  const ofFile = (fileSchemas as Readonly<Record<string, () => object>>)[document]
  out(schemaText(ofFile?.() ?? (await documentSchema(document))))
  return EXIT.ok
}

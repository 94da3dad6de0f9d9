import { type Command, Option } from 'commander'
import { z } from 'zod'
import { EXIT, scenarioJsonSchema } from '../../scenarios/index.ts'
import {
  arenaSchema,
  auditSchema,
  comparisonSchema,
  resultSchema,
} from '../../sim/documents/index.ts'
import { profileSchema } from '../../sim/world/index.ts'
import { documentText } from '../folders/document-text.ts'
import { out } from '../terminal.ts'
import { action, withJson } from './command.ts'

const schemas = {
  scenario: () => scenarioJsonSchema(),
  result: () => z.toJSONSchema(resultSchema, { target: 'draft-7' }),
  comparison: () => z.toJSONSchema(comparisonSchema, { target: 'draft-7' }),
  memory: () => z.toJSONSchema(arenaSchema, { target: 'draft-7' }),
  audit: () => z.toJSONSchema(auditSchema, { target: 'draft-7' }),
  profile: () => z.toJSONSchema(profileSchema, { target: 'draft-7' }),
} as const

export function define(command: Command): void {
  withJson(command)
    .addOption(
      new Option('--document <kind>', 'which schema')
        .choices(Object.keys(schemas))
        .default('scenario'),
    )
    .addHelpText('after', '\nExample:\n  $ spillway schema > scenario.schema.json')
    .action(
      action(async (_signal, { document }: { document: keyof typeof schemas }) => {
        out(documentText(schemas[document]()))
        return EXIT.ok
      }),
    )
}

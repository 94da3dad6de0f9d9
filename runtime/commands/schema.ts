import { type Command, Option } from 'commander'
import { EXIT, scenarioJsonSchema } from '../../scenarios/index.ts'
import { documentJsonSchema, documentKinds } from '../folders/document-schemas.ts'
import { documentText } from '../folders/documents.ts'
import { out } from '../terminal.ts'
import { implement, withJson } from './command.ts'

const HELP = `
Example:
  $ spillway schema > scenario.schema.json`

export function define(command: Command): void {
  withJson(command).addOption(
    new Option('--document <kind>', 'kind of document')
      .choices(['scenario', ...documentKinds])
      .default('scenario'),
  )
  implement(command, HELP, async (_signal, { document }: { document: string }) => {
    out(documentText(documentJsonSchema(document) ?? scenarioJsonSchema()))
    return EXIT.ok
  })
}

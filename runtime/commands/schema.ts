import { type Command, Option } from 'commander'
import { fileKinds, publishedNames } from '../documents/index.ts'
import { implement, withJson } from './command.ts'

const HELP = `
Examples:
  $ spillway schema > scenario.schema.json
  $ spillway schema --document accelerator > accelerator.schema.json`

export function define(command: Command): void {
  withJson(command).addOption(
    new Option('--document <kind>', 'kind of document')
      .choices([...fileKinds, ...publishedNames])
      .default('scenario'),
  )
  implement(command, HELP, async () => (await import('../actions/schema.ts')).perform)
}

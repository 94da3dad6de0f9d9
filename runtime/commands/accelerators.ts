import type { Command } from 'commander'
import { EXIT, loadAccelerator, shippedAccelerators } from '../../scenarios/index.ts'
import { acceleratorsText, acceleratorText } from './accelerators-text.ts'
import { implement, withJson } from './command.ts'
import { print } from './output.ts'

const HELP = `
A file at that path comes before a shipped accelerator of that name. --json prints an accelerator as its file has it, so
its output is a file to start from. Its format: spillway schema --document accelerator

Examples:
  $ spillway accelerators
  $ spillway accelerators h100-sxm
  $ spillway accelerators my-card.yaml --json`

export function define(command: Command): void {
  withJson(command).argument(
    '[accelerator]',
    'the name of a shipped accelerator, or a file (YAML), to show with the source of every figure',
  )
  implement(
    command,
    HELP,
    async (_signal, given: string | undefined, options: { readonly json?: boolean }) => {
      if (given === undefined) {
        const accelerators = shippedAccelerators()
        print(options, { accelerators }, acceleratorsText(accelerators))
      } else {
        const accelerator = await loadAccelerator(given, '.')
        print(options, accelerator, acceleratorText(accelerator))
      }
      return EXIT.ok
    },
  )
}

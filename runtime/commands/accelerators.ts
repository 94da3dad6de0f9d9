import type { Command } from 'commander'
import { implement, withJson } from './command.ts'

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
  implement(command, HELP, async () => (await import('../actions/accelerators.ts')).perform)
}

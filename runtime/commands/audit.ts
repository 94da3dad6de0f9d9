import type { Command } from 'commander'
import { implement, KEPT_ROWS, keptFolder, withJson } from './command.ts'

const HELP = `
${KEPT_ROWS} The second side of a what-if is in DIR/against and is audited separately.

An independent checker verifies every rule of the scenario on the rows, and recomputes the percentiles and
counts of the documents. Each decision log is fed to a fresh control plane, which must decide the same.
Exit code 4 if a rule, a figure or a decision log fails.

Example:
  $ spillway audit runs/today`

export function define(command: Command): void {
  withJson(command.argument('<dir>', 'a folder with raw rows and their documents', keptFolder))
  implement(command, HELP, async () => (await import('../actions/audit.ts')).perform)
}

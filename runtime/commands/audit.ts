import type { Command } from 'commander'
import { EXIT } from '../../scenarios/index.ts'
import { audit } from '../jobs/audit.ts'
import { auditText } from './audit-text.ts'
import { commandLine, implement, KEPT_ROWS, withJson } from './command.ts'
import { print } from './output.ts'

const HELP = `
${KEPT_ROWS} The second side of a what-if is in DIR/against and is audited separately.

An independent checker verifies every rule of the scenario on the rows, and recomputes the percentiles and
counts of the documents. Each decision log is fed to a fresh control plane, which must decide the same.
Exit code 4 if a rule, a figure or a decision log fails.

Example:
  $ spillway audit runs/today`

export function define(command: Command): void {
  withJson(command.argument('<dir>', 'a folder with raw rows and their documents'))
  const perform = async (
    signal: AbortSignal,
    directory: string,
    options: { readonly json?: boolean },
  ) => {
    const document = await audit(directory, { signal, command: commandLine() })
    print(options, document, auditText(document))
    return document.verdict === 'PASS' ? EXIT.ok : EXIT.failed
  }
  implement(command, HELP, perform)
}

import type { Command } from 'commander'
import { EXIT } from '../../scenarios/index.ts'
import { audit } from '../jobs/audit.ts'
import { auditText } from './audit-text.ts'
import { action, commandLine, withJson } from './command.ts'
import { emit } from './output.ts'

export function define(command: Command): void {
  withJson(command.argument('<dir>', 'a folder with raw rows, and the documents beside them'))
    .addHelpText(
      'after',
      `
Raw rows are left by \`run --keep-rows\`, \`replay --out DIR\` and \`simulate --keep-rows --out DIR\`;
the second side of a what-if lies in DIR/against and is audited by itself.

An independent checker verifies every rule of the scenario on them and recomputes the percentiles and
counts of the documents. A fresh control plane is given each journal again and has to decide the
same. Exit code 4 where anything does not hold.

Example:
  $ spillway audit runs/today`,
    )
    .action(
      action(async (signal, directory: string, options: { readonly json?: boolean }) => {
        const document = await audit(directory, { signal, command: commandLine() })
        await emit(options, { audit: document }, 'audit', auditText(document))
        return document.verdict === 'PASS' ? EXIT.ok : EXIT.failed
      }),
    )
}

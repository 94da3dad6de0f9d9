import { EXIT, type ExitCode } from '../../scenarios/index.ts'
import { commandLine } from '../commands/command.ts'
import { audit } from '../jobs/audit.ts'
import { auditText } from './audit-text.ts'
import { print } from './output.ts'

export async function perform(
  signal: AbortSignal,
  directory: string,
  options: { readonly json?: boolean },
): Promise<ExitCode> {
  const document = await audit(directory, { signal, command: commandLine() })
  print(options, document, auditText(document))
  return document.verdict === 'PASS' ? EXIT.ok : EXIT.failed
}

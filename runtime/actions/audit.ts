import { EXIT, type ExitCode } from '../../scenarios/index.ts'
import { commandLine } from '../commands/command.ts'
import { withProgress } from '../commands/progress.ts'
import { audit } from '../jobs/audit.ts'
import { auditText } from './audit-text.ts'
import { print } from './output.ts'

export async function perform(
  signal: AbortSignal,
  directory: string,
  options: { readonly json?: boolean },
): Promise<ExitCode> {
  const document = await withProgress((onProgress) =>
    audit(directory, { signal, onProgress, command: commandLine() }),
  )
  print(options, document, auditText(document))
  return document.verdict === 'PASS' ? EXIT.ok : EXIT.failed
}

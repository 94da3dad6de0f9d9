import type { ExitCode } from '../../scenarios/index.ts'
import { commandLine } from '../commands/command.ts'
import { withProgress } from '../commands/progress.ts'
import { auditKind } from '../documents/audit.ts'
import { audit } from '../jobs/audit.ts'
import { emit } from './output.ts'

export async function perform(
  signal: AbortSignal,
  directory: string,
  options: { readonly json?: boolean },
): Promise<ExitCode> {
  const document = await withProgress((onProgress) =>
    audit(directory, { signal, onProgress, command: commandLine() }),
  )
  return emit(options, auditKind, document)
}

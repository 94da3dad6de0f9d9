import type { ExitCode } from '../../scenarios/index.ts'
import { commandLine, note, type ScenarioOptions } from '../commands/command.ts'
import { withProgress } from '../commands/progress.ts'
import { blameKind } from '../documents/blame.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { blame } from '../jobs/blame/blame.ts'
import { emit } from './output.ts'

interface BlameOptions extends ScenarioOptions {
  readonly profile?: string
  readonly replications: number
  readonly top: number
}

export async function perform(
  signal: AbortSignal,
  path: string,
  options: BlameOptions,
): Promise<ExitCode> {
  const { set, seed, profile, replications, top, out } = options
  const undo = await writableFolder(out)
  const document = await withProgress((onProgress) =>
    blame(path, {
      ...{ set, seed, profile, replications, top, signal },
      onProgress,
      onNote: note,
      command: commandLine(),
    }),
  ).catch(undo)
  return emit(options, blameKind, document)
}

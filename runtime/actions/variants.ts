import type { ExitCode, LoadedScenario, Variant } from '../../scenarios/index.ts'
import { commandLine, note, type ScenarioOptions } from '../commands/command.ts'
import { withProgress } from '../commands/progress.ts'
import { variantsKind } from '../documents/variants.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { withWarmup } from '../jobs/steady-warmup.ts'
import { loadVariants } from '../jobs/variants/load-variants.ts'
import { keepVariants } from '../jobs/variants/replay-variants.ts'
import { variants } from '../jobs/variants/variants.ts'
import { emit } from './output.ts'

interface VariantsOptions extends ScenarioOptions {
  readonly variant?: readonly Variant[]
  readonly profile?: string
  readonly replications: number
  readonly workers?: number
  readonly warmup?: 'auto'
  readonly replay?: boolean
  readonly replays: number
}

export async function perform(
  signal: AbortSignal,
  { file: path }: LoadedScenario,
  options: VariantsOptions,
): Promise<ExitCode> {
  const { replications, workers, replay, replays, out } = options
  const set = await withProgress((onProgress) =>
    withWarmup(path, options, { signal, onProgress, onNote: note }),
  )
  const loaded = await loadVariants(path, {
    ...options,
    set,
    ...(options.variant && { variants: options.variant }),
    signal,
    onNote: note,
  })
  const undo = await writableFolder(out)
  const { document, replayed } = await withProgress((onProgress) =>
    variants(loaded, {
      ...(replay === true && { replays }),
      replications,
      workers,
      signal,
      onProgress,
      command: commandLine(),
    }),
  ).catch(undo)
  return emit(options, variantsKind, document, {
    stage: (change) => keepVariants(change, replayed, signal),
  })
}

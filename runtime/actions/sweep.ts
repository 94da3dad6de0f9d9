import { EXIT, type ExitCode, type LoadedScenario } from '../../scenarios/index.ts'
import type { Sweep } from '../../sim/documents/index.ts'
import { note, refuseWithoutOut, type ScenarioOptions } from '../commands/command.ts'
import { withProgress } from '../commands/progress.ts'
import { sweepKind } from '../documents/sweep.ts'
import type { FolderChange } from '../folders/replace-files.ts'
import { RESULTS_FILE } from '../folders/sweep-results.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { withWarmup } from '../jobs/steady-warmup.ts'
import { type SweepResult, sweep } from '../jobs/sweep/sweep.ts'
import type { Shard } from '../jobs/sweep/sweep-plan.ts'
import { keptSoFar } from './kept-so-far.ts'
import { emit } from './output.ts'

interface SweepOptions extends ScenarioOptions {
  readonly points?: string
  readonly profile?: string
  readonly replications: number
  readonly precision?: number
  readonly warmup?: 'auto'
  readonly queue?: string
  readonly workers?: number
  readonly shard?: Shard
  readonly resume?: boolean
}

function exitOf({ counts, configurations }: Sweep): ExitCode {
  const { invalid, out_of_memory } = counts
  return configurations > 0 && invalid + out_of_memory === configurations
    ? EXIT.invalidInput
    : EXIT.ok
}

export async function perform(
  signal: AbortSignal,
  { file: path }: LoadedScenario,
  options: SweepOptions,
): Promise<ExitCode> {
  const { out, resume } = options
  refuseWithoutOut('--resume', resume, options)
  refuseWithoutOut('--shard', options.shard !== undefined, options)
  const undo = await writableFolder(out)
  const { workers, queue } = options
  const swept = await withProgress(async (onProgress, display) => {
    const set = await withWarmup(path, options, { signal, onProgress, onNote: note })
    const job = { directory: out, resume, workers, queue, signal, onProgress }
    return sweep({ ...options, path, set }, { ...job, onWarning: display.warn })
  })
    .catch(undo)
    .catch((error) => keptSoFar(error, 'the rows', out))
  await emitSweep(options, swept)
  return exitOf(swept.document)
}

/** Writes a sweep with the changes of `stage` to --out, prints it, and closes it. */
export async function emitSweep(
  options: { readonly out?: string | undefined; readonly json?: boolean | undefined },
  { document, results, close }: SweepResult,
  stage: (change: FolderChange) => Promise<void> = async () => {},
): Promise<void> {
  try {
    await emit(options, sweepKind, document, {
      stage: async (change) => {
        await stage(change)
        await change.write(RESULTS_FILE, results)
      },
    })
  } finally {
    await close()
  }
}

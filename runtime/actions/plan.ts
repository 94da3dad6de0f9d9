import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ExitCode, LoadedScenario } from '../../scenarios/index.ts'
import type { Plan } from '../../sim/documents/index.ts'
import { commandLine, note, refuseWithoutOut, type ScenarioOptions } from '../commands/command.ts'
import { withProgress } from '../commands/progress.ts'
import { planKind } from '../documents/plan.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { plan } from '../jobs/plan/plan.ts'
import { PLAN_JOURNAL } from '../jobs/plan/plan-journal.ts'
import { withWarmup } from '../jobs/steady-warmup.ts'
import { keptSoFar } from './kept-so-far.ts'
import { emit } from './output.ts'

interface PlanOptions extends ScenarioOptions {
  readonly profile?: string
  readonly confidence: number
  readonly replications: number
  readonly survive?: NonNullable<Plan['survive']>
  readonly warmup?: 'auto'
  readonly workers?: number
  readonly resume?: boolean
  readonly headroom: boolean
  readonly sensitivity: boolean
  readonly verify?: boolean
  readonly replays: number
}

const keepsRuns = (out: string | undefined) =>
  out !== undefined && existsSync(join(out, PLAN_JOURNAL))

export async function perform(
  signal: AbortSignal,
  { file: path }: LoadedScenario,
  options: PlanOptions,
): Promise<ExitCode> {
  const { seed, profile, replications, workers, verify, replays, survive, out, resume } = options
  refuseWithoutOut('--resume', resume, options)
  const undo = await writableFolder(out)
  const document = await withProgress(async (onProgress, { warn: onWarning }) =>
    plan(path, {
      set: await withWarmup(path, options, { signal, onProgress, onNote: note }),
      seed,
      profile,
      replications,
      workers,
      directory: out,
      resume,
      survive,
      headroom: options.headroom,
      sensitivity: options.sensitivity,
      confidence: options.confidence,
      signal,
      onProgress,
      onNote: note,
      onWarning,
      command: commandLine(),
      ...(verify === true && { replays }),
    }),
  )
    .catch(undo)
    .catch((error) => keptSoFar(error, 'the runs', keepsRuns(out) ? out : undefined))
  return emit(options, planKind, document, {
    stage: async (change) => change.remove(PLAN_JOURNAL),
  })
}

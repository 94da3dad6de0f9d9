import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { planHtml, planText } from '../../reports/index.ts'
import { EXIT, type ExitCode, type LoadedScenario } from '../../scenarios/index.ts'
import type { Plan } from '../../sim/documents/index.ts'
import { commandLine, note, refuseWithoutOut, type ScenarioOptions } from '../commands/command.ts'
import { withProgress } from '../commands/progress.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { plan } from '../jobs/plan/plan.ts'
import { PLAN_JOURNAL } from '../jobs/plan/plan-journal.ts'
import { withWarmup } from '../jobs/steady-warmup.ts'
import { keptSoFar } from './kept-so-far.ts'
import { emit, VERDICT_EXIT } from './output.ts'

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

function planExit({ winner, rows, verified, with_inputs: drawn }: Plan): ExitCode {
  if (winner !== null) return verified === null ? EXIT.ok : VERDICT_EXIT[verified.verdict]
  // one meets at the stated inputs, and may hold
  if (drawn !== undefined) return EXIT.undecided
  return rows.some(({ verdict }) => verdict === 'UNDECIDED') ? EXIT.undecided : EXIT.failed
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
  await emit(options, { plan: document }, 'plan', planText(document), async (change) => {
    change.remove(PLAN_JOURNAL)
    await change.write('report.html', await planHtml(document))
  })
  return planExit(document)
}

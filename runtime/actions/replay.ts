import { resultText } from '../../reports/index.ts'
import type { ExitCode, LoadedScenario } from '../../scenarios/index.ts'
import type { AgainstOptions } from '../commands/against.ts'
import { note, refuseWithoutOut } from '../commands/command.ts'
import { withProgress } from '../commands/progress.ts'
import { resultKind } from '../documents/result.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { noteChangedRates } from '../jobs/changed-rates.ts'
import { keepReplays } from '../jobs/kept-replays.ts'
import { profileFor, resolveSystem } from '../jobs/prepare.ts'
import { prepareSides } from '../jobs/prepare-sides.ts'
import { refuseLive } from '../jobs/refuse.ts'
import { replay } from '../jobs/replay.ts'
import { emit } from './output.ts'
import { plots } from './plots.ts'

interface ReplayOptions extends AgainstOptions {
  readonly profile?: string
  readonly replays: number
  readonly requests?: string
  readonly decisionLog?: boolean
  readonly plot?: boolean
}

export async function perform(
  signal: AbortSignal,
  loaded: LoadedScenario,
  options: ReplayOptions,
): Promise<ExitCode> {
  const { file: path } = loaded
  refuseWithoutOut('--decision-log', options.decisionLog, options)
  const prepared = await prepareSides(loaded, { ...options, signal, onNote: note })
  const [first, second] = prepared
  const profile = await profileFor(first, options.profile)
  if (options.out !== undefined) await writableFolder(options.out)
  refuseLive(prepared)
  const system = resolveSystem(first, profile)
  if (options.requests === undefined) {
    await noteChangedRates(path, system, { ...options, signal, onNote: note })
  }
  const changed = second === undefined ? [] : [resolveSystem(second, profile)]
  const { replays, decisionLog, requests: requestsFile } = options
  const sides = await withProgress((onProgress, { note: onNote }) =>
    replay([system, ...changed], {
      replays,
      requestsFile,
      decisionLog,
      signal,
      onProgress,
      onNote,
    }),
  )
  const { result } = sides[0]!
  const text = sides.map((side) => resultText(side.result)).join('\n\n')
  return emit(options, resultKind, result, {
    text: [text, plots(options, { measured: result })],
    stage: (change) => keepReplays(change, sides, signal),
  })
}

import { dirname, join } from 'node:path'
import {
  allCharts,
  bothSidesText,
  type ChartFormat,
  comparisonText,
  objectivesText,
  reportHtml,
  sidesOf,
} from '../../reports/index.ts'
import { EXIT, type ExitCode, type LoadedScenario, visibleLine } from '../../scenarios/index.ts'
import { type Verdict, worstOrNull } from '../../sim/documents/index.ts'
import type { Profile } from '../../sim/world/index.ts'
import type { AgainstOptions } from '../commands/against.ts'
import { commandLine, note, warn } from '../commands/command.ts'
import { withProgress } from '../commands/progress.ts'
import { profileText } from '../documents/profile-text.ts'
import { documentText } from '../folders/documents.ts'
import { knownProfile, loadProfile, mergeProfiles } from '../folders/profile-file.ts'
import { localProfilePath } from '../folders/profile-paths.ts'
import { replaceFiles, settleFolder } from '../folders/replace-files.ts'
import { AGAINST_FOLDER, dropRuns } from '../folders/run-folder.ts'
import { writableFolder, writeWhole } from '../folders/write-whole.ts'
import { calibrate } from '../jobs/calibrate.ts'
import { noteChangedRates } from '../jobs/changed-rates.ts'
import { compare } from '../jobs/compare.ts'
import { dropReplays, keepReplays } from '../jobs/kept-replays.ts'
import { noiseWarnings, shortNoise } from '../jobs/noise.ts'
import { resolveSystem } from '../jobs/prepare.ts'
import { refuseChangedFiles, refuseComparison, refuseLive } from '../jobs/refuse.ts'
import { profiledHere } from '../jobs/rehearsals.ts'
import { replay } from '../jobs/replay.ts'
import { simulate, simulateAgainst } from '../jobs/simulate.ts'
import { err, note as printNote } from '../terminal.ts'
import { CHARTS_FOLDER, writeCharts } from './charts.ts'
import { exitOf, type FailOn, failingOn, print, writeDocuments } from './output.ts'
import { plots } from './plots.ts'
import { prepareSides } from './prepare-sides.ts'

interface RunOptions extends AgainstOptions {
  readonly profile?: string
  readonly seconds: number
  readonly replications: number
  readonly replays: number
  readonly rehearsals: number
  readonly decisionLog?: boolean
  readonly plot?: boolean
  readonly charts: readonly ChartFormat[]
  readonly failOn?: FailOn
}

/** A run of it, after a short look at the noise of this machine. */
type Running = RunOptions & {
  readonly path: string
  readonly directory: string
  readonly signal: AbortSignal
  readonly noise: Awaited<ReturnType<typeof shortNoise>>
}

type Sides = Awaited<ReturnType<typeof prepareSides>>
const ELSEWHERE =
  'the profile is of another machine, so there are no rehearsals; the prediction uses its speeds and overheads'

/** The calibration of a run that was interrupted. */
const CALIBRATED_FILE = 'calibrated.json'

/** `used`: files of the folder that are not needed any more at the end. */
async function runWith(
  profile: Profile,
  sides: Sides,
  options: Running,
  used: readonly string[] = [],
): Promise<{ readonly learnt: Profile; readonly exitCode: ExitCode }> {
  const { path, directory, replications, replays, decisionLog, signal, noise } = options
  const command = commandLine()
  const [system, ...changed] = sides.map((side) => resolveSystem(side, profile))
  await noteChangedRates(path, system!, { ...options, onNote: note })
  const { simulated, ofSecond, replayed, comparison } = await withProgress(
    async (onProgress, display) => {
      const job = { signal, onProgress }
      const expected = await simulate(system!, { ...job, replications: 1 })
      for (const text of noiseWarnings(noise, system!.scenario, expected)) display.warn(text)
      const here = profiledHere(system!)
      if (!here && options.rehearsals > 0) display.warn(ELSEWHERE)
      const rehearsals = here ? options.rehearsals : 0
      const systems = [system!, ...changed] as const
      const replayed = await replay(systems, { ...job, replays, rehearsals, decisionLog })
      const [first, second = null] = replayed
      const learnt = first!.system
      const simulated = await simulate(learnt, { ...job, replications, onWarning: display.warn })
      const ofSecond =
        second && (await simulateAgainst(learnt, second.system, { ...job, replications }))
      const comparison = await compare(first!, second, { ...job, replications, command })
      return { simulated, ofSecond, replayed, comparison }
    },
  )
  const { result: measured, arena, system: learnt } = replayed[0]!
  const documents = {
    simulated,
    measured,
    comparison,
    profile: learnt.profile,
    ...(arena === null ? {} : { memory: arena }),
  }
  const against = ofSecond && { simulated: ofSecond, measured: replayed[1]!.result }
  const page = { simulated, measured, comparison, against, command }
  await replaceFiles(directory, async (change) => {
    // rows of an earlier run would seem to belong to these documents
    await dropRuns(change, 'replication')
    await dropReplays(change)
    await keepReplays(change, replayed, signal)
    await writeDocuments(change, documents)
    if (ofSecond) await writeDocuments(change.below(AGAINST_FOLDER), { simulated: ofSecond })
    await change.write('report.html', await reportHtml(page))
    await writeCharts(change.below(CHARTS_FOLDER), options.charts, allCharts(page))
    for (const name of used) change.remove(name)
  })
  for (const { label, result } of sidesOf(page).flat()) {
    for (const text of result.warnings) warn(`${label}: ${text}`)
  }
  const parts = [[comparisonText(comparison)], bothSidesText(page), objectivesText(page)]
  const text = parts.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'))
  const plotted = plots(options, { simulated, measured, comparison })
  const where = `\n\nreport: ${visibleLine(join(directory, 'report.html'))}`
  const ending = options.failOn === undefined ? `\n${ANY_VERDICT}` : ''
  print(options, comparison, [text.join('\n\n'), plotted, where, ending])
  const objectives = sidesOf(page).flatMap((side) =>
    side.flatMap(({ result }) => result.objectives),
  )
  const verdicts = [comparison.verdict, ...objectives.map(({ verdict }) => verdict)]
  return { learnt: learnt.profile ?? profile, exitCode: exitOn(options.failOn, verdicts) }
}

const ANY_VERDICT = 'exit code 0 whatever the verdicts; --fail-on gives CI one that depends on them'

const exitOn = (failOn: FailOn | undefined, verdicts: readonly Verdict[]): ExitCode =>
  failOn === undefined ? EXIT.ok : failingOn(failOn, exitOf(worstOrNull(verdicts)))

export async function perform(
  signal: AbortSignal,
  loaded: LoadedScenario,
  options: RunOptions,
): Promise<ExitCode> {
  const { file: path } = loaded
  const sides = await prepareSides(loaded, options, signal)
  refuseLive(sides)
  refuseComparison(sides)
  refuseChangedFiles(sides)
  const directory = options.out ?? join('runs', sides[0].scenario.name)
  await writableFolder(directory)
  await settleFolder(directory)
  const noise = await withProgress((onProgress, { warn: onWarning }) =>
    shortNoise(sides[0].scenario, { signal, onProgress, onWarning }),
  )
  const running = { ...options, path, directory, signal, noise }
  if (options.profile !== undefined) {
    const { exitCode } = await runWith(await loadProfile(options.profile), sides, running)
    return exitCode
  }
  const { seconds } = options
  const local = localProfilePath()
  await writableFolder(dirname(local))
  const profile = await withProgress((onProgress, { warn: onWarning }) =>
    calibrate(sides, { seconds, rehearsals: 0, signal, onProgress, onWarning }),
  )
  printNote(profileText(profile), '\n')
  // minutes of measuring survive later errors
  const kept = join(directory, CALIBRATED_FILE)
  await writeWhole(kept, documentText(profile))
  const { learnt, exitCode } = await runWith(profile, sides, running, [CALIBRATED_FILE]).catch(
    (error: unknown) => {
      err(`the calibration is kept; resume with --profile ${visibleLine(kept)}\n`)
      throw error
    },
  )
  await writeWhole(local, documentText(mergeProfiles(learnt, await knownProfile(local, warn))))
  note(`simulate and replay now use what this run learnt: ${local}`)
  return exitCode
}

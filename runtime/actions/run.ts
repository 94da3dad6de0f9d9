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
import type { AgainstOptions } from '../commands/against.ts'
import { commandLine, note, warn } from '../commands/command.ts'
import { withProgress } from '../commands/progress.ts'
import { profileText } from '../documents/profile-text.ts'
import { documentText } from '../folders/documents.ts'
import { knownProfile, mergeProfiles } from '../folders/profile-file.ts'
import { localProfilePath } from '../folders/profile-paths.ts'
import { replaceFiles, settleFolder } from '../folders/replace-files.ts'
import { AGAINST_FOLDER, dropRuns } from '../folders/run-folder.ts'
import { writableFolder, writeWhole } from '../folders/write-whole.ts'
import { keepReplays } from '../jobs/kept-replays.ts'
import { type Ran, run } from '../jobs/run.ts'
import { err, note as printNote } from '../terminal.ts'
import { CHARTS_FOLDER, writeCharts } from './charts.ts'
import { exitOf, type FailOn, failingOn, PAGE_FILE, print, writeDocuments } from './output.ts'
import { plots } from './plots.ts'

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

/** The calibration of a run that was interrupted. */
const CALIBRATED_FILE = 'calibrated.json'

const ANY_VERDICT = 'exit code 0 whatever the verdicts; --fail-on gives CI one that depends on them'

const exitOn = (failOn: FailOn | undefined, verdicts: readonly Verdict[]): ExitCode =>
  failOn === undefined ? EXIT.ok : failingOn(failOn, exitOf(worstOrNull(verdicts)))

const pageOf = ({ simulated, measured, comparison, against }: Ran) => {
  return { simulated, measured, comparison, against, command: comparison.command }
}

/** Writes the documents, replays, page and charts of a run to its folder. */
async function keep(
  ran: Ran,
  directory: string,
  { charts, profile: given }: RunOptions,
  signal: AbortSignal,
): Promise<void> {
  const { simulated, comparison, against, sides } = ran
  const page = pageOf(ran)
  await replaceFiles(directory, async (change) => {
    // rows of an earlier run would seem to belong to these documents
    await dropRuns(change, 'replication')
    await keepReplays(change, sides, signal)
    await writeDocuments(change, { simulated, comparison })
    if (against !== null) {
      await writeDocuments(change.below(AGAINST_FOLDER), { simulated: against.simulated })
    }
    await change.write(PAGE_FILE, await reportHtml(page))
    await writeCharts(change.below(CHARTS_FOLDER), charts, allCharts(page))
    if (given === undefined) change.remove(CALIBRATED_FILE)
  })
}

/** Prints a run that is kept. */
function show(ran: Ran, directory: string, options: RunOptions): ExitCode {
  const { comparison, simulated, measured } = ran
  const page = pageOf(ran)
  const results = sidesOf(page).flat()
  for (const { label, result } of results) {
    for (const text of result.warnings) warn(`${label}: ${text}`)
  }
  const parts = [[comparisonText(comparison)], bothSidesText(page), objectivesText(page)]
  const text = parts.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'))
  const plotted = plots(options, { simulated, measured, comparison })
  const where = `\n\nreport: ${visibleLine(join(directory, PAGE_FILE))}`
  const ending = options.failOn === undefined ? `\n${ANY_VERDICT}` : ''
  print(options, comparison, [text.join('\n\n'), plotted, where, ending])
  const objectives = results.flatMap(({ result }) => result.objectives)
  return exitOn(options.failOn, [comparison.verdict, ...objectives.map(({ verdict }) => verdict)])
}

export async function perform(
  signal: AbortSignal,
  loaded: LoadedScenario,
  options: RunOptions,
): Promise<ExitCode> {
  const directory = options.out ?? join('runs', loaded.scenario.name)
  const undoFolder = await writableFolder(directory)
  await settleFolder(directory).catch(undoFolder)
  const local = options.profile === undefined ? localProfilePath() : null
  const undoLocal =
    local === null ? undoFolder : await writableFolder(dirname(local)).catch(undoFolder)
  const undo = (error: unknown) =>
    local === null ? undoFolder(error) : undoLocal(error).catch(undoFolder)
  const calibrated = join(directory, CALIBRATED_FILE)
  const left = { calibration: false }
  const work = async () => {
    const ran = await withProgress((onProgress, display) =>
      run(loaded, {
        ...options,
        signal,
        onProgress,
        onWarning: display.warn,
        onNote: display.note,
        // minutes of measuring survive later errors
        async onCalibrated(profile) {
          display.stop()
          printNote(profileText(profile), '\n')
          await writeWhole(calibrated, documentText(profile))
          left.calibration = true
        },
        command: commandLine(),
      }),
    ).catch(undo)
    await keep(ran, directory, options, signal)
    left.calibration = false
    return { ran, exitCode: show(ran, directory, options) }
  }
  const { ran, exitCode } = await work().catch((error: unknown) => {
    const path = visibleLine(calibrated)
    if (left.calibration) err(`the calibration is kept; resume with --profile ${path}\n`)
    throw error
  })
  if (local === null) return exitCode
  const learnt = mergeProfiles(ran.profile, await knownProfile(local, warn))
  await writeWhole(local, documentText(learnt))
  note(`simulate and replay now use what this run learnt: ${local}`)
  return exitCode
}

import { join } from 'node:path'
import { type Command, Option } from 'commander'
import {
  allCharts,
  type ChartFormat,
  comparisonText,
  objectivesText,
  reportHtml,
} from '../../reports/index.ts'
import { EXIT, type ExitCode } from '../../scenarios/index.ts'
import type { Verdict } from '../../sim/documents/index.ts'
import type { Profile } from '../../sim/world/index.ts'
import { documentText } from '../folders/documents.ts'
import { loadProfile } from '../folders/profile-file.ts'
import { replaceFiles, settleFolder } from '../folders/replace-files.ts'
import { dropRuns } from '../folders/run-folder.ts'
import { writableFolder, writeWhole } from '../folders/write-whole.ts'
import { calibrate } from '../jobs/calibrate.ts'
import { compare } from '../jobs/compare.ts'
import { dropReplays, keepReplays } from '../jobs/kept-replays.ts'
import { noiseWarnings, shortNoise } from '../jobs/noise-warnings.ts'
import { resolveSystem } from '../jobs/prepare.ts'
import { refuseComparison, refuseLive } from '../jobs/refuse.ts'
import { profiledHere } from '../jobs/rehearsals.ts'
import { replay } from '../jobs/replay.ts'
import { simulate } from '../jobs/simulate.ts'
import { err, note } from '../terminal.ts'
import { AGAINST_HELP, type AgainstOptions, prepareSides, withAgainstOptions } from './against.ts'
import { CHARTS_FOLDER, chartsOption, writeCharts } from './charts.ts'
import {
  commandLine,
  implement,
  KEPT_ROWS,
  positiveNumber,
  rehearsalsOption,
  replicationsOption,
  scenarioFile,
  warn,
  wholeNumber,
} from './command.ts'
import { exitOf, print, writeDocuments } from './output.ts'
import { plotOption, plots } from './plots.ts'
import { profileText } from './profile-text.ts'
import { withProgress } from './progress.ts'

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

type FailOn = 'fail' | 'undecided'

/** A run of it, after a short look at the noise of this machine. */
type Running = RunOptions & {
  readonly directory: string
  readonly signal: AbortSignal
  readonly noise: Awaited<ReturnType<typeof shortNoise>>
}

const HELP = `
A calibration measures the work of each model. Rehearsals, which are replays of the scenario with other seeds, alternate
with the replays that are judged: from them alone the prediction takes the speed, stalls and overheads of this machine.

${KEPT_ROWS}

Exit code 0 when the work is done, whatever the verdicts on checks and objectives; for CI, --fail-on fail exits with 4
if one is FAIL, and --fail-on undecided also with 5 if one is UNDECIDED. An interrupted run keeps its calibration as
calibrated.json; resume with --profile runs/NAME/calibrated.json. A warning names percentiles that stalls of this
machine leave undecided, as \`spillway doctor --noise\` measures them.
${AGAINST_HELP}

Examples:
  $ spillway run payment-peak --replays 5
  $ spillway run payment-peak --fail-on fail
  $ spillway run yardstick --against-set pools.central.batching.max_batch=2`

export function define(command: Command): void {
  withAgainstOptions(scenarioFile(command), 'documents, report.html and rows', 'runs/NAME')
    .addOption(
      new Option('--profile <file>', 'use this profile in place of a calibration').conflicts(
        'seconds',
      ),
    )
    .option(
      '--seconds <s>',
      'calibration time for each model, warm-up included',
      positiveNumber,
      RUN_SECONDS,
    )
    .addOption(rehearsalsOption())
    .addOption(replicationsOption('band', 10))
    .option('--replays <n>', 'replays of the same requests', wholeNumber(1), 3)
    .option('--decision-log', 'keep the decision log of every replay')
    .addOption(plotOption())
    .addOption(
      new Option('--fail-on <verdict>', 'exit with 4 on FAIL, and with 5 on UNDECIDED').choices([
        'fail',
        'undecided',
      ] satisfies FailOn[]),
    )
    .addOption(chartsOption())
  implement(command, HELP, async (signal, path: string, options: RunOptions) => {
    const sides = await prepareSides(path, options, signal)
    refuseLive(sides)
    refuseComparison(sides)
    const directory = options.out ?? join('runs', sides[0].scenario.name)
    await writableFolder(directory)
    await settleFolder(directory)
    const noise = await withProgress((onProgress, { warn: onWarning }) =>
      shortNoise(sides[0].scenario, { signal, onProgress, onWarning }),
    )
    const running = { ...options, directory, signal, noise }
    if (options.profile !== undefined) {
      return runWith(await loadProfile(options.profile), sides, running)
    }
    const { seconds } = options
    const profile = await withProgress((onProgress, { warn: onWarning }) =>
      calibrate(sides, { seconds, rehearsals: 0, signal, onProgress, onWarning }),
    )
    note(profileText(profile), '\n')
    // minutes of measuring survive later errors
    const kept = join(directory, CALIBRATED_FILE)
    await writeWhole(kept, documentText(profile))
    try {
      return await runWith(profile, sides, running, [CALIBRATED_FILE])
    } catch (error) {
      err(`the calibration is kept; resume with --profile ${kept}\n`)
      throw error
    }
  })
}

type Sides = Awaited<ReturnType<typeof prepareSides>>

/** Rehearsals measure the rest: how fast the machine is, its stalls and overheads. */
const RUN_SECONDS = 30
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
): Promise<ExitCode> {
  const { directory, replications, replays, decisionLog, signal, noise } = options
  const command = commandLine()
  const [system, ...changed] = sides.map((side) => resolveSystem(side, profile))
  const { simulated, replayed, comparison } = await withProgress(async (onProgress, display) => {
    const job = { signal, onProgress }
    const expected = await simulate(system!, { ...job, replications: 1 })
    for (const text of noiseWarnings(noise, system!.scenario, expected)) display.warn(text)
    const here = profiledHere(system!)
    if (!here && options.rehearsals > 0) display.warn(ELSEWHERE)
    const rehearsals = here ? options.rehearsals : 0
    const given = [system!, ...changed] as const
    const replayed = await replay(given, { ...job, replays, rehearsals, decisionLog })
    const [first, second = null] = replayed
    const learnt = first!.system
    const simulated = await simulate(learnt, { ...job, replications, onWarning: display.warn })
    const comparison = await compare(first!, second, { ...job, replications, command })
    return { simulated, replayed, comparison }
  })
  const { result: measured, arena, system: learnt } = replayed[0]!
  const documents = {
    ...{ simulated, measured, comparison, profile: learnt.profile },
    ...(arena === null ? {} : { memory: arena }),
  }
  const page = { simulated, measured, comparison, command }
  await replaceFiles(directory, async (change) => {
    // rows of an earlier run would seem to belong to these documents
    await dropRuns(change, 'replication')
    await dropReplays(change)
    await keepReplays(change, replayed, signal)
    await writeDocuments(change, documents)
    await change.write('report.html', await reportHtml(page))
    await writeCharts(change.below(CHARTS_FOLDER), options.charts, allCharts(page))
    for (const name of used) change.remove(name)
  })
  for (const text of replayed.flatMap(({ result }) => result.warnings)) warn(text)
  const objectives = objectivesText({ simulated, measured, comparison: null })
  const text = [comparisonText(comparison), ...(objectives.length > 0 ? ['', ...objectives] : [])]
  const plotted = plots(options, { simulated, measured, comparison })
  const where = `\n\nreport: ${join(directory, 'report.html')}`
  const ending = options.failOn === undefined ? `\n${ANY_VERDICT}` : ''
  print(options, comparison, [text.join('\n'), plotted, where, ending])
  const found = [simulated, measured].flatMap((result) => result.objectives)
  return exitOn(options.failOn, [comparison.verdict, ...found.map(({ verdict }) => verdict)])
}

const ANY_VERDICT = 'exit code 0 whatever the verdicts; --fail-on gives CI one that depends on them'

function exitOn(failOn: FailOn | undefined, verdicts: readonly Verdict[]): ExitCode {
  const code = exitOf(verdicts)
  if (failOn === undefined || (failOn === 'fail' && code === EXIT.undecided)) return EXIT.ok
  return code
}

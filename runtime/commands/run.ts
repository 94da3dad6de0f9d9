import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { type ChartFormat, comparisonText, reportHtml } from '../../reports/index.ts'
import { EXIT } from '../../scenarios/index.ts'
import { resolveSystem } from '../../sim/experiment/index.ts'
import type { Profile } from '../../sim/world/index.ts'
import { documentText } from '../folders/document-text.ts'
import { loadProfile } from '../folders/profile-file.ts'
import { replaceFiles, settleFolder } from '../folders/replace-files.ts'
import { dropInputs, dropRuns } from '../folders/run-folder.ts'
import { writableFolder, writeWhole } from '../folders/write-whole.ts'
import { CALIBRATION_SECONDS, calibrate } from '../jobs/calibrate.ts'
import { compare } from '../jobs/compare.ts'
import { type Prepared, prepare } from '../jobs/prepare.ts'
import { refuseComparison, refuseLive } from '../jobs/refuse.ts'
import { replay } from '../jobs/replay.ts'
import { dropReplays, keepReplays } from '../jobs/replay-folder.ts'
import { simulate } from '../jobs/simulate.ts'
import { err, type Printable } from '../terminal.ts'
import { AGAINST_HELP, type AgainstOptions, prepareAgainst, withAgainstOptions } from './against.ts'
import { CHARTS_FOLDER, chartsOption, writeCharts } from './charts.ts'
import {
  action,
  commandLine,
  positiveNumber,
  replicationsOption,
  type ScenarioOptions,
  warn,
  wholeNumber,
  withScenarioOptions,
} from './command.ts'
import { print } from './output.ts'
import { profileText } from './profile-text.ts'
import { ProgressDisplay } from './progress.ts'

interface RunOptions extends ScenarioOptions, AgainstOptions {
  readonly profile?: string
  readonly seconds: number
  readonly replications: number
  readonly replays: number
  readonly keepRows?: boolean
  readonly journal?: boolean
  readonly charts: readonly ChartFormat[]
}

export function define(command: Command): void {
  withAgainstOptions(withScenarioOptions(command.argument('<scenario>', 'a scenario file (YAML)')))
    .addOption(
      new Option('--profile <file>', 'use this profile in place of calibrating').conflicts(
        'seconds',
      ),
    )
    .option('--seconds <s>', 'calibration time for each model', positiveNumber, CALIBRATION_SECONDS)
    .addOption(replicationsOption('simulations behind each interval', 10, 40))
    .option('--replays <n>', 'how often the same requests are replayed', wholeNumber(1), 3)
    .option('--keep-rows', 'keep the raw rows of every replay (kept anyway where a check fails)')
    .option('--journal', 'keep what the control plane was told')
    .addOption(chartsOption())
    .addHelpText(
      'after',
      `
Documents and report.html go to runs/NAME, or to --out DIR. Exit code 0 when the job was done,
whatever the verdict; use \`spillway compare\` where the verdict decides. A run that is interrupted keeps
its calibration as calibrated.json, to go on with by --profile.
${AGAINST_HELP}

Examples:
  $ spillway run scenarios/library/payment-peak.yaml --replays 5
  $ spillway run scenarios/library/yardstick.yaml --against-set pools.central.batching.max_batch=2`,
    )
    .action(
      action(async (signal, path: string, options: RunOptions) => {
        const prepared = await prepare(path, { ...options, signal })
        const against = await prepareAgainst(prepared, path, options)
        const sides: Sides = [prepared, ...(against === null ? [] : [against])]
        refuseLive(sides)
        refuseComparison(sides)
        await runAll(sides, options, signal)
        return EXIT.ok
      }),
    )
}

type Sides = readonly [Prepared, ...Prepared[]]

interface Running extends RunOptions {
  readonly directory: string
  readonly signal: AbortSignal
  readonly progress: ProgressDisplay
}

/** The calibration of a run that was interrupted. */
const CALIBRATED_FILE = 'calibrated.json'

const say = (...parts: readonly Printable[]) => err(...parts, '\n')

async function runAll(sides: Sides, options: RunOptions, signal: AbortSignal): Promise<void> {
  const directory = options.out ?? join('runs', sides[0].scenario.name)
  const running = { ...options, directory, signal, progress: new ProgressDisplay() }
  await writableFolder(directory)
  await settleFolder(directory)
  if (options.profile !== undefined) {
    return runWith(await loadProfile(options.profile), sides, running)
  }
  const { seconds } = options
  const { progress } = running
  const onWarning = (text: string) => {
    progress.stop()
    warn(text)
  }
  const measuring = { seconds, signal, onProgress: progress.update, onWarning }
  const profile = await calibrate(sides, measuring)
  progress.stop()
  say(profileText(profile))
  // minutes of measuring outlive what may go wrong from here on
  const kept = join(directory, CALIBRATED_FILE)
  await writeWhole(kept, documentText(profile))
  try {
    await runWith(profile, sides, running, [CALIBRATED_FILE])
  } catch (error) {
    progress.stop()
    say(`the calibration is kept; to go on with it: --profile ${kept}`)
    throw error
  }
}

/** `used`: files of the folder that are of no more use once it is filled. */
async function runWith(
  profile: Profile,
  sides: Sides,
  options: Running,
  used: readonly string[] = [],
): Promise<void> {
  const [prepared, against] = sides
  const { directory, progress, replications, signal } = options
  const job = { signal, onProgress: progress.update }
  const command = commandLine()
  const system = resolveSystem(prepared, profile)
  const changed = against === undefined ? [] : [resolveSystem(against, profile)]
  const simulated = await simulate(system, { ...job, replications, onWarning: warn })
  const { replays, journal } = options
  const replayed = await replay([system, ...changed], { ...job, replays, journal })
  const [first, second = null] = replayed
  const comparison = await compare(first!, second, { ...job, replications, command })
  progress.stop()

  const measured = first!.result
  const { arena } = first!
  const documents = {
    ...{ simulated, measured, comparison, profile },
    ...(arena === null ? {} : { memory: arena }),
  }
  const page = { simulated, measured, comparison, command }
  const keep =
    options.keepRows === true || options.journal === true || comparison.verdict === 'FAIL'
  await replaceFiles(directory, async (change) => {
    // rows of an earlier run beside these documents would be taken for theirs
    await dropRuns(change, 'replication')
    await dropReplays(change)
    dropInputs(change)
    if (keep) await keepReplays(change, replayed, options.signal)
    for (const [name, document] of Object.entries(documents)) {
      await change.write(`${name}.json`, documentText(document))
    }
    await change.write('report.html', await reportHtml(page))
    await writeCharts(change.below(CHARTS_FOLDER), options.charts, page)
    for (const name of used) change.remove(name)
  })

  const warnings = replayed.flatMap(({ result }) => result.warnings)
  for (const text of warnings) warn(text)
  const text = `${comparisonText(comparison)}\n\nreport: ${join(directory, 'report.html')}`
  print(options, comparison, text)
}

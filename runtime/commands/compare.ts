import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { comparisonText } from '../../reports/index.ts'
import { EXIT, type ExitCode, Failure } from '../../scenarios/index.ts'
import { compareRuns, executorWork, type ObservedRun } from '../../sim/experiment/index.ts'
import { type Comparison, type Result, resultSchema, type Verdict } from '../../sim/stats/index.ts'
import type { RequestList } from '../../sim/traffic/index.ts'
import {
  type Prepared,
  parseJson,
  prepare,
  readText,
  requestsOf,
  simulationInput,
} from '../prepare.ts'
import type { LoadedProfile } from '../profile-file.ts'
import { runReplications } from '../replications.ts'
import { readRows } from '../rows-file.ts'
import { commit, version } from '../version.ts'
import {
  action,
  commandLine,
  pause,
  profileOption,
  type ScenarioOptions,
  wholeNumber,
  withScenarioOptions,
} from './command.ts'
import { emit } from './output.ts'
import { ProgressDisplay } from './progress.ts'
import { profileFor } from './simulate.ts'

interface CompareOptions extends ScenarioOptions {
  readonly profile?: string
  readonly replications: number
}

/** How verdicts end a command whose purpose is a verdict. */
export const VERDICT_EXIT: Readonly<Record<Verdict, ExitCode>> = {
  PASS: EXIT.ok,
  FAIL: EXIT.failed,
  UNDECIDED: EXIT.undecided,
}

export function define(command: Command): void {
  withScenarioOptions(
    command
      .argument('<scenario>', 'the scenario file that was replayed')
      .argument('<dir>', 'where `spillway replay --out DIR` left its rows'),
  )
    .addOption(profileOption())
    .option('--replications <n>', 'simulations behind the prediction', wholeNumber(10), 40)
    .addHelpText(
      'after',
      `
Exit code 0 on PASS, 4 on FAIL, 5 on UNDECIDED, 6 where the rows belong to another scenario.

Example:
  $ spillway compare scenarios/library/yardstick.yaml runs/today`,
    )
    .action(
      action(async (signal, path: string, directory: string, options: CompareOptions) => {
        const prepared = await prepare(path, options)
        const measured = await readMeasured(directory, prepared)
        const profile = await profileFor(prepared, options.profile)
        if (profile === null) throw new Failure(`${path}: declared work was not replayed`)
        const capacity = simulationInput(prepared, profile.profile).capacityRps
        const list = join(directory, 'requests.jsonl')
        const requests = await requestsOf(prepared, capacity, list)
        if (requests.hash() !== measured.requests) {
          const text = `${list}: not the requests of ${directory}/measured.json`
          throw new Failure(`${text}; replay the scenario again`, EXIT.notComparable)
        }
        const progress = new ProgressDisplay()
        const comparison = await compare(prepared, profile, {
          requests,
          runs: await readReplays(directory, measured.runs),
          replications: options.replications,
          command: commandLine(),
          signal,
          progress,
        })
        progress.stop()
        await emit(options, { comparison }, 'comparison', comparisonText(comparison))
        return VERDICT_EXIT[comparison.verdict]
      }),
    )
}

/** The measured result in a directory, if it is one of this scenario. */
async function readMeasured(directory: string, { hash, file }: Prepared): Promise<Result> {
  const path = join(directory, 'measured.json')
  const parsed = resultSchema.safeParse(parseJson(path, await readText(path)))
  if (!parsed.success) throw new Failure(`${path}: not a result of this version`)
  if (parsed.data.scenario.hash !== hash) {
    throw new Failure(
      `${path}: measured under scenario ${parsed.data.scenario.hash}, but ${file} is ${hash}`,
      EXIT.notComparable,
    )
  }
  return parsed.data
}

/** The raw rows of replays that `keepReplays` left in a directory. */
export async function readReplays(directory: string, replays: number): Promise<ObservedRun[]> {
  const names = await readdir(directory)
  return Promise.all(
    Array.from({ length: replays }, (_, i) => {
      const name = `replay-${i + 1}.parquet`
      if (!names.includes(name)) throw new Failure(`${directory}: has no ${name}`)
      return readRows(join(directory, name))
    }),
  )
}

export async function compare(
  prepared: Prepared,
  profile: LoadedProfile,
  options: {
    readonly requests: RequestList
    readonly runs: readonly ObservedRun[]
    readonly replications: number
    readonly command: string
    readonly signal: AbortSignal
    readonly progress: ProgressDisplay
  },
): Promise<Comparison> {
  const { scenario, plan, hash } = prepared
  const { requests, runs, progress } = options
  const input = { ...simulationInput(prepared, profile.profile), requests }
  const predictions = await runReplications(input, options.replications, {
    signal: options.signal,
    onProgress: (done, of) => progress.update('predicting the replays', done, of),
  })
  const compared = compareRuns({
    plan,
    requests,
    replays: runs,
    work: executorWork(input),
    predictions: predictions.map(({ all }) => all.percentiles),
    warmupMs: scenario.warmup_s * 1000,
    durationMs: scenario.duration_s * 1000,
    seed: scenario.seed,
    onProgress: (done, of) => progress.update("simulating each replay's machine", done, of),
  })
  await pause(options.signal)
  return {
    document: 'spillway-comparison',
    format: 1,
    version: version(),
    commit: commit(),
    scenario: { name: scenario.name, hash, description: scenario.description },
    seed: scenario.seed,
    profile: { name: profile.profile.name, hash: profile.hash },
    requests: requests.hash(),
    replays: runs.length,
    replications: options.replications,
    ...compared,
    command: options.command,
  }
}

import { join } from 'node:path'
import type { Command } from 'commander'
import { comparisonText } from '../../reports/index.ts'
import { EXIT, type ExitCode, Failure, scenarioChanges } from '../../scenarios/index.ts'
import type { Comparison, MemoryComparison, Verdict } from '../../sim/documents/index.ts'
import {
  compareArenas,
  compareRuns,
  executorWork,
  explained,
  latenciesOf,
  measuredRanOut,
  memoryCheck,
  memoryResult,
  simulatedRanOut,
  whatIfCheck,
  whatIfPercentiles,
  worst,
} from '../../sim/experiment/index.ts'
import type { RunSummary } from '../../sim/stats/index.ts'
import { reactingClasses, requestsIn } from '../../sim/traffic/index.ts'
import type { Profile } from '../../sim/world/index.ts'
import {
  keptProfile,
  type LoadedProfile,
  loadProfile,
  refuseOtherModels,
} from '../folders/profile-file.ts'
import {
  AGAINST_FOLDER,
  type KeptRun,
  readMeasured,
  readRequests,
  readRuns,
  settleRuns,
} from '../folders/run-folder.ts'
import { auditCheck } from '../jobs/audit-runs.ts'
import {
  contentsByKey,
  modelsOf,
  type Prepared,
  planned,
  prepare,
  simulationInput,
} from '../jobs/prepare.ts'
import { refuseComparison } from '../jobs/refuse.ts'
import { runReplications } from '../jobs/replications.ts'
import { whatIfInputs } from '../jobs/what-if-inputs.ts'
import { readArena } from '../memory/index.ts'
import { pause } from '../process/pause.ts'
import { commit, version } from '../version.ts'
import { AGAINST_HELP, type AgainstOptions, prepareAgainst, withAgainstOptions } from './against.ts'
import {
  action,
  commandLine,
  replicationsOption,
  type ScenarioOptions,
  withScenarioOptions,
} from './command.ts'
import { emit } from './output.ts'
import { ProgressDisplay } from './progress.ts'
import type { ReplayedSide } from './replay.ts'

interface CompareOptions extends ScenarioOptions, AgainstOptions {
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
  withAgainstOptions(
    withScenarioOptions(
      command
        .argument('<scenario>', 'the scenario file that was replayed')
        .argument('<dir>', 'where `spillway replay --out DIR` left its rows'),
    ),
  )
    .option('--profile <file>', 'predict by this profile in place of the one kept in DIR')
    .addOption(replicationsOption('simulations behind the prediction', 10, 40))
    .addHelpText(
      'after',
      `${AGAINST_HELP}

Exit code 0 on PASS, 4 on FAIL, 5 on UNDECIDED, 6 where the rows belong to another scenario.

Examples:
  $ spillway compare scenarios/library/yardstick.yaml runs/today
  $ spillway compare scenarios/library/yardstick.yaml runs/two --against-set pools.central.replicas=2`,
    )
    .action(
      action(async (signal, path: string, directory: string, options: CompareOptions) => {
        const prepared = await prepare(path, { ...options, signal })
        const against = await prepareAgainst(prepared, path, options)
        refuseComparison([prepared, ...(against === null ? [] : [against])])
        await settleRuns(directory)
        const first = await replayedUnder(directory, prepared)
        const folder = join(directory, AGAINST_FOLDER)
        const second = against === null ? null : await replayedUnder(folder, against)
        if (second !== null && second.result.runs !== first.result.runs) {
          throw new Failure(`${folder}: has other rounds than ${directory}`, EXIT.notComparable)
        }
        for (const { prepared: side } of second === null ? [first] : [first, second]) {
          await refuseOtherModels(directory, contentsByKey(side))
        }
        const profile =
          options.profile === undefined
            ? await keptProfile(directory, first.result)
            : await loadProfile(options.profile)
        const progress = new ProgressDisplay()
        const comparison = await compare(first, second, profile, {
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

/** What a folder holds of replays of this scenario. */
async function replayedUnder(directory: string, prepared: Prepared): Promise<ComparedSide> {
  const { hash, file, scenario } = prepared
  const result = await readMeasured(directory)
  if (result.scenario.hash !== hash) {
    throw new Failure(
      `${join(directory, 'measured.json')}: measured under scenario ${result.scenario.hash}, ` +
        `but ${file} is ${hash}`,
      EXIT.notComparable,
    )
  }
  const requests = await readRequests(directory, scenario)
  if (requests.hash() !== result.requests) {
    const text = `${join(directory, 'requests.jsonl')}: not the requests of ${directory}/measured.json`
    throw new Failure(`${text}; replay the scenario again`, EXIT.notComparable)
  }
  const runs = await readRuns(directory, 'replay', scenario)
  if (runs.length !== result.runs) {
    throw new Failure(`${directory}: has ${runs.length} of ${result.runs} replays`)
  }
  // reacting clients send other requests in every run; those of the first run are kept
  const same = reactingClasses(scenario).length > 0 ? runs.slice(0, 1) : runs
  const other = same.findIndex(({ rows }) => requestsIn(rows).hash() !== result.requests)
  if (other >= 0) {
    const text = `${join(directory, `replay-${other + 1}.parquet`)}: rows of other requests`
    throw new Failure(`${text} than requests.jsonl has; replay the scenario again`)
  }
  const arena = await readArena(directory, prepared, runs[0]!.rows)
  return { prepared, requests, result, replays: { runs }, arena }
}

/** One side of a comparison, whether it was just replayed or read back. */
type ComparedSide = Pick<ReplayedSide, 'prepared' | 'requests' | 'arena' | 'result'> & {
  readonly replays: { readonly runs: readonly KeptRun[] }
}

interface ComparingOptions {
  readonly replications: number
  readonly command: string
  readonly signal: AbortSignal
  readonly progress: ProgressDisplay
}

/** Compares replays with simulations and, where there is a second side, the change between them. */
export async function compare(
  first: ComparedSide,
  second: ComparedSide | null,
  profile: LoadedProfile,
  options: ComparingOptions,
): Promise<Comparison> {
  const { requests, replays } = first
  const known = (side: ComparedSide): ComparedSide => ({
    ...side,
    prepared: planned(side.prepared, simulationInput(side.prepared, profile.profile)),
  })
  const { prepared } = known(first)
  const { scenario, plan, hash } = prepared
  const { progress, signal } = options
  const idle = replays.runs.findIndex(
    ({ rows }) => latenciesOf(rows, scenario.warmup_s * 1000).values.length === 0,
  )
  if (idle >= 0) {
    const text = `replay ${idle + 1} served no request after the warm-up; nothing to compare`
    throw new Failure(`${prepared.file}: ${text}`, EXIT.undecided)
  }
  const input = { ...simulationInput(prepared, profile.profile), requests }
  const predictions = await runReplications(input, options.replications, {
    signal,
    onProgress: (done, of) => progress.update('predicting the replays', done, of),
  })
  const { checks: found, ...compared } = compareRuns({
    plan,
    requests,
    replays: replays.runs,
    work: executorWork(input),
    predictions: predictions.map(({ all }) => all.percentiles),
    warmupMs: scenario.warmup_s * 1000,
    durationMs: scenario.duration_s * 1000,
    seed: scenario.seed,
    onProgress: (done, of) => progress.update("simulating each replay's machine", done, of),
  })
  const simulated = simulatedRanOut(predictions.map(({ memory }) => memory))
  const measured = measuredRanOut(replays.runs.map(({ rows }) => rows))
  const checks = { ...found, prediction: explained(found.prediction, simulated, measured) }
  await pause(signal)
  const whatIf = second && (await predictChange(first, second, profile, options))
  const memory = compareMemory(first, profile.profile, predictions)
  const arenas = memory && memoryCheck(memory)
  const audit = auditCheck([first, ...(second === null ? [] : [second])].map(known))
  const verdicts = [checks.structure, checks.prediction, whatIf?.check, arenas, audit]
  return {
    document: 'spillway-comparison',
    format: 1,
    version: version(),
    commit: commit(),
    scenario: { name: scenario.name, hash, description: scenario.description },
    seed: scenario.seed,
    profile: { name: profile.profile.name, hash: profile.hash },
    requests: requests.hash(),
    replays: replays.runs.length,
    replications: options.replications,
    ...compared,
    what_if: whatIf?.document ?? null,
    memory,
    checks: { ...checks, what_if: whatIf?.check ?? null, memory: arenas, audit },
    verdict: worst(verdicts.flatMap((check) => (check ? [check.verdict] : []))),
    command: options.command,
  }
}

/** The arenas of the first replay beside the model of them; null where none was observed. */
function compareMemory(
  { prepared, arena }: ComparedSide,
  profile: Profile,
  predictions: readonly RunSummary[],
): MemoryComparison[] | null {
  if (arena === null) return null
  const { pools } = prepared.scenario
  const models = modelsOf(prepared, profile)
  const spaces = memoryResult(predictions.map(({ memory }) => memory))
  return compareArenas(
    arena.replicas.map((one) => {
      const index = pools.findIndex(({ name }) => name === one.pool)
      const space = spaces.find(({ shared, name }) => !shared && name === one.pool) ?? null
      return {
        arena: one,
        memory: pools[index]!.memory!,
        plan: models[index]?.memory ?? null,
        space,
      }
    }),
  )
}

/** The change from the first side to the second, predicted from the replays of the first. */
async function predictChange(
  first: ComparedSide,
  second: ComparedSide,
  { profile }: LoadedProfile,
  options: ComparingOptions,
) {
  const { scenario, hash } = second.prepared
  const inputs = whatIfInputs([first, second], profile, first.replays.runs)
  const predicted: RunSummary[][] = []
  for (const [i, input] of inputs.entries()) {
    const onProgress = (done: number, of: number) =>
      options.progress.update(`predicting the change, side ${'AB'[i]}`, done, of)
    const { signal, replications } = options
    predicted.push(await runReplications(input, replications, { signal, onProgress }))
  }
  const latencies = ({ prepared: { scenario: of }, replays }: ComparedSide) =>
    replays.runs.map(({ rows }) => latenciesOf(rows, of.warmup_s * 1000).sorted)
  const [a, b] = [latencies(first), latencies(second)]
  const percentiles = whatIfPercentiles({
    rounds: a.map((values, round) => ({ a: values, b: b[round]! })),
    predictions: predicted[0]!.map(({ all }, i) => ({
      a: all.percentiles,
      b: predicted[1]![i]!.all.percentiles,
    })),
  })
  return {
    check: whatIfCheck(percentiles),
    document: {
      scenario: { name: scenario.name, hash, description: scenario.description },
      changes: scenarioChanges(first.prepared.scenario, scenario),
      requests: second.requests.hash(),
      rounds: b.length,
      percentiles,
    },
  }
}

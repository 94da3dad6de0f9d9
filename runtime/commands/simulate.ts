import type { Command } from 'commander'
import { resultText } from '../../reports/index.ts'
import { EXIT } from '../../scenarios/index.ts'
import type { Result } from '../../sim/documents/index.ts'
import {
  keptReplicationInPieces,
  resultOf,
  type SimulationInput,
} from '../../sim/experiment/index.ts'
import { reactingClasses, requestsIn, surgeWindows } from '../../sim/traffic/index.ts'
import { type LoadedProfile, loadProfile } from '../folders/profile-file.ts'
import type { FolderChange } from '../folders/replace-files.ts'
import { dropInputs, dropRuns, keepRuns } from '../folders/run-folder.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { backlogWarning, refuseCrowd, threadsFor } from '../jobs/demand.ts'
import {
  capacitiesOf,
  drawnRequests,
  loadOf,
  type Prepared,
  planned,
  prepare,
  requestsOf,
  simulationInput,
} from '../jobs/prepare.ts'
import { runReplications } from '../jobs/replications.ts'
import { heldTraces } from '../jobs/trace-readers.ts'
import { pause } from '../process/pause.ts'
import { err, styled } from '../terminal.ts'
import { commit, version } from '../version.ts'
import {
  action,
  profileOption,
  refuseWithoutOut,
  replicationsOption,
  type ScenarioOptions,
  wholeNumber,
  withScenarioOptions,
} from './command.ts'
import { emit } from './output.ts'
import { ProgressDisplay } from './progress.ts'

interface SimulateOptions extends ScenarioOptions {
  readonly profile?: string
  readonly replications: number
  readonly workers?: number
  readonly requests?: string
  readonly keepRows?: boolean
}

export function define(command: Command): void {
  withScenarioOptions(command.argument('<scenario>', 'a scenario file (YAML)'))
    .addOption(profileOption())
    .addOption(replicationsOption('independent runs behind each interval', 1, 10))
    .option(
      '--workers <n>',
      'threads, at most one a core; the result does not depend on it',
      wholeNumber(1),
    )
    .option('--requests <file>', 'use these requests (of `spillway requests`) in every replication')
    .option('--keep-rows', 'keep raw rows and journal of the first replication (needs --out)')
    .addHelpText(
      'after',
      `
Examples:
  $ spillway simulate scenarios/library/payment-peak.yaml
  $ spillway simulate peak.yaml --set pools.central.replicas=2 --json > result.json
  $ spillway simulate peak.yaml --keep-rows --out today && spillway audit today`,
    )
    .action(
      action(async (signal, path: string, options: SimulateOptions) => {
        refuseWithoutOut('keepRows', options)
        const prepared = await prepare(path, { ...options, signal })
        const profile = await profileFor(prepared, options.profile)
        if (options.keepRows === true && options.requests === undefined) {
          const { capacityRps } = simulationInput(prepared, profile?.profile ?? null)
          refuseCrowd(prepared, capacityRps, true)
        }
        if (options.out !== undefined) await writableFolder(options.out)
        const progress = new ProgressDisplay()
        const result = await simulate(prepared, profile, { ...options, signal, progress })
        progress.stop()
        await emit(
          options,
          { simulated: result },
          'simulated',
          resultText(result),
          async (change) => {
            await dropRuns(change, 'replication')
            const replayed = (await change.names()).some((name) =>
              /^replay-\d+\.parquet$/.test(name),
            )
            if (!replayed) dropInputs(change)
            if (options.keepRows === true) {
              await keepFirst(change, prepared, profile, { file: options.requests, signal })
            }
            await pause(signal)
          },
        )
        return result.objectives.some(({ verdict }) => verdict === 'FAIL') ? EXIT.failed : EXIT.ok
      }),
    )
}

/** The profile that the scenario needs; null where all its work is declared. */
export async function profileFor(
  { scenario }: Prepared,
  path: string | undefined,
): Promise<LoadedProfile | null> {
  const declared = scenario.pools.every((pool) => 'work' in scenario.models[pool.model]!)
  return declared && path === undefined ? null : loadProfile(path)
}

/** Keeps replication 0, so that it can be audited. */
async function keepFirst(
  change: FolderChange,
  prepared: Prepared,
  profile: LoadedProfile | null,
  { file, signal }: { readonly file: string | undefined; readonly signal: AbortSignal },
): Promise<void> {
  const input = simulationInput(prepared, profile?.profile ?? null)
  const given = await givenRequests(prepared, input.capacityRps, file)
  const traces = await heldTraces(prepared)
  const held = { ...input, traces, requests: given }
  const runs = [await keptReplicationInPieces(held, 0, () => pause(signal))]
  const requests = given ?? requestsIn(runs[0]!.rows)
  const { scenario, activations } = planned(prepared, input)
  await keepRuns(change, 'replication', {
    scenario,
    requests,
    runs,
    activations,
    signal,
  })
}

/** Requests that are known beforehand, of which there may be none; null where clients react. */
async function givenRequests(prepared: Prepared, capacityRps: number | null, file?: string) {
  if (file !== undefined) return requestsOf(prepared, capacityRps, file)
  const reacts = reactingClasses(prepared.scenario).length > 0
  return reacts ? null : drawnRequests(prepared, capacityRps)
}

async function inputOf(
  prepared: Prepared,
  profile: LoadedProfile | null,
  file: string | undefined,
): Promise<SimulationInput> {
  const input = simulationInput(prepared, profile?.profile ?? null)
  if (file === undefined) return input
  return { ...input, requests: await requestsOf(prepared, input.capacityRps, file) }
}

/** Before the first simulation: it may take minutes until memory runs out. */
function warnOfBacklog(
  prepared: Prepared,
  { capacityRps }: SimulationInput,
  {
    replications,
    workers,
  }: { readonly replications: number; readonly workers?: number | undefined },
): void {
  const warning = backlogWarning(prepared, capacityRps, threadsFor(replications, workers))
  if (warning !== null) err(styled('yellow', 'warning'), `: ${warning}\n`)
}

export async function simulate(
  prepared: Prepared,
  profile: LoadedProfile | null,
  options: {
    readonly replications: number
    readonly workers?: number | undefined
    readonly requests?: string | undefined
    readonly signal: AbortSignal
    readonly progress: ProgressDisplay
  },
): Promise<Result> {
  const input = await inputOf(prepared, profile, options.requests)
  if (options.requests === undefined) warnOfBacklog(prepared, input, options)
  const runs = await runReplications(input, options.replications, {
    traces: prepared,
    workers: options.workers,
    signal: options.signal,
    onProgress: (done, of) => options.progress.update('simulating', done, of),
  })
  const capacitiesRps = capacitiesOf(prepared, input.models)
  const arrived = runs[0]!.classes.reduce((sum, { counts }) => sum + counts.arrived, 0)
  const { duration_s: duration, warmup_s: warmup } = prepared.scenario
  return resultOf(prepared.scenario, runs, {
    version: version(),
    commit: commit(),
    world: 'simulated',
    scenarioHash: prepared.hash,
    seed: prepared.scenario.seed,
    profile: profile === null ? null : { name: profile.profile.name, hash: profile.hash },
    load: loadOf(arrived / (duration - warmup), input),
    capacitiesRps,
    surges: surgeWindows(prepared.scenario),
    warnings: [],
    valid: true,
    garbage_collections: null,
    host: null,
  })
}

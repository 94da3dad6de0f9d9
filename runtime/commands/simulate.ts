import { join } from 'node:path'
import type { Command } from 'commander'
import { resultText } from '../../reports/index.ts'
import { EXIT } from '../../scenarios/index.ts'
import { journalOf, type SimulationInput } from '../../sim/experiment/index.ts'
import { journalLines } from '../../sim/serving/index.ts'
import { type Result, resultOf } from '../../sim/stats/index.ts'
import { capacitiesOf, type Prepared, prepare, requestsOf, simulationInput } from '../prepare.ts'
import { type LoadedProfile, loadProfile } from '../profile-file.ts'
import { runReplications } from '../replications.ts'
import { commit, version } from '../version.ts'
import { writableFolder, writeWhole } from '../write-whole.ts'
import {
  action,
  profileOption,
  refuseJournalWithoutOut,
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
  readonly journal?: boolean
}

export function define(command: Command): void {
  withScenarioOptions(command.argument('<scenario>', 'a scenario file (YAML)'))
    .addOption(profileOption())
    .option('--replications <n>', 'independent runs behind each interval', wholeNumber(1), 10)
    .option('--workers <n>', 'threads; the result does not depend on it', wholeNumber(1))
    .option('--requests <file>', 'use these requests (of `spillway requests`) in every replication')
    .option('--journal', 'write what the control plane was told in replication 0 (needs --out)')
    .addHelpText(
      'after',
      `
Examples:
  $ spillway simulate scenarios/library/payment-peak.yaml
  $ spillway simulate peak.yaml --set pools.central.replicas=2 --json > result.json`,
    )
    .action(
      action(async (signal, path: string, options: SimulateOptions) => {
        refuseJournalWithoutOut(options)
        const prepared = await prepare(path, options)
        const profile = await profileFor(prepared, options.profile)
        if (options.out !== undefined) await writableFolder(options.out)
        const progress = new ProgressDisplay()
        const result = await simulate(prepared, profile, { ...options, signal, progress })
        progress.stop()
        if (options.journal === true && options.out !== undefined) {
          const input = await inputOf(prepared, profile, options.requests)
          const entries = journalOf(input, 0)
          await writeWhole(join(options.out, 'journal.jsonl'), [...journalLines(entries)].join(''))
        }
        await emit(options, { simulated: result }, 'simulated', resultText(result))
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

async function inputOf(
  prepared: Prepared,
  profile: LoadedProfile | null,
  file: string | undefined,
): Promise<SimulationInput> {
  const input = simulationInput(prepared, profile?.profile ?? null)
  if (file === undefined) return input
  return { ...input, requests: await requestsOf(prepared, input.capacityRps, file) }
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
  const runs = await runReplications(input, options.replications, {
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
    load: arrived / (duration - warmup) / (input.capacityRps ?? Number.NaN),
    capacitiesRps,
    warnings: [],
    valid: true,
    garbage_collections: null,
    host: null,
  })
}

import { join } from 'node:path'
import type { Command } from 'commander'
import { resultText } from '../../reports/index.ts'
import { EXIT } from '../../scenarios/index.ts'
import { executorWork } from '../../sim/experiment/index.ts'
import { journalLines } from '../../sim/serving/index.ts'
import { type Result, resultOf } from '../../sim/stats/index.ts'
import { type RequestList, requestText } from '../../sim/traffic/index.ts'
import { hostFingerprint } from '../host.ts'
import { capacitiesOf, type Prepared, prepare, requestsOf, simulationInput } from '../prepare.ts'
import type { LoadedProfile } from '../profile-file.ts'
import { type Replays, replayScenario, summariseReplays } from '../replay.ts'
import { writeRows } from '../rows-file.ts'
import { commit, version } from '../version.ts'
import { writableFolder } from '../write-whole.ts'
import {
  action,
  profileOption,
  refuseJournalWithoutOut,
  type ScenarioOptions,
  wholeNumber,
  withScenarioOptions,
} from './command.ts'
import { emit, writeWhole } from './output.ts'
import { ProgressDisplay } from './progress.ts'
import { profileFor } from './simulate.ts'

interface ReplayOptions extends ScenarioOptions {
  readonly profile?: string
  readonly replays: number
  readonly requests?: string
  readonly journal?: boolean
}

export function define(command: Command): void {
  withScenarioOptions(command.argument('<scenario>', 'a scenario file (YAML)'))
    .addOption(profileOption())
    .option('--replays <n>', 'how often the same requests are replayed', wholeNumber(1), 3)
    .option('--requests <file>', 'replay these requests (of `spillway requests`)')
    .option('--journal', 'write what the control plane was told to DIR (needs --out)')
    .addHelpText(
      'after',
      `
With --out DIR the raw rows are kept, so that \`spillway compare\` can use them. Loads are resolved by
the profile's capacity.

Example:
  $ spillway replay scenarios/library/yardstick.yaml --replays 3 --out runs/today`,
    )
    .action(
      action(async (signal, path: string, options: ReplayOptions) => {
        refuseJournalWithoutOut(options)
        const prepared = await prepare(path, options)
        const profile = await profileFor(prepared, options.profile)
        if (options.out !== undefined) await writableFolder(options.out)
        const progress = new ProgressDisplay()
        const { requests, result, replays } = await replay(prepared, profile, {
          ...options,
          journal: options.journal ?? false,
          signal,
          progress,
        })
        progress.stop()
        if (options.out !== undefined) await keepReplays(options.out, prepared, requests, replays)
        await emit(options, { measured: result }, 'measured', resultText(result))
        return result.objectives.some(({ verdict }) => verdict === 'FAIL') ? EXIT.failed : EXIT.ok
      }),
    )
}

export async function replay(
  prepared: Prepared,
  profile: LoadedProfile | null,
  options: {
    readonly replays: number
    readonly requests?: string | undefined
    readonly journal: boolean
    readonly signal: AbortSignal
    readonly progress: ProgressDisplay
  },
): Promise<{ requests: RequestList; result: Result; replays: Replays }> {
  const input = simulationInput(prepared, profile?.profile ?? null)
  const requests = await requestsOf(prepared, input.capacityRps, options.requests)
  const replays = await replayScenario(prepared, {
    replays: options.replays,
    requests,
    journal: options.journal,
    signal: options.signal,
    onProgress: options.progress.update,
  })
  const result = measuredResult(prepared, profile, requests, replays)
  return { requests, result, replays }
}

/** The document of replays, whether they just ran or were read back. */
export function measuredResult(
  prepared: Prepared,
  profile: LoadedProfile | null,
  requests: RequestList,
  replays: Replays,
): Result {
  const input = simulationInput(prepared, profile?.profile ?? null)
  return resultOf(
    prepared.scenario,
    summariseReplays(prepared, replays.runs, requests, executorWork(input)),
    {
      version: version(),
      commit: commit(),
      world: 'measured',
      scenarioHash: prepared.hash,
      seed: prepared.scenario.seed,
      profile: profile === null ? null : { name: profile.profile.name, hash: profile.hash },
      load: requests.count / prepared.scenario.duration_s / (input.capacityRps ?? Number.NaN),
      capacitiesRps: capacitiesOf(prepared, input.models),
      warnings: [...replays.warnings],
      valid: replays.valid,
      garbage_collections: replays.gc,
      host: hostFingerprint(),
    },
  )
}

/** Keeps what a comparison needs: the requests and the raw rows of every replay. */
export async function keepReplays(
  directory: string,
  { scenario }: Prepared,
  requests: RequestList,
  replays: Replays,
): Promise<void> {
  const classes = scenario.traffic.map((traffic) => traffic.class)
  await writeWhole(join(directory, 'requests.jsonl'), [...requestText(requests, classes)].join(''))
  for (const [i, run] of replays.runs.entries()) {
    await writeRows(join(directory, `replay-${i + 1}.parquet`), run)
    if (run.journal.length === 0) continue
    await writeWhole(
      join(directory, `replay-${i + 1}.journal.jsonl`),
      [...journalLines(run.journal)].join(''),
    )
  }
}

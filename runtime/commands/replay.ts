import type { Command } from 'commander'
import { resultText } from '../../reports/index.ts'
import { EXIT, Failure } from '../../scenarios/index.ts'
import type { ArenaDocument, Result } from '../../sim/documents/index.ts'
import {
  executorWork,
  memoryResult,
  resultOf,
  type SimulationInput,
} from '../../sim/experiment/index.ts'
import type { Rows } from '../../sim/stats/index.ts'
import { RequestList, reactingClasses, requestsIn, surgeWindows } from '../../sim/traffic/index.ts'
import type { LoadedProfile } from '../folders/profile-file.ts'
import type { FolderChange } from '../folders/replace-files.ts'
import {
  AGAINST_FOLDER,
  ARENA_FILE,
  dropReplayFolder,
  dropRuns,
  keepRuns,
} from '../folders/run-folder.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { refuseCrowd } from '../jobs/demand.ts'
import {
  capacitiesOf,
  loadOf,
  type Prepared,
  planned,
  prepare,
  requestsOf,
  simulationInput,
} from '../jobs/prepare.ts'
import { refuseDeclared, refuseMemory } from '../jobs/refuse.ts'
import { type ReplaySide, type Replays, replaySides, summariseReplays } from '../jobs/replay.ts'
import { heldTraces } from '../jobs/trace-readers.ts'
import { hostFingerprint } from '../live/host.ts'
import { measuredSpaces, memoryWarnings, observeReplay, residentSpaces } from '../memory/index.ts'
import { commit, version } from '../version.ts'
import { AGAINST_HELP, type AgainstOptions, prepareAgainst, withAgainstOptions } from './against.ts'
import {
  action,
  profileOption,
  refuseWithoutOut,
  type ScenarioOptions,
  wholeNumber,
  withScenarioOptions,
} from './command.ts'
import { documentText, emit } from './output.ts'
import { ProgressDisplay } from './progress.ts'
import { profileFor } from './simulate.ts'

interface ReplayOptions extends ScenarioOptions, AgainstOptions {
  readonly profile?: string
  readonly replays: number
  readonly requests?: string
  readonly journal?: boolean
}

export function define(command: Command): void {
  withAgainstOptions(withScenarioOptions(command.argument('<scenario>', 'a scenario file (YAML)')))
    .addOption(profileOption())
    .option('--replays <n>', 'how often the same requests are replayed', wholeNumber(1), 3)
    .option('--requests <file>', 'replay these requests (of `spillway requests`)')
    .option('--journal', 'write what the control plane was told to DIR (needs --out)')
    .addHelpText(
      'after',
      `
With --out DIR the raw rows are kept, and the profile, so that \`spillway compare\` can use them. Loads are resolved by
the profile's capacity.
${AGAINST_HELP}

Examples:
  $ spillway replay scenarios/library/yardstick.yaml --replays 3 --out runs/today
  $ spillway replay scenarios/library/yardstick.yaml --against-set pools.central.replicas=2 --out runs/two`,
    )
    .action(
      action(async (signal, path: string, options: ReplayOptions) => {
        refuseWithoutOut('journal', options)
        const prepared = await prepare(path, { ...options, signal })
        const against = await prepareAgainst(prepared, path, options)
        const profile = await profileFor(prepared, options.profile)
        if (options.out !== undefined) await writableFolder(options.out)
        const progress = new ProgressDisplay()
        const sides = await replay([prepared, ...(against === null ? [] : [against])], profile, {
          ...options,
          journal: options.journal ?? false,
          signal,
          progress,
        })
        progress.stop()
        const { result } = sides[0]!
        const text = sides.map((side) => resultText(side.result)).join('\n\n')
        await emit(options, { measured: result }, 'measured', text, async (change) => {
          await dropReplays(change)
          await keepReplays(change, sides, signal)
          if (profile !== null) await change.write('profile.json', documentText(profile.profile))
        })
        return result.objectives.some(({ verdict }) => verdict === 'FAIL') ? EXIT.failed : EXIT.ok
      }),
    )
}

/** The requests of a scenario; or itself, where its clients react to how they end. */
async function trafficOf(
  prepared: Prepared,
  capacityRps: number | null,
  file: string | undefined,
): Promise<ReplaySide['traffic']> {
  const { scenario, clients } = prepared
  if (reactingClasses(scenario).length === 0 || file !== undefined) {
    return requestsOf(prepared, capacityRps, file)
  }
  refuseCrowd(prepared, capacityRps, true)
  const traces = await heldTraces(prepared)
  const options = { seed: scenario.seed, replication: 0, capacityRps, traces, clients }
  return { kind: 'reacting', scenario, options }
}

/** One side of a replay: what it was given, and what it did. */
export interface ReplayedSide {
  readonly prepared: Prepared
  /** where clients react, those of the first replay */
  readonly requests: RequestList
  readonly replays: Replays
  /** null where no pool has an arena that can be observed */
  readonly arena: ArenaDocument | null
  readonly result: Result
}

/** Replays a scenario; with a second side both in turn, at the rates of the first. */
export async function replay(
  sides: readonly [Prepared, ...Prepared[]],
  profile: LoadedProfile | null,
  options: {
    readonly replays: number
    readonly requests?: string | undefined
    readonly journal: boolean
    readonly signal: AbortSignal
    readonly progress: ProgressDisplay
  },
): Promise<ReplayedSide[]> {
  refuseDeclared(sides)
  refuseMemory(sides)
  // of all sides now: what a profile lacks is not to be found out after minutes of replays
  const inputs = sides.map((prepared) => simulationInput(prepared, profile?.profile ?? null))
  const { capacityRps } = inputs[0]!
  const given: ReplaySide[] = []
  for (const [i, side] of sides.entries()) {
    const prepared = planned(side, inputs[i]!)
    given.push({ prepared, traffic: await trafficOf(prepared, capacityRps, options.requests) })
  }
  const replayed = await replaySides(given, { ...options, onProgress: options.progress.update })
  const done: ReplayedSide[] = []
  for (const [i, { prepared, traffic }] of given.entries()) {
    const replays = replayed[i]!
    const { rows } = replays.runs[0]!
    const requests = traffic instanceof RequestList ? traffic : requestsIn(rows)
    const { arena, warnings } = await arenaOf(prepared, requests, rows, options)
    const said = { ...replays, warnings: [...replays.warnings, ...warnings] }
    const side = { prepared, requests, replays: said, arena }
    done.push({ ...side, result: measuredResult(side, inputs[i]!, profile) })
  }
  return done
}

/**
 * In a pass of its own: what profiles and logs tell takes time, too. Where it fails, as for want of
 * memory, the replays stand all the same.
 */
async function arenaOf(
  prepared: Prepared,
  requests: RequestList,
  rows: Rows,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: ProgressDisplay },
): Promise<{ readonly arena: ArenaDocument | null; readonly warnings: readonly string[] }> {
  const onProgress = (done: number, of: number) =>
    progress.update('memory of the batches', done, of)
  const { name, description } = prepared.scenario
  try {
    const replicas = await observeReplay(prepared, { rows, signal, onProgress })
    const head = {
      ...({ document: 'spillway-arena', format: 1, version: version(), commit: commit() } as const),
      scenario: { name, hash: prepared.hash, description },
      requests: requests.hash(),
    }
    return { arena: replicas && { ...head, replicas }, warnings: [] }
  } catch (error) {
    if (!(error instanceof Failure) || error.exitCode === EXIT.interrupted) throw error
    return { arena: null, warnings: error.problems }
  }
}

/** Removes what a folder holds of earlier replays, of both sides, and the comparison of them. */
export async function dropReplays(change: FolderChange): Promise<void> {
  await dropRuns(change, 'replay')
  await dropReplayFolder(change.below(AGAINST_FOLDER))
  for (const name of ['comparison.json', ARENA_FILE]) change.remove(name)
}

/** Keeps the rows of a replay and, in a folder of its own, those of the second side. */
export async function keepReplays(
  change: FolderChange,
  sides: readonly ReplayedSide[],
  signal: AbortSignal,
) {
  for (const [i, { prepared, requests, replays, arena, result }] of sides.entries()) {
    const folder = i === 0 ? change : change.below(AGAINST_FOLDER)
    const { scenario, activations } = prepared
    await keepRuns(folder, 'replay', {
      scenario,
      requests,
      runs: replays.runs,
      activations,
      signal,
    })
    if (i > 0) await folder.write('measured.json', documentText(result))
    if (arena !== null) await folder.write(ARENA_FILE, documentText(arena))
  }
}

/** The document of replays. */
function measuredResult(
  { prepared, requests, replays, arena }: Omit<ReplayedSide, 'result'>,
  input: SimulationInput,
  profile: LoadedProfile | null,
): Result {
  const { scenario } = prepared
  const result = resultOf(
    scenario,
    summariseReplays(prepared, replays.runs, requests, executorWork(input)),
    {
      version: version(),
      commit: commit(),
      world: 'measured',
      scenarioHash: prepared.hash,
      seed: scenario.seed,
      profile: profile === null ? null : { name: profile.profile.name, hash: profile.hash },
      load: loadOf(requests.count / scenario.duration_s, input),
      capacitiesRps: capacitiesOf(prepared, input.models),
      surges: surgeWindows(scenario),
      warnings: [...replays.warnings, ...memoryWarnings(scenario, arena)],
      valid: replays.valid,
      garbage_collections: replays.gc,
      host: hostFingerprint(),
    },
  )
  const observed = arena === null ? [] : memoryResult([measuredSpaces(scenario, arena)])
  const { plan } = prepared
  const resident = memoryResult(replays.runs.map((run) => residentSpaces({ scenario, plan, run })))
  return { ...result, memory: [...resident, ...observed] }
}

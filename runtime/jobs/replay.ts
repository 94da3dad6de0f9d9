import { EXIT, Failure } from '../../scenarios/index.ts'
import type { ArenaDocument, Result } from '../../sim/documents/index.ts'
import {
  clientSystem,
  inSlices,
  loadOf,
  memoryResult,
  notCounted,
  replaysResult,
  slicingOf,
} from '../../sim/experiment/index.ts'
import type { Rows } from '../../sim/stats/index.ts'
import { RequestList, requestsIn } from '../../sim/traffic/index.ts'
import { profileLabel } from '../folders/profile-file.ts'
import { hostFingerprint } from '../live/host.ts'
import type { OpenFleets } from '../live/open-fleets.ts'
import { measuredSpaces, memoryWarnings, observeReplay, residentSpaces } from '../memory/index.ts'
import { build } from '../version.ts'
import { REPLAYS } from './defaults.ts'
import type { ReplaySide, WarmUp } from './live-side.ts'
import type { LoadingOptions, Progress } from './options.ts'
import type { System } from './prepare.ts'
import { occasionWarnings } from './profile-warnings.ts'
import { refuseLive } from './refuse.ts'
import { afterRehearsals, rehearsalsOf, withProfileOf } from './rehearsals.ts'
import { type Replays, replaySides, summariseReplays } from './replays.ts'
import { liveTraffic } from './requests.ts'
import { replayedLoad } from './sent-load.ts'

export interface ReplayOptions extends LoadingOptions {
  /** how often the same requests are replayed; default 3 */
  readonly replays?: number | undefined
  /** of the first system, with other seeds: the profile of all sides learns from them; default 0 */
  readonly rehearsals?: number | undefined
  /** a file of `spillway requests`, to replay its requests */
  readonly requestsFile?: string | undefined
  /** whether the decision log of every replay is kept; default no */
  readonly decisionLog?: boolean | undefined
  /** what runs before the first replay; default: shapes for at most 10 s and 4 s of the traffic */
  readonly warmUp?: WarmUp | undefined
  /** fleets that stay open for the next replay; default: new ones, which are closed */
  readonly fleets?: OpenFleets | undefined
}

/** Replays a system on ONNX Runtime. Several alternate in slices, at the rates of the first. */
export async function replay(
  systems: readonly [System, ...System[]],
  options: ReplayOptions = {},
): Promise<ReplayedSide[]> {
  const { replays = REPLAYS, rehearsals = 0, requestsFile, decisionLog = false } = options
  const { onProgress = () => {}, onNote = () => {}, warmUp, fleets } = options
  const { signal = new AbortController().signal } = options
  refuseLive(systems)
  const { capacityRps } = systems[0]
  const unsliced: ReplaySide[] = []
  for (const system of systems) {
    unsliced.push({ system, traffic: await liveTraffic(system, capacityRps, requestsFile) })
  }
  for (const side of unsliced) for (const text of replayedLoad(side, replays)) onNote(text)
  const { sides, slicing, warning } = inTurn(unsliced, requestsFile)
  const job = { replays, slicing, decisionLog, warmUp, fleets, signal, onProgress }
  const rehearsed = await rehearsalsOf(systems[0], rehearsals)
  const replayed = await replaySides(sides, { ...job, rehearsals: rehearsed })
  const learnt = afterRehearsals(sides[0]!.system, replayed.rehearsed)
  const occasions = occasionWarnings(systems.flatMap(({ models }) => models))
  const done: ReplayedSide[] = []
  for (const [i, { system: before, traffic }] of sides.entries()) {
    const system = i === 0 ? learnt.system : withProfileOf(learnt.system, before)
    const replays = replayed.sides[i]!
    const { rows } = replays.runs[0]!
    const requests = traffic instanceof RequestList ? traffic : requestsIn(rows)
    const { arena, warnings } = await arenaOf(system, requests, rows, { signal, onProgress })
    const first =
      i === 0 ? [...(warning === null ? [] : [warning]), ...learnt.warnings, ...occasions] : []
    const warned = { ...replays, warnings: [...first, ...replays.warnings, ...warnings] }
    const side = { system, requests, replays: warned, arena }
    done.push({ ...side, result: measuredResult(side) })
  }
  return done
}

/** How sides alternate: in slices, or in whole replays for the reason of the warning. */
function inTurn(unsliced: readonly ReplaySide[], file: string | undefined) {
  const whole = (reason: string) => ({
    sides: unsliced,
    slicing: null,
    warning: `${unsliced.length > 2 ? 'sides' : 'A and B'} alternate in whole replays, not in slices: ${reason}`,
  })
  if (unsliced.length === 1) return { sides: unsliced, slicing: null, warning: null }
  if (file !== undefined) return whole(`the requests of ${file} are replayed as they are`)
  const slicing = slicingOf(
    unsliced.map(({ system, traffic }) => {
      return { ...system, requests: traffic instanceof RequestList ? traffic : null }
    }),
  )
  if ('whole' in slicing) return whole(slicing.whole)
  const sides = unsliced.map(({ system, traffic }) => {
    return { system, traffic: inSlices(traffic as RequestList, slicing) }
  })
  return { sides, slicing, warning: null }
}

/** One side of a replay: what it was given, and what it did. */
export interface ReplayedSide {
  readonly system: System
  /** where clients react, those of the first replay */
  readonly requests: RequestList
  readonly replays: Replays
  /** null where no pool has an arena that can be observed */
  readonly arena: ArenaDocument | null
  readonly result: Result
}

/** Observes arenas in a separate pass. If it fails, the replays remain valid. */
async function arenaOf(
  system: System,
  requests: RequestList,
  rows: Rows,
  options: { readonly signal: AbortSignal; readonly onProgress: Progress },
): Promise<{ readonly arena: ArenaDocument | null; readonly warnings: readonly string[] }> {
  const onProgress = (done: number, of: number) =>
    options.onProgress('measuring the memory of batches', done, of)
  const { name, description } = system.scenario
  try {
    const replicas = await observeReplay(system, { rows, signal: options.signal, onProgress })
    const head = {
      ...({ document: 'spillway-arena', format: 1, ...build() } as const),
      scenario: { name, hash: system.hash, description },
      requests: requests.hash(),
    }
    return { arena: replicas && { ...head, replicas }, warnings: [] }
  } catch (error) {
    if (!(error instanceof Failure) || error.exitCode === EXIT.interrupted) throw error
    return { arena: null, warnings: error.problems }
  }
}

function measuredResult({
  system,
  requests,
  replays,
  arena,
}: Omit<ReplayedSide, 'result'>): Result {
  const seen = clientSystem(system)
  const { scenario, plan } = seen
  const result = replaysResult(
    seen,
    summariseReplays(system, replays.runs, requests),
    {
      ...build(),
      world: 'measured',
      seed: scenario.seed,
      profile: system.profile && profileLabel(system.profile),
      load: loadOf(requests.count / scenario.duration_s, system),
      warnings: [...replays.warnings, ...memoryWarnings(scenario, arena)],
      valid: replays.valid,
      garbage_collections: replays.gc,
      host: hostFingerprint(),
    },
    notCounted(replays.runs).map(({ replay }) => replay),
  )
  const observed = arena === null ? [] : memoryResult([measuredSpaces(scenario, arena)])
  const resident = memoryResult(replays.runs.map((run) => residentSpaces({ scenario, plan, run })))
  // connections are no replicas
  const pools = result.pools.map((pool, i) => ({
    ...pool,
    replicas: system.scenario.pools[i]!.replicas,
  }))
  return { ...result, pools, memory: [...resident, ...observed] }
}

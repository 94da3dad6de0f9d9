import {
  type ExecutorWork,
  judgedPercentiles,
  type ObservedRun,
  recorderOptions,
  type Slicing,
  spoiled,
} from '../../sim/experiment/index.ts'
import { executorsOf, Ledger, largestBatch } from '../../sim/serving/index.ts'
import { playBack, Recorder, type RunSummary, summariseRun } from '../../sim/stats/index.ts'
import { RequestList } from '../../sim/traffic/index.ts'
import { sizeGrid } from '../calibration/index.ts'
import { cacheDirectory } from '../folders/profile-file.ts'
import type { EngineOptions } from '../live/engine.ts'
import { Fleet, type Replayed } from '../live/fleet.ts'
import { shortageText } from '../live/shortages.ts'
import { executionProviders, materialise, sessionOptions } from '../models/index.ts'
import type { Progress } from './options.ts'
import { playRound, type ReplaySide } from './play-round.ts'
import type { System } from './prepare.ts'

export interface Replays {
  readonly runs: readonly Replayed[]
  readonly warnings: readonly string[]
  readonly valid: boolean
  /** garbage collections in the executors' threads */
  readonly gc: { readonly count: number; readonly ms: number }
}

export interface ReplayOptions {
  readonly replays: number
  /** null: whole replays alternate */
  readonly slicing: Slicing | null
  readonly decisionLog: boolean
  readonly signal: AbortSignal
  readonly onProgress: Progress
}

/** Lengths that every batch size is run with once before the first request. */
const WARM_LENGTHS = 3

/**
 * Opens the models of every side and replays their requests, round after round. Two sides alternate
 * in slices, or else in whole replays, in an order that depends on the seed of the first.
 */
export async function replaySides(
  sides: readonly ReplaySide[],
  options: ReplayOptions,
): Promise<Replays[]> {
  options.onProgress('opening models', 0, 1)
  const fleets: Fleet[] = []
  const runs: Replayed[][] = sides.map(() => [])
  try {
    for (const side of sides) fleets.push(await openFleet(side, options.signal))
    const players = sides.map((side, i) => ({ ...side, fleet: fleets[i]! }))
    for (let round = 0; round < options.replays; round++) {
      const played = await playRound(players, round, options)
      for (const [i, run] of played.entries()) runs[i]!.push(run)
    }
  } finally {
    await Promise.all(fleets.map((fleet) => fleet.close()))
  }
  return sides.map(({ system }, i) => replaysOf(system, runs[i]!, fleets[i]!))
}

function replaysOf(system: System, runs: Replays['runs'], fleet: Fleet): Replays {
  const invalid = runs.flatMap((run, i) => {
    const why = spoiled(run)
    return why === null ? [] : [`replay ${i + 1} is invalid: ${why}`]
  })
  const fellBack = system.scenario.pools.flatMap(({ name, execution_provider: provider }, i) =>
    fleet.opened.fellBack[i] ? [`pool ${name}: some nodes ran on cpu, not ${provider}`] : [],
  )
  const executors = executorsOf(system.plan)
  const short = system.scenario.pools.flatMap(({ name }, i) => {
    const own = runs.flatMap(({ shortages }) =>
      shortages.filter(({ executor }) => executors[executor]!.pool === i),
    )
    return shortageText(name, own) ?? []
  })
  const local = system.scenario.pools.every(
    ({ execution_provider: on }) => executionProviders[on].onHost,
  )
  const crowded =
    fleet.opened.pinned || !local
      ? []
      : ['dispatcher and executors were not pinned to separate cores']
  return {
    runs,
    warnings: [...invalid, ...short, ...fellBack, ...crowded],
    valid: invalid.length === 0,
    gc: fleet.gc,
  }
}

/** Warm-up, s: p99 is several times too long until V8 has compiled the loops (15,000 requests). */
const WARM_UP_S = 4

/** Opens the models of a scenario in all their replicas, and warms up shapes and loops. */
export async function openFleet(
  { system, traffic }: ReplaySide,
  signal: AbortSignal,
): Promise<Fleet> {
  const fleet = await Fleet.open(system.plan, await enginesOf(system, signal), signal)
  try {
    await fleet.replay(system.plan, beginningOf(traffic))
    return fleet
  } catch (error) {
    await fleet.close()
    throw error
  }
}

function beginningOf(traffic: ReplaySide['traffic']): ReplaySide['traffic'] {
  if (traffic instanceof RequestList) return traffic.until(1000 * WARM_UP_S)
  const { scenario } = traffic
  const duration_s = Math.min(WARM_UP_S, scenario.duration_s)
  return { ...traffic, scenario: { ...scenario, duration_s } }
}

/** What each pool's executors open, and the shapes that they run before anything is measured. */
async function enginesOf(system: System, signal: AbortSignal): Promise<EngineOptions[]> {
  const { scenario, directory, plan, lengths: ranges } = system
  const engines: EngineOptions[] = []
  const ledger = new Ledger(plan)
  const places = { directory, cacheDirectory: cacheDirectory(), signal }
  for (const [i, pool] of scenario.pools.entries()) {
    const model = scenario.models[pool.model]!
    if ('work' in model) {
      throw new Error(`Expected ${pool.model} to be refused, as nothing can run it live`)
    }
    const { padTo, memory } = plan.pools[i]!
    const first = executorsOf(plan).findIndex(({ pool }) => pool === i)
    // batches that never fit would need more memory than the pool has
    const mayGo = (shape: readonly [number, number]) =>
      memory === undefined || ledger.fits(first, ...shape)
    const pad = (length: number) => Math.ceil(length / padTo) * padTo
    const { min, max } = ranges[i]!
    const lengths = Array.from({ length: WARM_LENGTHS }, (_, j) =>
      pad(Math.round(min + ((max - min) * j) / (WARM_LENGTHS - 1))),
    )
    engines.push({
      file: await materialise(model, pool.precision, places),
      session: sessionOptions(pool),
      warmUp: sizeGrid(largestBatch(plan.pools[i]!))
        .flatMap((size) => [...new Set(lengths)].map((length) => [size, length] as const))
        .filter(mayGo),
    })
  }
  return engines
}

/** Summaries of replays by the recorder that also summarises simulations. */
export function summariseReplays(
  system: System,
  runs: readonly ObservedRun[],
  requests: RequestList,
  work: readonly ExecutorWork[],
): RunSummary[] {
  const { scenario, plan } = system
  const expected = (batch: { executor: number; size: number; length: number }) =>
    work[batch.executor]!.work(batch.size, batch.length)
  const hash = requests.hash()
  const judged = judgedPercentiles(scenario)
  return runs.map(({ rows }) =>
    summariseRun(
      playBack(rows, (table) => new Recorder(recorderOptions(scenario, plan, table, expected))),
      {
        requests: hash,
        warmupMs: scenario.warmup_s * 1000,
        durationMs: scenario.duration_s * 1000,
        judged,
      },
    ),
  )
}

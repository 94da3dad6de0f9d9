import { notCountedTexts } from '../../sim/documents/index.ts'
import {
  clientSystem,
  type EngineEvents,
  executorWork,
  notCounted,
  type RunSummary,
  recordRun,
  roundOrders,
  type Slicing,
} from '../../sim/experiment/index.ts'
import { type Batch, topologyOf } from '../../sim/serving/index.ts'
import { playBack } from '../../sim/stats/index.ts'
import type { RequestList } from '../../sim/traffic/index.ts'
import type { KeptRun } from '../folders/run-folder.ts'
import type { Replayed } from '../live/fleet.ts'
import { LiveSession, type OpenSide, type SessionOptions } from '../live/live-session.ts'
import { shortageTexts } from '../live/shortages.ts'
import { executionProviders } from '../models/index.ts'
import { probesOf } from './idle-probes.ts'
import { openSides, playerOn, type ReplaySide, type WarmUp } from './live-side.ts'
import type { System } from './prepare.ts'
import { playRehearsal } from './rehearsals.ts'

export interface Replays {
  readonly runs: readonly Replayed[]
  readonly warnings: readonly string[]
  readonly valid: boolean
  /** garbage collections in the executors' threads; null where these go on */
  readonly gc: { readonly count: number; readonly ms: number } | null
}

export interface ReplayOptions extends SessionOptions {
  readonly warmUp?: WarmUp | undefined
  readonly replays: number
  /** of the first side, in the order in which they are played */
  readonly rehearsals: readonly ReplaySide[]
  /** null: whole replays alternate */
  readonly slicing: Slicing | null
  readonly decisionLog: boolean
}

/**
 * Opens the models of every side and replays their requests, round after round, with rehearsals
 * between. Several sides alternate in slices, or else in whole replays, in an order that depends
 * on the seed of the first.
 */
export async function replaySides(
  sides: readonly ReplaySide[],
  options: ReplayOptions,
): Promise<{ readonly sides: Replays[]; readonly rehearsed: Replayed[] }> {
  const { rehearsals, replays, slicing, decisionLog, warmUp } = options
  const { seed } = sides[0]!.system.scenario
  const runs: Replayed[][] = sides.map(() => [])
  const rehearsed: Replayed[] = []
  // before models are open, as they would idle; from a single side nothing is predicted
  const probes = sides.length === 1 ? [] : sides.map(probesOf)
  const session = new LiveSession(options)
  let opened: readonly OpenSide[] = []
  try {
    opened = await openSides(session, sides, { warmUp })
    const players = sides.map((side, i) => {
      return { ...playerOn(opened[i]!, side), probes: probes[i] ?? null }
    })
    const rehearse = async (until: number) => {
      while (rehearsed.length < until) {
        rehearsed.push(await playRehearsal(opened[0]!, rehearsals, rehearsed.length, options))
      }
    }
    for (let index = 0; index < replays; index++) {
      const share = Math.ceil((rehearsals.length * (index + 1)) / replays)
      // before even rounds and after odd ones: then drift affects both alike
      if (index % 2 === 0) await rehearse(share)
      const orders = roundOrders(sides.length, { index, of: replays, slicing }, seed)
      const name = `replay ${index + 1} of ${replays}`
      const played = await session.round(players, { name, slicing, orders, decisionLog })
      for (const [i, run] of played.entries()) runs[i]!.push(run)
      if (index % 2 === 1) await rehearse(share)
    }
  } finally {
    await session.close()
  }
  return {
    sides: sides.map(({ system }, i) => replaysOf(system, runs[i]!, opened[i]!)),
    rehearsed,
  }
}

function replaysOf(system: System, runs: Replays['runs'], { fleet, warnings }: OpenSide): Replays {
  const poor = notCounted(runs).map(({ replay, ...why }) => ({ number: replay, ...why }))
  const invalid = notCountedTexts('replay', poor)
  const fellBack = system.scenario.pools.flatMap(({ name, execution_provider: provider }, i) =>
    fleet.opened.fellBack[i] ? [`pool ${name}: some nodes ran on cpu, not ${provider}`] : [],
  )
  const { poolOf } = topologyOf(clientSystem(system).plan)
  const shortages = runs.flatMap((run) => run.shortages)
  const short = shortageTexts(system.scenario.pools, poolOf, shortages)
  const local = system.scenario.pools.every(
    ({ execution_provider: on, target }) => target === undefined && executionProviders[on].onHost,
  )
  const crowded =
    fleet.opened.pinned || !local
      ? []
      : ['dispatcher and executors were not pinned to separate cores']
  return {
    runs,
    warnings: [...invalid, ...warnings, ...uncountedText(runs), ...short, ...fellBack, ...crowded],
    valid: invalid.length === 0,
    gc: fleet.gc,
  }
}

/** A warning where a server has not counted tokens; none where it has. */
function uncountedText(runs: Replays['runs']): string[] {
  const uncounted = runs.reduce((all, { rows }) => {
    return all + rows.columns.uncounted.reduce((sum, is) => sum + is, 0)
  }, 0)
  if (uncounted === 0) return []
  const text = 'answers came without a count of their tokens, so their TPOT is unknown'
  return [`${uncounted} ${text}: the server sends no usage`]
}

/** Summaries of replays by the recorders that also summarise simulations. */
export function summariseReplays(
  system: System,
  runs: readonly (KeptRun & EngineEvents)[],
  requests: RequestList,
): RunSummary[] {
  const seen = clientSystem(system)
  const { scenario, plan } = seen
  const work = executorWork(seen)
  // of what a server does with a request nothing is expected
  const streams = plan.pools.some((pool) => pool.streams === true)
  const expected = streams
    ? null
    : (batch: Batch) => work[batch.executor]!.work(batch.size, batch.length)
  const hash = requests.hash()
  const replay = { scenario, plan, expected, replication: 0, simulated: null }
  return runs.map((run) => {
    const recording = playBack(run, (table) => recordRun({ ...replay, requests: table }))
    return recording.summary(hash)
  })
}

import { notCountedTexts } from '../../sim/documents/index.ts'
import {
  type ExecutorWork,
  notCounted,
  type ObservedRun,
  type RunSummary,
  recordRun,
  type Slicing,
} from '../../sim/experiment/index.ts'
import { type Batch, topologyOf } from '../../sim/serving/index.ts'
import { playBack } from '../../sim/stats/index.ts'
import type { RequestList } from '../../sim/traffic/index.ts'
import type { Replayed } from '../live/fleet.ts'
import { shortageText } from '../live/shortages.ts'
import { executionProviders } from '../models/index.ts'
import { playRound } from './play-round.ts'
import type { System } from './prepare.ts'
import {
  closeFleets,
  type FleetOptions,
  openFleets,
  type ReplaySide,
  type WarmFleet,
} from './warm-fleet.ts'

export interface Replays {
  readonly runs: readonly Replayed[]
  readonly warnings: readonly string[]
  readonly valid: boolean
  /** garbage collections in the executors' threads; null where these go on */
  readonly gc: { readonly count: number; readonly ms: number } | null
}

export interface ReplayOptions extends FleetOptions {
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
  const { rehearsals, replays, onProgress } = options
  const runs: Replayed[][] = sides.map(() => [])
  const rehearsed: Replayed[] = []
  const fleets = await openFleets(sides, options)
  try {
    const players = sides.map((side, i) => ({ ...side, fleet: fleets[i]!.fleet }))
    const rehearse = async (until: number) => {
      while (rehearsed.length < until) {
        const { system, traffic } = rehearsals[rehearsed.length]!
        const phase = `rehearsal ${rehearsed.length + 1} of ${rehearsals.length}`
        const show = (done: number, of: number) => onProgress(phase, done, of)
        rehearsed.push(await fleets[0]!.fleet.replay(system.plan, traffic, { onProgress: show }))
      }
    }
    for (let round = 0; round < replays; round++) {
      const share = Math.ceil((rehearsals.length * (round + 1)) / replays)
      // before even rounds and after odd ones: then drift affects both alike
      if (round % 2 === 0) await rehearse(share)
      const played = await playRound(players, round, options)
      for (const [i, run] of played.entries()) runs[i]!.push(run)
      if (round % 2 === 1) await rehearse(share)
    }
  } finally {
    await closeFleets(fleets, options.fleets)
  }
  return {
    sides: sides.map(({ system }, i) => replaysOf(system, runs[i]!, fleets[i]!)),
    rehearsed,
  }
}

function replaysOf(system: System, runs: Replays['runs'], { fleet, warnings }: WarmFleet): Replays {
  const poor = notCounted(runs).map(({ replay, ...why }) => ({ number: replay, ...why }))
  const invalid = notCountedTexts('replay', poor)
  const fellBack = system.scenario.pools.flatMap(({ name, execution_provider: provider }, i) =>
    fleet.opened.fellBack[i] ? [`pool ${name}: some nodes ran on cpu, not ${provider}`] : [],
  )
  const { poolOf } = topologyOf(system.plan)
  const short = system.scenario.pools.flatMap(({ name }, i) => {
    const poolShortages = runs.flatMap(({ shortages }) =>
      shortages.filter(({ executor }) => poolOf[executor] === i),
    )
    return shortageText(name, poolShortages) ?? []
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
    warnings: [...invalid, ...warnings, ...short, ...fellBack, ...crowded],
    valid: invalid.length === 0,
    gc: fleet.gc,
  }
}

/** Summaries of replays by the recorders that also summarise simulations. */
export function summariseReplays(
  { scenario, plan }: System,
  runs: readonly ObservedRun[],
  requests: RequestList,
  work: readonly ExecutorWork[],
): RunSummary[] {
  const expected = (batch: Batch) => work[batch.executor]!.work(batch.size, batch.length)
  const hash = requests.hash()
  const replay = { scenario, plan, expected, replication: 0, simulated: null }
  return runs.map((run) =>
    playBack(run, (table) => recordRun({ ...replay, requests: table })).summary(hash),
  )
}

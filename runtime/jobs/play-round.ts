import {
  causedFailures,
  pausesOf,
  playingOrders,
  type Slicing,
} from '../../sim/experiment/index.ts'
import { stream } from '../../sim/kernel/index.ts'
import type { Fleet, Replayed } from '../live/fleet.ts'
import type { Progress } from './options.ts'
import type { ReplaySide } from './warm-fleet.ts'

/** A side of a what-if and its open models. */
export interface Player extends ReplaySide {
  readonly fleet: Fleet
}

export interface RoundOptions {
  /** null: whole replays alternate */
  readonly slicing: Slicing | null
  readonly replays: number
  /** which side plays when, for each slice; default: by chance, from the seed of the first side */
  readonly orders?: readonly (readonly number[])[]
  readonly decisionLog: boolean
  /** keeps the processor time of batches, where executors measure it; default: no */
  readonly processorTime?: boolean
  readonly onProgress: Progress
}

/** One replay of every side: slice by slice in turn, or one whole replay after another. */
export async function playRound(
  players: readonly Player[],
  round: number,
  options: RoundOptions,
): Promise<Replayed[]> {
  const { slicing, replays, decisionLog, processorTime = false } = options
  const slices = slicing?.slices ?? 1
  const {
    orders = ordersOf(players, replays * slices).slice(round * slices, (round + 1) * slices),
  } = options
  const turns = orders.flat()
  const pauses = slicing === null ? [] : pausesOf(slicing)
  const name = `replay ${round + 1} of ${replays}`
  const runs = players.map(({ fleet, system, traffic }, i) => {
    const side = players.length === 1 ? '' : `, side ${'AB'[i] ?? i + 1}`
    const onProgress = (done: number, of: number) => options.onProgress(`${name}${side}`, done, of)
    const whole = slicing === null ? { onProgress } : {}
    const failures = causedFailures(system.scenario, system.plan)
    const kept = { decisionLog, processorTime }
    return fleet.slices(system.plan, traffic, { ...kept, pauses, failures, ...whole })
  })
  const played: Replayed[] = []
  for (const [turn, i] of turns.entries()) {
    if (slicing !== null) options.onProgress(`${name}, sides in slices`, turn, turns.length)
    const { value } = await runs[i]!.next()
    if (value !== undefined) played[i] = value
  }
  return played
}

/** The orders of all slices of all rounds: a block of whole replays has two rounds. */
function ordersOf(players: readonly Player[], slices: number): number[][] {
  const { seed } = players[0]!.system.scenario
  return playingOrders(slices, players.length, stream(seed, 0, 'order of sides'))
}

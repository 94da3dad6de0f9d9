import {
  DYNAMIC,
  knownPlan,
  OVERHEADS,
  poissonRequests,
} from '../sim/experiment/comparison/known-machine.test-helper.ts'
import {
  blocksOf,
  inSlices,
  type ObservedRun,
  pausesOf,
  playingOrders,
  runWorld,
  type Slicing,
} from '../sim/experiment/index.ts'
import { exp, type Random, stream } from '../sim/kernel/index.ts'
import type { Ms } from '../sim/serving/index.ts'
import { RowRecorder, Rows } from '../sim/stats/index.ts'
import { ListSource, type RequestList } from '../sim/traffic/index.ts'
import { declaredWork, machineOf, NEVER, NO_WAKE, Overheads } from '../sim/world/index.ts'
import { driftedLogs, STEP_MS } from './drift.ts'

/** A what-if on a machine whose speed over time is known, with the slices of a live one. */

const DRIFTS = [
  { ms: 1000, deviation: 0.03 },
  { ms: 5000, deviation: 0.03 },
  { ms: 25_000, deviation: 0.05 },
  { ms: 120_000, deviation: 0.07 },
] as const

/** The speed in each step: drift on all scales from a second to minutes, times `scale`. */
export function driftingSpeeds(seed: number, durationMs: Ms, scale = 1): number[] {
  const steps = Math.ceil(durationMs / STEP_MS)
  return driftedLogs(DRIFTS, steps, stream(seed, 0, 'drift')).map((level) => exp(scale * level))
}

const MODEL = declaredWork({ law: 'linear', base_ms: 0.8, per_item_ms: 0.5, per_token_ms: 0.004 })
export const RUN_MS = 10_000
/** Requests a ms: a load of 0.45 with batches of up to 8. */
export const RATE = 0.54

/** One side: its largest batch, and what a batch takes on top of its work. */
export interface DriftingSide {
  readonly largest: number
  /** of a batch, by its work, ms */
  readonly took?: (work: Ms, noise: Random) => Ms
}

/** A whole replay that begins at `from` on the machine. */
export function replayedFrom(
  from: Ms,
  speeds: readonly number[],
  side: DriftingSide,
  seed: number,
): ObservedRun {
  const requests = poissonRequests(RATE, RUN_MS, seed)
  return replayed(requests, side, { speeds, starts: [0], begun: [from], seed, round: 0 })
}

/** Replays one side, whose slices begin at `begun` on the machine. */
function replayed(
  requests: RequestList,
  { largest, took = (work) => work }: DriftingSide,
  on: {
    readonly speeds: readonly number[]
    readonly starts: readonly Ms[]
    readonly begun: readonly Ms[]
    readonly seed: number
    readonly round: number
  },
): ObservedRun {
  const { speeds, starts, begun, seed, round } = on
  const speedAt = (at: Ms) => speeds[Math.floor(at / STEP_MS)]!
  const times: number[] = []
  for (const [slice, from] of starts.entries()) {
    const to = starts[slice + 1] ?? RUN_MS
    for (let at = from; at < to; at += STEP_MS) times.push(at)
  }
  const steps = times.map((at) => {
    const slice = starts.findLastIndex((start) => start <= at)
    return speedAt(begun[slice]! + at - starts[slice]!)
  })
  const rows = Rows.allocate(requests.count)
  const overheads = new Overheads(OVERHEADS)
  const random = stream(1, 0, 'unused')
  runWorld({
    plan: knownPlan(1, { ...DYNAMIC, maxBatch: largest }),
    source: new ListSource(requests),
    hardware: [
      {
        work: { of: (size, length, noise) => took(MODEL.of(size, length, random), noise) },
        wake: NO_WAKE,
        overheads,
      },
    ],
    machine: machineOf({
      executors: [{ times, speeds: steps }],
      dispatcher: NEVER,
      intake: NEVER,
    }),
    sendDelay: overheads,
    timer: overheads,
    seed: seed + largest,
    replication: round,
    observe: (slots) => [new RowRecorder(rows, slots)],
  })
  const control = starts.map((at, slice) => ({ at, ms: [1 / speedAt(begun[slice]!)] }))
  return { rows, timers: [], control }
}

export interface Rounds {
  readonly rounds: number
  readonly slicing: Slicing | null
  readonly seed: number
}

/** Replays of both sides in so many rounds, whose slices alternate. */
export function playedRounds(
  speeds: readonly number[],
  sides: readonly [DriftingSide, DriftingSide],
  { rounds, slicing, seed }: Rounds,
): (readonly [ObservedRun, ObservedRun])[] {
  const allRequests = poissonRequests(RATE, RUN_MS, 1)
  const requests = slicing === null ? allRequests : inSlices(allRequests, slicing)
  const starts = slicing === null ? [0] : [0, ...pausesOf(slicing)]
  const turnMs = RUN_MS / starts.length
  const orders = playingOrders(rounds * starts.length, 2, stream(seed, 0, 'order'))
  let now = 0
  return Array.from({ length: rounds }, (_, round) => {
    const begun: [Ms[], Ms[]] = [[], []]
    for (const order of orders.slice(round * starts.length, (round + 1) * starts.length)) {
      for (const side of order) {
        begun[side as 0 | 1].push(now)
        now += turnMs
      }
    }
    const [a, b] = sides.map((side, index) =>
      replayed(requests, side, {
        speeds,
        starts,
        begun: begun[index]!,
        seed: seed + side.largest + 1000 * index,
        round,
      }),
    )
    return [a!, b!] as const
  })
}

/** Blocks of so many rounds of a change of the largest batch from 8 to 4. */
export function playedBlocks(speeds: readonly number[], rounds: Rounds) {
  return playedRounds(speeds, [{ largest: 8 }, { largest: 4 }], rounds).map(([a, b]) =>
    blocksOf({ run: a, warmupMs: 0 }, { run: b, warmupMs: 0 }),
  )
}

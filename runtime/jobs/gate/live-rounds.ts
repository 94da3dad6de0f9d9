import {
  busiestShare,
  type GateSide,
  type MeasuredBlock,
  notCounted,
  type ObservedRun,
  roundBlocks,
} from '../../../sim/experiment/index.ts'
import { throwIfAborted } from '../../process/interruption.ts'
import type { JobOptions } from '../options.ts'
import { type Player, playRound } from '../play-round.ts'
import { openFleet, type WarmFleet } from '../warm-fleet.ts'
import type { GateTraffic } from './gate-traffic.ts'

/** Rounds in all by default, those that do not count included. */
const MOST_ROUNDS = 12
/** So many in a row that do not count: the machine is too busy for more to help. */
const MOST_IN_A_ROW = 4
/** Blocks of a warm-up: the share of busy time is then known to some percent. */
const WARM_UP_BLOCKS = 2

export interface LiveRound {
  readonly blocks: readonly MeasuredBlock[]
  /** of the base */
  readonly run: ObservedRun
}

/** Base and head with their models open, which play rounds of blocks in turn. */
export class LiveRounds {
  readonly #traffic: GateTraffic
  readonly #fleets: readonly WarmFleet[]
  readonly #signal: AbortSignal
  readonly #onProgress: NonNullable<JobOptions['onProgress']>
  /** why rounds do not count */
  readonly notCounted: string[] = []
  readonly #most: number
  #played = 0

  private constructor(
    traffic: GateTraffic,
    fleets: readonly WarmFleet[],
    signal: AbortSignal,
    onProgress: NonNullable<JobOptions['onProgress']>,
    most: number,
  ) {
    this.#most = most
    this.#traffic = traffic
    this.#fleets = fleets
    this.#signal = signal
    this.#onProgress = onProgress
  }

  /** Opens the models of both sides. `close` has to be called. `most`: rounds in all. */
  static async open(
    traffic: GateTraffic,
    options: JobOptions,
    most = MOST_ROUNDS,
  ): Promise<LiveRounds> {
    const { signal = new AbortController().signal, onProgress = () => {} } = options
    const { base, head, requests } = traffic
    const fleets: WarmFleet[] = []
    const opening = { processorTime: true, signal, onProgress }
    try {
      for (const system of [base, head]) {
        fleets.push(await openFleet({ system, traffic: requests }, opening))
      }
    } catch (error) {
      await Promise.all(fleets.map(({ fleet }) => fleet.close()))
      throw error
    }
    return new LiveRounds(traffic, fleets, signal, onProgress, most)
  }

  async close(): Promise<void> {
    await Promise.all(this.#fleets.map(({ fleet }) => fleet.close()))
  }

  /** What could not be warmed up. */
  get warnings(): string[] {
    return [...new Set(this.#fleets.flatMap(({ warnings }) => warnings))]
  }

  /** A warm-up run of each side, which is discarded; returns how busy the pools were. */
  async warmUp(): Promise<{ readonly base: number; readonly head: number }> {
    const { slicing } = this.#traffic
    const slices = WARM_UP_BLOCKS * slicing.blockSlices
    const until = slices * slicing.sliceMs
    const short = { ...slicing, slices }
    const [a, b] = await this.#play(short, until, 'warming up base and head', 0, 1)
    return { base: busiestShare(a!, until), head: busiestShare(b!, until) }
  }

  /**
   * The next round that counts; null where too many did not. `done` and `of`: blocks so far and at
   * most.
   */
  async next(phase: string, done: number, of: number): Promise<LiveRound | null> {
    const { slicing } = this.#traffic
    for (let poor = 0; poor < MOST_IN_A_ROW && this.#played < this.#most; poor++) {
      this.#played++
      const [base, head] = await this.#play(slicing, Number.POSITIVE_INFINITY, phase, done, of)
      const spoiled = [base!, head!].flatMap(({ run }) => notCounted([run]))
      const found = spoiled[0]?.reason ?? roundBlocks(base!, head!, slicing)
      if (typeof found !== 'string') return { blocks: found, run: base!.run }
      this.notCounted.push(`round ${this.#played}: ${found}`)
    }
    return null
  }

  async #play(
    slicing: GateTraffic['slicing'],
    untilMs: number,
    phase: string,
    done: number,
    of: number,
  ): Promise<GateSide[]> {
    throwIfAborted(this.#signal)
    const { base, head, requests } = this.#traffic
    const traffic = untilMs === Number.POSITIVE_INFINITY ? requests : requests.until(untilMs)
    const systems = [base, head]
    const players = systems.map(
      (system, i): Player => ({ system, traffic, fleet: this.#fleets[i]!.fleet }),
    )
    const turns = 2 * slicing.blockSlices
    const onProgress = (_: string, turn: number) => this.#onProgress(phase, done + turn / turns, of)
    const round = this.#played
    const options = {
      slicing,
      replays: this.#most + 1,
      decisionLog: false,
      processorTime: true,
      onProgress,
    }
    const runs = await playRound(players, round, options)
    return systems.map((system, i) => ({ system, run: runs[i]! }))
  }
}

import {
  balancedOrders,
  busiestShares,
  type GateSide,
  type MeasuredBlock,
  type ObservedRun,
  type RoundStalls,
  roundBlocks,
  spoiledAsWhole,
} from '../../../sim/experiment/index.ts'
import { stream } from '../../../sim/kernel/index.ts'
import { throwIfAborted } from '../../process/interruption.ts'
import type { JobOptions } from '../options.ts'
import { type Player, playRound } from '../play-round.ts'
import { openFleets, type WarmFleet, type WarmUp } from '../warm-fleet.ts'
import type { GateTraffic, Utilisation } from './gate-traffic.ts'

/** So many in a row without a block: the machine is too busy for more to help. */
const MOST_IN_A_ROW = 4
/** Blocks of a warm-up: the share of busy time is then known to some percent. */
const WARM_UP_BLOCKS = 2

/** Most of the loops is warmed up by the blocks of the warm-up. */
const WARM_UP: WarmUp = { shapesMs: 10_000, trafficMs: 1000 }

/** When rounds end, whatever has been decided. */
export interface RoundLimits {
  /** rounds in all; default: any number */
  readonly most?: number
  /** no round begins that would end later, on the clock of `performance.now`; default: never */
  readonly until?: number
}

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
  readonly #limits: Required<RoundLimits>
  /** what does not count, and why */
  readonly notCounted: string[] = []
  readonly #stalls: RoundStalls[] = []
  /** why there is no further round; null while there may be one */
  ended: 'time' | 'machine' | null = null
  #played = 0
  #roundMs: number

  private constructor(
    traffic: GateTraffic,
    fleets: readonly WarmFleet[],
    { signal, onProgress }: Required<Pick<JobOptions, 'signal' | 'onProgress'>>,
    { most = Number.POSITIVE_INFINITY, until = Number.POSITIVE_INFINITY }: RoundLimits,
  ) {
    this.#traffic = traffic
    this.#fleets = fleets
    this.#signal = signal!
    this.#onProgress = onProgress!
    this.#limits = { most, until }
    const { slices, sliceMs } = traffic.slicing
    this.#roundMs = 2 * slices * sliceMs
  }

  /** Opens the models of both sides. `close` has to be called. */
  static async open(
    traffic: GateTraffic,
    options: JobOptions,
    limits: RoundLimits = {},
  ): Promise<LiveRounds> {
    const { signal = new AbortController().signal, onProgress = () => {} } = options
    const { base, head, requests } = traffic
    const sides = [base, head].map((system) => ({ system, traffic: requests }))
    const opening = { warmUp: WARM_UP, processorTime: true, signal, onProgress }
    const fleets = await openFleets(sides, opening)
    return new LiveRounds(traffic, fleets, { signal, onProgress }, limits)
  }

  /** Rounds of other traffic on the same open models, in place of these. */
  under(traffic: GateTraffic): LiveRounds {
    const job = { signal: this.#signal, onProgress: this.#onProgress }
    return new LiveRounds(traffic, this.#fleets, job, this.#limits)
  }

  async close(): Promise<void> {
    await Promise.all(this.#fleets.map(({ fleet }) => fleet.close()))
  }

  /** What could not be warmed up. */
  get warnings(): string[] {
    return [...new Set(this.#fleets.flatMap(({ warnings }) => warnings))]
  }

  /** How much of all rounds so far other programs held up; null before the first one. */
  get stalls(): RoundStalls | null {
    const rounds = this.#stalls
    if (rounds.length === 0) return null
    const sum = (of: (round: RoundStalls) => number) =>
      rounds.reduce((total, round) => total + of(round), 0)
    return {
      base: sum(({ base }) => base) / rounds.length,
      head: sum(({ head }) => head) / rounds.length,
      most: Math.min(...rounds.map(({ most }) => most)),
      slices: sum(({ slices }) => slices),
      leftOut: sum(({ leftOut }) => leftOut),
    }
  }

  /** A warm-up run of each side, which is discarded: how busy it is, by wall and processor time. */
  async warmUp(): Promise<{ readonly wall: Utilisation; readonly processor: Utilisation }> {
    const { slicing } = this.#traffic
    const slices = WARM_UP_BLOCKS * slicing.blockSlices
    const until = slices * slicing.sliceMs
    const onTurn = (turn: number, turns: number) =>
      this.#onProgress('warming up base and head', turn, turns)
    const sides = await this.#play({ ...slicing, slices }, until, onTurn)
    const [base, head] = sides.map((side) => busiestShares(side, until))
    return {
      wall: { base: base!.wall, head: head!.wall },
      processor: { base: base!.processor, head: head!.processor },
    }
  }

  /**
   * The next round with a block; null where there is none, as `ended` states. `onTurn`: how much of
   * a round is played.
   */
  async next(onTurn: (turn: number, turns: number) => void): Promise<LiveRound | null> {
    const { most, until } = this.#limits
    for (let poor = 0; poor < MOST_IN_A_ROW && this.#played < most; poor++) {
      if (performance.now() + this.#roundMs > until) {
        this.ended = 'time'
        return null
      }
      const round = await this.#round(onTurn)
      if (round.blocks.length > 0) return round
    }
    this.ended = 'machine'
    return null
  }

  /** A round without blocks where none of it counts. */
  async #round(onTurn: (turn: number, turns: number) => void): Promise<LiveRound> {
    const { slicing } = this.#traffic
    const began = performance.now()
    this.#played++
    const [base, head] = await this.#play(slicing, Number.POSITIVE_INFINITY, onTurn)
    this.#roundMs = performance.now() - began
    const why = spoiledAsWhole(base!.run) ?? spoiledAsWhole(head!.run)
    if (why !== null) {
      this.notCounted.push(`round ${this.#played}: ${why.reason}`)
      return { blocks: [], run: base!.run }
    }
    const { blocks, stalls, leftOut } = roundBlocks(base!, head!, slicing)
    this.#stalls.push(stalls)
    this.notCounted.push(...leftOut.map((text) => `round ${this.#played}: ${text}`))
    return { blocks, run: base!.run }
  }

  async #play(
    slicing: GateTraffic['slicing'],
    untilMs: number,
    onTurn: (turn: number, turns: number) => void,
  ): Promise<GateSide[]> {
    throwIfAborted(this.#signal)
    const { base, head, requests } = this.#traffic
    const traffic = untilMs === Number.POSITIVE_INFINITY ? requests : requests.until(untilMs)
    const systems = [base, head]
    const players = systems.map(
      (system, i): Player => ({ system, traffic, fleet: this.#fleets[i]!.fleet }),
    )
    const round = this.#played
    const random = stream(base.scenario.seed, round, 'order of sides')
    const runs = await playRound(players, round, {
      slicing,
      replays: round + 1,
      orders: balancedOrders(slicing.slices, random),
      decisionLog: false,
      processorTime: true,
      onProgress: (_, turn, turns) => onTurn(turn, turns),
    })
    return systems.map((system, i) => ({ system, run: runs[i]! }))
  }
}

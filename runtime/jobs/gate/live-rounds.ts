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
import type { RequestList } from '../../../sim/traffic/index.ts'
import type { LiveSession, OpenSide } from '../../live/live-session.ts'
import { throwIfAborted } from '../../process/interruption.ts'
import { openSides, playerOn, type WarmUp } from '../live-side.ts'
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

/** Opens the models of both sides of a gate. */
export function openGateSides(session: LiveSession, traffic: GateTraffic): Promise<OpenSide[]> {
  const sides = sidesOf(traffic, traffic.requests)
  return openSides(session, sides, { warmUp: WARM_UP, processorTime: true })
}

/** Rounds of blocks that base and head play in turn, under one traffic. */
export class LiveRounds {
  readonly #session: LiveSession
  readonly #traffic: GateTraffic
  /** of base and head */
  #sides: readonly OpenSide[]
  readonly #limits: Required<RoundLimits>
  /** what does not count, and why */
  readonly notCounted: string[] = []
  readonly #stalls: RoundStalls[] = []
  /** why there is no further round; null while there may be one */
  ended: 'time' | 'machine' | null = null
  #played = 0
  #roundMs: number

  constructor(
    session: LiveSession,
    sides: readonly OpenSide[],
    traffic: GateTraffic,
    { most = Number.POSITIVE_INFINITY, until = Number.POSITIVE_INFINITY }: RoundLimits = {},
  ) {
    this.#session = session
    this.#traffic = traffic
    this.#sides = sides
    this.#limits = { most, until }
    const { slices, sliceMs } = traffic.slicing
    this.#roundMs = 2 * slices * sliceMs
  }

  /** Closes the models of both sides and opens them again, in new processes, warmed up alike. */
  async reopen(): Promise<void> {
    await this.#session.close()
    this.#sides = await openGateSides(this.#session, this.#traffic)
    await this.warmUp()
  }

  /** Closes the session, and with it all rounds of these sides. */
  close(): Promise<void> {
    return this.#session.close()
  }

  /** What could not be warmed up. */
  get warnings(): string[] {
    return [...new Set(this.#sides.flatMap(({ warnings }) => warnings))]
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
      this.#session.onProgress('warming up base and head', turn, turns)
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
    throwIfAborted(this.#session.signal)
    const { base, requests } = this.#traffic
    const traffic = untilMs === Number.POSITIVE_INFINITY ? requests : requests.until(untilMs)
    const sides = sidesOf(this.#traffic, traffic)
    const players = sides.map((side, i) => playerOn(this.#sides[i]!, side))
    const random = stream(base.scenario.seed, this.#played, 'order of sides')
    const runs = await this.#session.round(players, {
      name: `round ${this.#played}`,
      slicing,
      orders: balancedOrders(slicing.slices, random),
      decisionLog: false,
      processorTime: true,
      onProgress: (_, turn, turns) => onTurn(turn, turns),
    })
    return sides.map(({ system }, i) => ({ system, run: runs[i]! }))
  }
}

const sidesOf = ({ base, head }: GateTraffic, traffic: RequestList) =>
  [base, head].map((system) => ({ system, traffic }))

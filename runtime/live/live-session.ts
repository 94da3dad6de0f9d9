import { type CausedFailures, pausesOf, type Slicing } from '../../sim/experiment/index.ts'
import type { ServingPlan } from '../../sim/serving/index.ts'
import type { RequestList } from '../../sim/traffic/index.ts'
import type { Reacting } from './dispatcher-thread.ts'
import type { FleetEngine } from './engine.ts'
import { Fleet, type Replayed } from './fleet.ts'
import type { IdleProbes } from './idle-probes.ts'
import type { OpenFleets } from './open-fleets.ts'

type PhaseProgress = (phase: string, done: number, of: number) => void

/** What a side of a session opens, and what that does before its first job. */
export interface SessionSide {
  readonly plan: ServingPlan
  /** of each pool */
  readonly engines: readonly FleetEngine[]
  /** returns warnings about what it leaves out; default: nothing is warmed up */
  readonly warmUp?: (fleet: Fleet, onProgress: PhaseProgress) => Promise<readonly string[]>
}

/** A side whose fleet is ready for as many jobs as it is given. */
export interface OpenSide {
  readonly fleet: Fleet
  readonly warnings: readonly string[]
}

/** A fleet with what it replays in a round. */
export interface Player {
  readonly fleet: Pick<Fleet, 'slices'>
  readonly plan: ServingPlan
  readonly traffic: RequestList | Reacting
  /** what happens to executors; null for nothing */
  readonly failures: CausedFailures | null
  /** what it runs before each slice, to show what idle time costs; default: nothing */
  readonly probes?: IdleProbes | null
}

/** How a round is played. */
export interface Round {
  /** for people: "replay 2 of 3" */
  readonly name: string
  /** null: whole replays alternate */
  readonly slicing: Slicing | null
  /** which player plays when, for each slice */
  readonly orders: readonly (readonly number[])[]
  readonly decisionLog: boolean
  /** keeps the processor time of batches, where executors measure it; default: no */
  readonly processorTime?: boolean
  /** default: that of the session */
  readonly onProgress?: PhaseProgress
}

export interface SessionOptions {
  /** fleets of earlier sessions, which serve this one, too; default: new fleets */
  readonly fleets?: OpenFleets | undefined
  readonly signal: AbortSignal
  readonly onProgress: PhaseProgress
}

/**
 * Fleets of one or more sides on this machine, and rounds that they play in turn. It has to be
 * closed, also where a side could not be opened.
 */
export class LiveSession {
  readonly signal: AbortSignal
  readonly onProgress: PhaseProgress
  readonly #kept: OpenFleets | undefined
  readonly #fleets: Fleet[] = []

  constructor({ fleets, signal, onProgress }: SessionOptions) {
    this.#kept = fleets
    this.signal = signal
    this.onProgress = onProgress
  }

  /**
   * Opens several sides at once. One that was opened first, and idled while another one was opened,
   * took 0.4 to 1.6 % longer for its batches from then on (docs/design/019). Where one fails, the
   * others are not opened any further.
   */
  async open(sides: readonly SessionSide[]): Promise<OpenSide[]> {
    const stop = new AbortController()
    const signal = AbortSignal.any([this.signal, stop.signal])
    const opened = await Promise.allSettled(
      sides.map(async (side, i) => {
        try {
          // phases of several would take turns
          return await this.#open(side, signal, i === 0 ? this.onProgress : () => {})
        } catch (error) {
          stop.abort(error)
          throw error
        }
      }),
    )
    // or those that did not fail could not be closed
    for (const fleet of this.#fleets) fleet.signal = this.signal
    if (stop.signal.aborted) throw stop.signal.reason
    return opened.flatMap((side) => (side.status === 'fulfilled' ? [side.value] : []))
  }

  async #open(
    { plan, engines, warmUp }: SessionSide,
    signal: AbortSignal,
    onProgress: PhaseProgress,
  ): Promise<OpenSide> {
    const fleet = await (this.#kept ?? Fleet).open(plan, engines, signal)
    this.#fleets.push(fleet)
    return { fleet, warnings: (await warmUp?.(fleet, onProgress)) ?? [] }
  }

  /** One replay of every player: slice by slice in turn, or one whole replay after another. */
  async round(players: readonly Player[], round: Round): Promise<Replayed[]> {
    const { name, slicing, decisionLog, processorTime = false } = round
    const { onProgress = this.onProgress } = round
    const pauses = slicing === null ? [] : pausesOf(slicing)
    const runs = players.map(({ fleet, plan, traffic, failures, probes }, i) => {
      const side = players.length === 1 ? '' : `, side ${'AB'[i] ?? i + 1}`
      const show = (done: number, of: number) => onProgress(`${name}${side}`, done, of)
      const whole = slicing === null ? { onProgress: show } : {}
      const kept = { decisionLog, processorTime }
      const probed = probes && { probes: probes.ofReplay(pauses.length + 1) }
      return fleet.slices(plan, traffic, { ...kept, pauses, failures, ...probed, ...whole })
    })
    const turns = round.orders.flat()
    const played: Replayed[] = []
    try {
      for (const [turn, i] of turns.entries()) {
        if (slicing !== null) onProgress(`${name}, sides in slices`, turn, turns.length)
        const { value } = await runs[i]!.next()
        if (value !== undefined) played[i] = value
      }
      return played
    } catch (error) {
      // the other sides are in a pause
      await Promise.allSettled(runs.map((run) => run.throw(error)))
      throw error
    }
  }

  /** Leaves fleets to later sessions, where these take them; else closes them. */
  async close(): Promise<void> {
    const fleets = this.#fleets.splice(0)
    await Promise.all(fleets.map((fleet) => this.#kept?.release(fleet) ?? fleet.close()))
  }
}

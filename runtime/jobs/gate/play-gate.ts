import {
  CONFIRMATION,
  confirmed,
  decide,
  LOOKS,
  lookLevel,
  type MeasuredBlock,
  type MetricDecision,
  type ObservedRun,
  stepAfter,
  withoutOthers,
} from '../../../sim/experiment/index.ts'
import type { JobOptions } from '../options.ts'
import type { Derivation } from './derived.ts'
import type { LiveRounds } from './live-rounds.ts'

/** A block with the values that the gate judges: ln of head over base, a number for each metric. */
export interface JudgedBlock {
  readonly block: MeasuredBlock
  readonly values: readonly number[]
  /** of the confirmation */
  readonly fresh: boolean
}

/** Why a gate has fewer blocks than it needs. */
export type Incomplete = 'time' | 'machine'

export interface PlayedGate {
  readonly blocks: readonly JudgedBlock[]
  /** by metric: service time, and the derived percentiles; none where no look was reached */
  readonly decisions: readonly MetricDecision[]
  /** numbers of blocks after which the gate was judged */
  readonly looks: readonly number[]
  /** why a look or the confirmation was not reached; null where all were */
  readonly incomplete: Incomplete | null
  /** whether a regression was to be confirmed */
  readonly confirming: boolean
  /** derived percentiles of the base, ms */
  readonly baseMs: readonly number[]
}

export interface PlayOptions extends JobOptions {
  readonly margin: number
  /** when the gate began and when it ends at the latest, on the clock of `performance.now` */
  readonly began: number
  readonly until: number
  /** after each round: what there is so far, `incomplete` as nothing has ended */
  readonly onRound?: (played: PlayedGate) => Promise<void>
}

/** Where blocks come from. */
export type RoundSource = Pick<LiveRounds, 'next' | 'ended'>

/** What blocks do to percentiles, on the machine that replays of the base recorded. */
export type Learn = (runs: readonly ObservedRun[]) => Pick<Derivation, 'ratios' | 'baseMs'>

/** Plays blocks up to each look until the gate is decided, and confirms a regression. */
export async function playGate(
  rounds: RoundSource,
  learn: Learn,
  options: PlayOptions,
): Promise<PlayedGate> {
  const gate = new GateInPlay(rounds, learn, options)
  for (const look of LOOKS) {
    if (!(await gate.judgeAfter(look))) break
    const step = stepAfter(gate.decisions, look)
    if (step === 'confirm') await gate.confirm()
    if (step !== 'continue') break
  }
  return gate.played
}

class GateInPlay {
  readonly #rounds: RoundSource
  readonly #options: PlayOptions
  readonly #learn: Learn
  /** of the base, until its machine is learnt from them */
  readonly #runs: ObservedRun[] = []
  /** played, and not judged yet */
  readonly #waiting: MeasuredBlock[] = []
  readonly #blocks: JudgedBlock[] = []
  readonly #looks: number[] = []
  #derivation: ReturnType<Learn> | null = null
  #baseMs: readonly number[] = []
  #incomplete: Incomplete | null = null
  #confirming = false
  /** share of the phase that was shown last: a round with few blocks takes none of it back */
  #shown = 0
  decisions: readonly MetricDecision[] = []

  constructor(rounds: RoundSource, learn: Learn, options: PlayOptions) {
    this.#rounds = rounds
    this.#learn = learn
    this.#options = options
  }

  get played(): PlayedGate {
    return {
      blocks: this.#blocks,
      decisions: this.decisions,
      looks: this.#looks,
      incomplete: this.#incomplete,
      confirming: this.#confirming,
      baseMs: this.#baseMs,
    }
  }

  /** Judges the gate after so many blocks; false where rounds ended before. */
  async judgeAfter(look: number): Promise<boolean> {
    const [phase, most] = ['base and head in blocks', LOOKS.at(-1)!]
    const enough = await this.#play(look - this.#blocks.length, this.#blocks.length, most, phase)
    this.#blocks.push(...(await this.#judged(look - this.#blocks.length, false)))
    if (!enough) return false
    this.#looks.push(look)
    this.decisions = decide(valuesOf(this.#blocks), this.#options.margin, lookLevel())
    return true
  }

  /** Whether fresh blocks alone show the metrics that fail. */
  async confirm(): Promise<void> {
    this.#confirming = true
    const enough = await this.#play(CONFIRMATION, 0, CONFIRMATION, 'confirming on fresh blocks')
    const fresh = await this.#judged(CONFIRMATION, true)
    this.#blocks.push(...fresh)
    if (!enough) {
      this.decisions = this.decisions.map(unconfirmed)
      return
    }
    this.decisions = confirmed(this.decisions, valuesOf(fresh), this.#options.margin)
  }

  /**
   * Plays until so many blocks wait. Blocks beyond a look wait for the next one, or are the first
   * fresh ones: no look has seen them. `done` and `of`: blocks before, and at most.
   */
  async #play(count: number, done: number, of: number, phase: string): Promise<boolean> {
    const { onProgress, onRound, began, until } = this.#options
    this.#shown = 0
    while (this.#waiting.length < count) {
      const round = await this.#rounds.next((turn, turns) => {
        const played = (done + this.#waiting.length + (turn / turns) * EACH_ROUND) / of
        // so the time that is left is never more than is allowed
        const passed = (performance.now() - began) / (until - began)
        this.#shown = Math.min(1, Math.max(played, passed, this.#shown))
        onProgress?.(phase, this.#shown, 1)
      })
      if (round === null) {
        this.#incomplete = this.#rounds.ended
        return false
      }
      this.#waiting.push(...round.blocks)
      if (this.#derivation === null) this.#runs.push(withoutOthers(round.run))
      await onRound?.({ ...this.played, blocks: [...this.#blocks, ...this.#waiting.map(unjudged)] })
    }
    return true
  }

  /**
   * At most so many waiting blocks with their derived percentiles. The machine is learnt from the
   * base's replays of the first look only, so that all blocks are judged by the same simulation.
   */
  async #judged(most: number, fresh: boolean): Promise<JudgedBlock[]> {
    const { onProgress } = this.#options
    const blocks = this.#waiting.splice(0, most)
    if (blocks.length === 0) return []
    this.#derivation ??= this.#learn(this.#runs)
    const judged: JudgedBlock[] = []
    for (const [i, block] of blocks.entries()) {
      onProgress?.('deriving percentiles', i, blocks.length)
      const ratios = await this.#derivation.ratios(block)
      judged.push({ block, values: [Math.log(block.service), ...ratios], fresh })
    }
    this.#baseMs = await this.#derivation.baseMs()
    return judged
  }
}

/** Blocks of a round, most of which count. */
const EACH_ROUND = 5

/** A block of which nothing is derived yet. */
const unjudged = (block: MeasuredBlock): JudgedBlock => {
  return { block, values: [Math.log(block.service)], fresh: false }
}

const unconfirmed = (decision: MetricDecision): MetricDecision =>
  decision.verdict === 'FAIL' ? { ...decision, verdict: 'UNDECIDED' } : decision

/** By metric. */
const valuesOf = (blocks: readonly JudgedBlock[]) =>
  blocks[0]!.values.map((_, metric) => blocks.map(({ values }) => values[metric]!))

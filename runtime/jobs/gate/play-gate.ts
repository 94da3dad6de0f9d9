import {
  CONFIRMATION,
  GateRule,
  LOOKS,
  type MeasuredBlock,
  type MetricDecision,
  type ObservedRun,
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
  /** the change that was to be confirmed; null for none */
  readonly confirming: GateRule['confirming']
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
export type RoundSource = Pick<LiveRounds, 'next' | 'ended' | 'reopen'>

/** What blocks do to percentiles, on the machine that replays of the base recorded. */
export type Learn = (runs: readonly ObservedRun[]) => Pick<Derivation, 'ratios' | 'baseMs'>

/**
 * Plays blocks up to each look until the gate is decided. A change is confirmed in processes that
 * are opened anew: two processes of the same code differ by some 0.8 % (docs/design/019).
 */
export async function playGate(
  rounds: RoundSource,
  learn: Learn,
  options: PlayOptions,
): Promise<PlayedGate> {
  const gate = new GateInPlay(rounds, learn, options)
  await gate.play()
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
  readonly #rule: GateRule
  #derivation: ReturnType<Learn> | null = null
  #baseMs: readonly number[] = []
  #incomplete: Incomplete | null = null
  /** share of the phase that was shown last: a round with few blocks takes none of it back */
  #shown = 0

  constructor(rounds: RoundSource, learn: Learn, options: PlayOptions) {
    this.#rounds = rounds
    this.#learn = learn
    this.#options = options
    this.#rule = new GateRule(options.margin)
  }

  get played(): PlayedGate {
    return {
      blocks: this.#blocks,
      decisions: this.#rule.decisions,
      looks: this.#rule.looks,
      incomplete: this.#incomplete,
      confirming: this.#rule.confirming,
      baseMs: this.#baseMs,
    }
  }

  /** Judges the gate after as many blocks as its rule needs, until it has ended or rounds have. */
  async play(): Promise<void> {
    while (this.#rule.needs > 0) {
      const { needs, confirming } = this.#rule
      const fresh = confirming !== null
      const enough = fresh
        ? await this.#playFresh(needs)
        : await this.#play(needs, this.#blocks.length, LOOKS.at(-1)!, 'base and head in blocks')
      const judged = await this.#judged(needs, fresh)
      this.#blocks.push(...judged)
      if (enough) this.#rule.judge(judged.map(({ values }) => values))
      else this.#rule.end()
    }
    // that the head is not worse is decided, whether or not it is better
    if (this.#rule.confirming === 'IMPROVED') this.#incomplete = null
  }

  /** Blocks of processes that no look has seen; what the others have played beyond it is left. */
  async #playFresh(count: number): Promise<boolean> {
    this.#waiting.length = 0
    await this.#rounds.reopen()
    return this.#play(count, 0, CONFIRMATION, 'confirming on fresh blocks')
  }

  /**
   * Plays until so many blocks wait. Blocks beyond a look wait for the next one. `done` and `of`:
   * blocks before, and at most.
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

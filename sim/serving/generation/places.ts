import { KeyedHeap } from '../../kernel/index.ts'
import type { Ms } from '../ports.ts'
import type { EngineHost } from './engine.ts'
import type { GenerationPlan } from './generation-plan.ts'
import { KvLedger } from './kv-ledger.ts'

/** Ranks by level first, then by the number of admission. */
const LEVEL = 2 ** 40

/** The places of an engine and the blocks that go with them: who gets one next, who loses it. */
export class Places {
  readonly kv: KvLedger
  taken = 0
  /** that those who have a place asked for */
  tokens = 0
  readonly #executor: number
  readonly #plan: GenerationPlan
  readonly #host: EngineHost
  /** blocks that admission leaves free */
  readonly #watermark: number
  /** those who have a place, from the one who would lose it first */
  readonly #victims: KeyedHeap
  /** those who lost theirs, from the one who gets it back first */
  readonly #preempted: KeyedHeap

  constructor(executor: number, plan: GenerationPlan, host: EngineHost) {
    this.#executor = executor
    this.#plan = plan
    this.#host = host
    this.kv = new KvLedger(plan.kv)
    const { blocks, watermark } = plan.kv
    this.#watermark = blocks < Number.POSITIVE_INFINITY ? Math.ceil(blocks * watermark) : 0
    const { sequences, levelOf } = host
    const rank = (request: number) => levelOf(request) * LEVEL + sequences.number[request]!
    this.#victims = new KeyedHeap((request) => -rank(request))
    this.#preempted = new KeyedHeap(rank)
  }

  get full(): boolean {
    return this.taken >= this.#plan.maxSequences
  }

  /** Who would lose a place first; -1 for none. */
  get victim(): number {
    return this.#victims.next()
  }

  /** Who gets the next place, of those who lost one and those who wait; -1 for none. */
  get next(): number {
    const waiting = this.#host.queue.next
    const preempted = this.#preempted.next()
    if (preempted < 0 || waiting < 0) return Math.max(preempted, waiting)
    const { levelOf } = this.#host
    return levelOf(waiting) < levelOf(preempted) ? waiting : preempted
  }

  isBack(request: number): boolean {
    return request === this.#preempted.next()
  }

  /** Whether a request may take a place from the one who would lose it first. */
  outranks(request: number): boolean {
    if (!this.#plan.preemptsByPriority) return false
    return this.#host.levelOf(request) < this.#host.levelOf(this.victim)
  }

  /** Whether there are blocks for it beside those of step number `step`. */
  fits(request: number, step: number): boolean {
    const { sequences } = this.#host
    const spare = this.taken > 0 ? this.#watermark : 0
    // one that decodes at once may need its next block with this very step
    const further = sequences.toPrefill[request] === 0 ? 1 : 0
    const blocks = this.kv.blocksOf(this.tokensFor(request) + further)
    return this.kv.free - this.kv.needs(step) - blocks >= spare
  }

  /** Tokens for which a sequence takes blocks with its place. */
  tokensFor(request: number): number {
    const { sequences, requests } = this.#host
    // nobody leaves a static batch early: who is in it has all its blocks from the beginning
    const grows = this.#plan.policy === 'static' ? requests.output[request]! - 1 : 0
    return sequences.context[request]! + grows
  }

  give(now: Ms, request: number): void {
    const { sequences, queue } = this.#host
    if (this.isBack(request)) this.#preempted.take()
    else {
      queue.shift(now, 0)
      sequences.number[request] = this.#host.admitted(now, this.#executor, request)
    }
    const tokens = this.tokensFor(request)
    this.kv.take(this.kv.blocksOf(tokens))
    this.tokens += tokens
    this.taken++
    this.#victims.push(request)
  }

  /** Those who decode, so many, get the blocks of `steps` steps from number `step` on. */
  grow(step: number, steps: number, decodes: number): void {
    this.kv.grow(step, steps)
    this.tokens += steps * decodes
  }

  /** A sequence gives up its place and the blocks of its tokens. */
  leave(request: number, tokens: number): void {
    this.kv.release(this.kv.blocksOf(tokens))
    this.tokens -= tokens
    this.#victims.remove(request)
    this.taken--
  }

  /** One that has lost its place wants it back. */
  owe(request: number): void {
    this.#preempted.push(request)
  }
}

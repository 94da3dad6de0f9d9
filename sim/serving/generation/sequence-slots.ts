import { KeyedHeap } from '../../kernel/index.ts'
import { type KvUse, type Ms, NO_USE } from '../ports.ts'
import type { EngineHost } from './engine-host.ts'
import type { GenerationPlan } from './generation-plan.ts'
import { KvLedger } from './kv-ledger.ts'
import { PrefixCache } from './prefix-cache.ts'
import { PrefixKeys } from './prefix-keys.ts'

/** Ranks by level first, then by the number of admission. */
const LEVEL = 2 ** 40

/** The slots of an engine and their blocks: which sequence gets one next, which loses it. */
export class SequenceSlots {
  readonly kv: KvLedger
  taken = 0
  /** it takes no request from the queue any more */
  closed = false
  /** tokens requested by the sequences with a slot */
  tokens = 0
  /** tokens of prompts that got a slot for the first time, and those of them that were cached */
  promptTokens = 0
  hitTokens = 0
  /** preemptions for lack of blocks */
  shortages = 0
  /** null where every prompt is computed as a whole */
  readonly cache: PrefixCache | null
  readonly #executor: number
  readonly #use: { -readonly [K in keyof KvUse]: KvUse[K] }
  readonly #reserved: (request: number) => number
  readonly #plan: GenerationPlan
  readonly #host: EngineHost
  /** blocks that admission leaves free */
  readonly #watermark: number
  /** blocks beyond its budget, which cached prompts leave free as well */
  #withheld = 0
  /** sequences with a slot, in the order of preemption */
  readonly #victims: KeyedHeap
  /** preempted sequences, in the order in which they are resumed */
  readonly #preempted: KeyedHeap

  /** `reserved`: tokens for which a sequence takes blocks with its slot, beside its context. */
  constructor(
    executor: number,
    plan: GenerationPlan,
    host: EngineHost,
    reserved: (request: number) => number,
  ) {
    this.#reserved = reserved
    this.#executor = executor
    this.#use = { ...NO_USE, executor }
    this.#plan = plan
    this.#host = host
    this.kv = new KvLedger(plan.kv)
    const { blockTokens, prefixCache } = plan.kv
    const keys = () => new PrefixKeys(host.requests, host.classes, blockTokens)
    this.cache = prefixCache ? new PrefixCache(this.kv, keys()) : null
    const { blocks, watermark } = plan.kv
    this.#watermark = blocks < Number.POSITIVE_INFINITY ? Math.ceil(blocks * watermark) : 0
    const { sequences, levelOf } = host
    const rank = (request: number) => levelOf(request) * LEVEL + sequences.number[request]!
    this.#victims = new KeyedHeap((request) => -rank(request))
    this.#preempted = new KeyedHeap(rank)
  }

  /**
   * How full the KV cache is; of a block that several use tokens count once. The record is used
   * again for the next time.
   */
  get use(): KvUse {
    const use = this.#use
    const { kv, cache } = this
    use.tokens = this.tokens - (cache?.sharedUses ?? 0) * kv.blockTokens
    use.used = kv.used
    use.kept = kv.kept
    use.free = kv.free
    use.shortages = this.shortages
    use.promptTokens = this.promptTokens
    use.hitTokens = this.hitTokens
    return use
  }

  get full(): boolean {
    return this.taken >= this.#plan.maxSequences
  }

  /** The sequence that would lose its slot first; -1 for none. */
  get victim(): number {
    return this.#victims.next()
  }

  /** The preempted or waiting request that gets the next slot; -1 for none. */
  get next(): number {
    const waiting = this.closed ? -1 : this.#host.queue.next
    const preempted = this.#preempted.next()
    if (preempted < 0 || waiting < 0) return Math.max(preempted, waiting)
    const { levelOf } = this.#host
    return levelOf(waiting) < levelOf(preempted) ? waiting : preempted
  }

  isNextPreempted(request: number): boolean {
    return request === this.#preempted.next()
  }

  /** Whether a request may take the slot of the sequence that would lose it first. */
  outranks(request: number): boolean {
    if (!this.#plan.preemptsByPriority) return false
    return this.#host.levelOf(request) < this.#host.levelOf(this.victim)
  }

  /** Whether there are blocks for a request beside those that step number `step` takes. */
  fits(request: number, step: number): boolean {
    const { sequences } = this.#host
    const spare = this.taken > 0 ? this.#watermark + this.#withheld : 0
    // a sequence that decodes at once may need its next block in this step
    const further = sequences.toPrefill[request] === 0 ? 1 : 0
    const blocks = this.kv.blocksOf(this.tokensFor(request) + further)
    const room = this.kv.room - this.kv.needs(step) - spare
    if (blocks <= room || this.cache === null) return blocks <= room
    this.#find(request)
    // cached blocks that are not in use count as room
    return blocks - this.cache.hitsInUse <= room
  }

  /** Tokens that a request would have to prefill if it got a slot. */
  missing(request: number): number {
    const toPrefill = this.#host.sequences.toPrefill[request]!
    if (this.cache === null) return toPrefill
    this.#find(request)
    return toPrefill === 0 ? 0 : toPrefill - this.cache.hits * this.kv.blockTokens
  }

  /** Looks up the cached blocks of its prompt; at least one token is always computed. */
  #find(request: number): void {
    const { context, toPrefill } = this.#host.sequences
    this.cache!.find(request, context[request]! - (toPrefill[request] === 0 ? 0 : 1))
  }

  /** Tokens for which a sequence takes blocks with its slot. */
  tokensFor(request: number): number {
    return this.#host.sequences.context[request]! + this.#reserved(request)
  }

  give(now: Ms, request: number): void {
    const { sequences, queue } = this.#host
    const tokens = this.tokensFor(request)
    const missing = this.missing(request)
    const returns = this.isNextPreempted(request)
    if (returns) this.#preempted.take()
    else {
      queue.shift(now, 0)
      sequences.number[request] = this.#host.admitted(now, this.#executor, request)
    }
    this.#takeBlocks(request, this.kv.blocksOf(tokens))
    if (!returns && missing > 0) {
      this.promptTokens += sequences.toPrefill[request]!
      this.hitTokens += sequences.toPrefill[request]! - missing
    }
    sequences.toPrefill[request] = missing
    this.tokens += tokens
    this.taken++
    this.#victims.push(request)
    this.#host.observer.slotTaken?.(this.#executor, request, missing)
  }

  /** Blocks of a request that has just been looked up. */
  #takeBlocks(request: number, blocks: number): void {
    if (this.cache === null) {
      this.kv.take(blocks)
      return
    }
    this.cache.take(request)
    this.cache.evictUntilFree(blocks - this.cache.hits + this.#withheld)
    this.kv.take(blocks - this.cache.hits)
  }

  /** So many decoding sequences take the blocks of `steps` steps from number `step` on. */
  grow(step: number, steps: number, decodes: number): void {
    const blocks = this.kv.growth(step, steps)
    this.cache?.evictUntilFree(blocks)
    this.kv.take(blocks)
    this.tokens += steps * decodes
  }

  /** A sequence gives up its slot and the blocks of its tokens. */
  leave(request: number, tokens: number): void {
    const knownBlocks = this.cache?.leave(request) ?? 0
    this.kv.release(this.kv.blocksOf(tokens) - knownBlocks)
    if (this.#withheld > 0) this.cache?.evictUntilFree(this.#withheld)
    this.tokens -= tokens
    this.#victims.remove(request)
    this.taken--
    this.#host.observer.slotLeft?.(this.#executor, request)
  }

  /** Takes out any sequence that has a slot, or has lost it; -1 for none. Its blocks stay taken. */
  takeAny(): number {
    const from = this.#victims.next() >= 0 ? this.#victims : this.#preempted
    return from.next() >= 0 ? from.take() : -1
  }

  /**
   * Sets how many blocks admission and cached prompts may fill. The rest is for the growth of
   * running sequences, and for one that would run alone.
   */
  limitBlocks(budget: number): void {
    this.#withheld = this.#plan.kv.blocks - budget
    this.cache?.evictUntilFree(this.#withheld)
  }

  /** Takes over the counts and the budget of an engine that was lost. */
  countOn(before: SequenceSlots): void {
    this.promptTokens = before.promptTokens
    this.hitTokens = before.hitTokens
    this.shortages = before.shortages
    this.#withheld = before.#withheld
  }

  /** A preempted sequence waits for a slot. */
  requeue(request: number): void {
    this.#preempted.push(request)
  }
}

import { KeyedHeap } from '../../kernel/index.ts'
import type { Ms, StepRun } from '../ports.ts'
import type { EngineHost } from './engine-host.ts'
import type { KvLedger } from './kv-ledger.ts'
import { TokenGaps } from './token-gaps.ts'

/**
 * The sequences of an engine that decode, a token each with every step: what they have in the KV
 * cache, and after which step each is done.
 */
export class Decoding {
  /** number of steps so far */
  step = 0
  /** sequences */
  count = 0
  /** tokens that they have in the KV cache */
  context = 0
  readonly #host: EngineHost
  /** null where blocks are taken beforehand */
  readonly #kv: KvLedger | null
  /** by the step after which they are done */
  readonly #finish: KeyedHeap
  readonly #gaps: TokenGaps
  /** those that have tokens to come, the longest context first; null where nothing asks for it */
  readonly #longest: KeyedHeap | null
  /** the longest context of those that wait for others */
  #waiting = 0

  constructor(executor: number, kv: KvLedger | null, host: EngineHost, padsContexts = false) {
    this.#host = host
    // all grow by a token with each step, so their order stays
    const { sequences } = host
    this.#longest = padsContexts
      ? new KeyedHeap((request) => sequences.joined[request]! - sequences.context[request]!)
      : null
    this.#kv = kv
    this.#finish = new KeyedHeap((request) => host.sequences.finish[request]!)
    this.#gaps = new TokenGaps(executor, host)
  }

  /** Steps until a sequence is done or the blocks run out. */
  get stepsAhead(): number {
    const next = this.#host.sequences.finish[this.#finish.next()]! - this.step
    return this.#kv === null ? next : this.#kv.affords(this.step, next)
  }

  /** The most tokens of one of them; 0 where nothing asks for it. */
  get longest(): number {
    const request = this.#longest?.next() ?? -1
    const context = request < 0 ? 0 : this.#host.sequences.contextAt(request, this.step)
    return Math.max(context, this.#waiting)
  }

  /** Sequences that still have tokens to come. */
  get generating(): number {
    return this.#finish.size
  }

  /** Whether a sequence still has tokens to come. */
  get hasNext(): boolean {
    return this.#finish.next() >= 0
  }

  join(request: number): void {
    const { sequences, requests } = this.#host
    const left = requests.outputTokens[request]! - sequences.generated[request]!
    sequences.joined[request] = this.step
    sequences.finish[request] = this.step + left
    this.count++
    this.context += sequences.context[request]!
    this.#finish.push(request)
    this.#longest?.push(request)
    this.#gaps.join(request)
    this.#kv?.join(sequences.context[request]!, this.step)
  }

  /** Takes the steps of a run, the first and the last of which took so long. */
  advance(now: Ms, run: StepRun, firstMs: Ms, lastMs: Ms): void {
    this.#gaps.tokens(now, run, firstMs, lastMs)
    this.step += run.steps
    this.context += run.steps * this.count
  }

  /** The next one whose tokens have all come; -1 for none. Its context stays until it leaves. */
  takeDone(): number {
    const request = this.#finish.next()
    if (request < 0 || this.#host.sequences.finish[request]! > this.step) return -1
    this.#finish.take()
    this.#gaps.remove(request, this.#isFresh(request))
    return request
  }

  /** One that is done waits for others, and its last token is computed again with each step. */
  wait(request: number): void {
    if (this.#longest === null) return
    this.#longest.remove(request)
    const context = this.#host.sequences.contextAt(request, this.step) - 1
    this.#waiting = Math.max(this.#waiting, context)
  }

  /** A sequence leaves; returns the tokens that it had in the KV cache. */
  leave(request: number): number {
    const context = this.#host.sequences.contextAt(request, this.step)
    this.count--
    this.context -= context
    if (this.#longest?.has(request)) this.#longest.remove(request)
    if (this.count === 0) this.#waiting = 0
    this.#kv?.leave(context, this.step)
    return context
  }

  /** A sequence leaves before all its tokens have come. */
  interrupt(request: number): number {
    const { sequences } = this.#host
    this.#finish.remove(request)
    sequences.tokenAt[request] = this.#gaps.remove(request, this.#isFresh(request))
    sequences.generated[request]! += this.step - sequences.joined[request]!
    return this.leave(request)
  }

  /** One that does not decode had a token, the first since `before`. */
  token(now: Ms, request: number, before: Ms): void {
    this.#gaps.token(now, request, before)
  }

  /** Whether it has not been in a step yet. */
  #isFresh(request: number): boolean {
    return this.#host.sequences.joined[request] === this.step
  }
}

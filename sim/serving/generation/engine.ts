import { KeyedHeap } from '../../kernel/index.ts'
import type { Ms, Observer, StepBackend, StepRun } from '../ports.ts'
import type { RequestQueue } from '../request-queue.ts'
import type { Requests } from '../requests.ts'
import { WaitingList } from '../waiting-list.ts'
import type { GenerationPlan } from './generation-plan.ts'
import { Places } from './places.ts'
import type { Sequences } from './sequences.ts'
import { TokenGaps } from './token-gaps.ts'

/** What an engine works with. */
export interface EngineHost {
  readonly requests: Requests
  readonly sequences: Sequences
  readonly queue: RequestQueue
  readonly backend: StepBackend
  readonly observer: Observer
  /** number of traffic classes */
  readonly classes: number
  /** of two the one of the lower level goes first; 0 where levels mean nothing */
  levelOf(request: number): number
  /** A request has left the queue for a place; returns its number in the order of admission. */
  admitted(now: Ms, executor: number, request: number): number
  /** All its tokens have come out, and it has left the engine. */
  finished(now: Ms, executor: number, request: number): void
  /** Takes a sequence on once its prompt is prefilled; null: it decodes here. */
  readonly handOver: ((now: Ms, request: number) => void) | null
}

/**
 * A replica that generates: which sequences take part in its next step, and how many steps there
 * are until anything has to be decided. It decides at the boundaries of steps alone.
 */
export class Engine {
  readonly run: StepRun
  busy = false
  readonly #plan: GenerationPlan
  readonly #host: EngineHost
  readonly #places: Places
  /** number of decode steps so far */
  #step = 0
  /** sequences that decode, and the tokens that they have in the KV cache */
  #decoding = 0
  #context = 0
  /** those whose prompts are not prefilled yet, in order of admission */
  readonly #prefilling = new WaitingList()
  /** those whose prefill ends with this step */
  readonly #completing: number[] = []
  /** of static batches: those who are done but wait for the longest */
  readonly #done: number[] = []
  /** those who decode, by the step after which they are done */
  readonly #finish: KeyedHeap
  readonly #gaps: TokenGaps

  constructor(executor: number, plan: GenerationPlan, host: EngineHost) {
    const { sequences } = host
    this.#plan = plan
    this.#host = host
    this.#places = new Places(executor, plan, host)
    this.#finish = new KeyedHeap((request) => sequences.finish[request]!)
    this.#gaps = new TokenGaps(host.classes, executor, host)
    this.run = {
      executor,
      steps: 0,
      decodes: 0,
      prefills: 0,
      prefillTokens: 0,
      context: 0,
      blocks: 0,
      extraMs: 0,
      started: 0,
    }
  }

  /** Whether a request could ever be held here, alone. */
  holds(request: number): boolean {
    const { length, output } = this.#host.requests
    const grows = this.#host.handOver === null ? output[request]! - 1 : 0
    return this.#places.kv.blocksOf(length[request]! + grows) <= this.#places.kv.total
  }

  /** Whether a request that waits would be taken at the next boundary. */
  takes(request: number): boolean {
    if (this.#plan.policy === 'static' || this.#places.next !== request) return false
    if (this.#places.full) return this.#places.outranks(request)
    return this.#places.fits(request, this.#step)
  }

  /** Begins the next run, and says whether there was anything to do. */
  schedule(now: Ms): boolean {
    const { run } = this
    const { first, chunked, tokenBudget } = this.#plan
    run.prefills = 0
    run.prefillTokens = 0
    run.extraMs = 0
    const short = this.#secureBlocks()
    if (!short) this.#makePlace()
    const own = first === 'decode' ? tokenBudget - this.#decoding : tokenBudget
    let left = this.#prefillOn(own)
    if (!short) left = this.#admit(now, left)
    const beside = first === 'decode' || (chunked && this.#decoding <= left)
    run.decodes = run.prefills === 0 || beside ? this.#decoding : 0
    run.context = run.decodes > 0 ? this.#context : 0
    if (run.decodes + run.prefills === 0) return false
    run.steps = run.prefills > 0 || run.extraMs > 0 ? 1 : this.#stepsAhead()
    run.started = now
    this.busy = true
    this.#host.backend.run(run)
    return true
  }

  /** The run ended after so many steps, the first and the last of which took so long. */
  stepped(now: Ms, steps: number, firstMs: Ms, lastMs: Ms): void {
    const { run } = this
    this.busy = false
    run.steps = steps
    if (run.decodes > 0 && this.#plan.policy === 'continuous')
      this.#places.kv.grow(this.#step, steps)
    run.blocks = this.#places.kv.used
    this.#host.observer.stepped?.(now, run)
    if (run.decodes > 0) {
      this.#gaps.tokens(now, run, firstMs, lastMs)
      this.#step += steps
      this.#context += steps * this.#decoding
      this.#finishDecoding(now)
    }
    for (const request of this.#completing) this.#prefilled(now, request)
    this.#completing.length = 0
    if (this.#plan.policy === 'static') this.#finishDecoding(now)
  }

  /** Steps until a sequence is done or the blocks run out. */
  #stepsAhead(): number {
    const next = this.#host.sequences.finish[this.#finish.next()]! - this.#step
    return this.#plan.policy === 'static' ? next : this.#places.kv.affords(this.#step, next)
  }

  /** Throws out sequences until the next step has its blocks; true where it had to. */
  #secureBlocks(): boolean {
    if (this.#plan.policy === 'static') return false
    let short = false
    while (this.#places.kv.needs(this.#step) > this.#places.kv.free) {
      this.#preempt(this.#places.victim)
      short = true
    }
    return short
  }

  #makePlace(): void {
    const { next } = this.#host.queue
    if (!this.#places.full || next < 0) return
    if (this.#places.outranks(next)) this.#preempt(this.#places.victim)
  }

  /** Goes on with prompts, in order of admission; returns what is left of the budget. */
  #prefillOn(budget: number): number {
    const { toPrefill } = this.#host.sequences
    let left = budget
    while (left > 0) {
      const request = this.#prefilling.oldest
      if (request < 0) break
      const chunk = Math.min(toPrefill[request]!, left)
      left -= chunk
      toPrefill[request]! -= chunk
      this.run.prefills++
      this.run.prefillTokens += chunk
      if (toPrefill[request]! > 0) break
      this.#prefilling.remove(request)
      this.#completing.push(request)
    }
    return left
  }

  #admit(now: Ms, budget: number): number {
    const { policy, chunked, first } = this.#plan
    if (policy === 'static') return this.#admitBatch(now)
    const { sequences } = this.#host
    let left = budget
    while (left > 0 && !this.#places.full) {
      const request = this.#places.next
      if (request < 0 || !this.#places.fits(request, this.#step)) break
      const tokens = sequences.toPrefill[request]!
      if (!chunked && tokens > left && !this.#mayExceed()) break
      const returns = this.#places.isBack(request)
      this.#places.give(now, request)
      if (tokens === 0) {
        if (returns) this.run.extraMs += this.#swapMs(sequences.context[request]!)
        this.#decode(request)
        if (first === 'decode') left--
      } else {
        this.#prefilling.push(request)
        left = this.#prefillOn(chunked ? left : Math.max(left, tokens))
      }
    }
    return left
  }

  /** A whole batch, padded to its longest prompt, once the last one has ended. */
  #admitBatch(now: Ms): number {
    const { queue, sequences } = this.#host
    if (this.#places.taken > 0) return 0
    let longest = 0
    while (!this.#places.full) {
      const request = queue.next
      if (request < 0 || !this.#places.fits(request, this.#step)) break
      longest = Math.max(longest, sequences.toPrefill[request]!)
      this.#places.give(now, request)
      this.#completing.push(request)
    }
    this.run.prefills = this.#places.taken
    this.run.prefillTokens = this.#places.taken * longest
    return 0
  }

  /** A prompt that is longer than the budget goes where nothing else does. */
  #mayExceed(): boolean {
    return this.run.prefills === 0 && (this.#plan.first === 'prefill' || this.#decoding === 0)
  }

  /** From here on a sequence gets a token with each step. */
  #decode(request: number): void {
    const { sequences, requests } = this.#host
    const left = requests.output[request]! - sequences.generated[request]!
    sequences.joined[request] = this.#step
    sequences.finish[request] = this.#step + left
    this.#decoding++
    this.#context += sequences.context[request]!
    this.#finish.push(request)
    this.#gaps.join(request)
    if (this.#plan.policy === 'continuous')
      this.#places.kv.join(sequences.context[request]!, this.#step)
  }

  /** It decodes no longer; returns the tokens that it has in the KV cache. */
  #stop(request: number): number {
    const context = this.#host.sequences.contextAt(request, this.#step)
    this.#decoding--
    this.#context -= context
    if (this.#plan.policy === 'continuous') this.#places.kv.leave(context, this.#step)
    return context
  }

  #prefilled(now: Ms, request: number): void {
    const { sequences, requests, handOver } = this.#host
    sequences.toPrefill[request] = 0
    const before = sequences.tokenAt[request]!
    sequences.tokenCameAt(request, now)
    const generated = sequences.generated[request]!
    if (generated === 1) requests.firstToken[request] = now
    else this.#gaps.token(now, request, before)
    if (generated < requests.output[request]! || this.#plan.policy === 'static') {
      if (handOver === null) {
        this.#decode(request)
        return
      }
      this.#places.leave(request, this.#places.blocksFor(request))
      handOver(now, request)
      return
    }
    this.#places.leave(request, this.#places.blocksFor(request))
    this.#host.finished(now, this.run.executor, request)
  }

  #finishDecoding(now: Ms): void {
    const { sequences } = this.#host
    for (;;) {
      const request = this.#finish.next()
      if (request < 0 || sequences.finish[request]! > this.#step) break
      this.#finish.take()
      if (sequences.joined[request] === this.#step) this.#gaps.remove(request, true)
      else this.#gaps.leave(request)
      if (this.#plan.policy === 'continuous') this.#end(now, request)
      else this.#done.push(request)
    }
    if (this.#done.length === 0 || this.#finish.next() >= 0) return
    for (const request of this.#done) this.#end(now, request)
    this.#done.length = 0
  }

  #end(now: Ms, request: number): void {
    const context = this.#stop(request)
    const isStatic = this.#plan.policy === 'static'
    this.#places.leave(
      request,
      isStatic ? this.#places.blocksFor(request) : this.#places.kv.blocksOf(context),
    )
    this.#host.finished(now, this.run.executor, request)
  }

  #preempt(request: number): void {
    const { sequences, requests } = this.#host
    requests.preemptions[request]!++
    if (sequences.toPrefill[request]! > 0) {
      this.#prefilling.remove(request)
      this.#places.leave(request, this.#places.blocksFor(request))
      sequences.toPrefill[request] = sequences.context[request]!
    } else {
      this.#finish.remove(request)
      sequences.tokenAt[request] = this.#gaps.remove(
        request,
        sequences.joined[request] === this.#step,
      )
      sequences.generated[request]! += this.#step - sequences.joined[request]!
      const context = this.#stop(request)
      this.#places.leave(request, this.#places.kv.blocksOf(context))
      this.run.extraMs += this.#swapMs(context)
      const swaps = this.#plan.swapMsPerToken !== null
      // who computes anew also computes the token that came out last
      sequences.context[request] = swaps ? context : context + 1
      sequences.toPrefill[request] = swaps ? 0 : context + 1
    }
    this.#places.owe(request)
  }

  /** Time that tokens take to or from the host's memory. */
  #swapMs(tokens: number): Ms {
    return tokens * (this.#plan.swapMsPerToken ?? 0)
  }
}

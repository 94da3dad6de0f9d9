import type { Ms, StepRun } from '../ports.ts'
import { WaitingList } from '../queue/waiting-list.ts'
import { Decoding } from './decoding.ts'
import type { EngineHost } from './engine-host.ts'
import type { GenerationPlan } from './generation-plan.ts'
import { SequenceSlots } from './sequence-slots.ts'

/**
 * A replica that generates: which sequences take part in its next step, and how many steps there
 * are until anything has to be decided. It decides at the boundaries of steps alone.
 */
export class Engine {
  readonly run: StepRun
  busy = false
  readonly #plan: GenerationPlan
  readonly #host: EngineHost
  readonly #places: SequenceSlots
  readonly #decoding: Decoding
  /** those whose prompts are not prefilled yet, in order of admission */
  readonly #prefilling = new WaitingList()
  /** those whose prefill ends with this step */
  readonly #completing: number[] = []
  /** of static batches: those who are done but wait for the longest */
  readonly #done: number[] = []
  constructor(executor: number, plan: GenerationPlan, host: EngineHost) {
    this.#plan = plan
    this.#host = host
    this.#places = new SequenceSlots(executor, plan, host)
    const beforehand = plan.policy === 'static' || plan.kv.contiguous
    const ledger = beforehand ? null : this.#places.kv
    this.#decoding = new Decoding(executor, ledger, host)
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
    const { blocks, contiguous } = this.#plan.kv
    const most = contiguous ? Math.min(1, blocks) : blocks
    return this.#places.kv.blocksOf(length[request]! + grows) <= most
  }

  /** Whether somebody would get a place at the next boundary. */
  get decides(): boolean {
    const { next } = this.#places
    if (this.#plan.policy === 'static' || next < 0) return false
    if (this.#places.full) return this.#places.outranks(next)
    return this.#places.fits(next, this.#decoding.step)
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
    const own = first === 'decode' ? tokenBudget - this.#decoding.count : tokenBudget
    let left = this.#prefillOn(own)
    if (!short) left = this.#admit(now, left)
    const beside = first === 'decode' || (chunked && this.#decoding.count <= left)
    run.decodes = run.prefills === 0 || beside ? this.#decoding.count : 0
    run.context = run.decodes > 0 ? this.#decoding.context : 0
    this.#host.observer.kv?.(now, this.#places.use)
    if (run.decodes + run.prefills === 0) return false
    const single = this.decides || run.prefills > 0 || run.extraMs > 0
    run.steps = single ? 1 : this.#decoding.stepsAhead
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
    const grows = run.decodes > 0 && this.#plan.policy === 'continuous'
    if (grows) this.#places.grow(this.#decoding.step, steps, run.decodes)
    run.blocks = this.#places.kv.used
    this.#host.observer.stepped?.(now, run)
    this.#host.observer.kv?.(now, this.#places.use)
    if (run.decodes > 0) {
      this.#decoding.advance(now, run, firstMs, lastMs)
      this.#finishDecoding(now)
    }
    for (const request of this.#completing) this.#prefilled(now, request)
    this.#completing.length = 0
    if (this.#plan.policy === 'static') this.#finishDecoding(now)
  }

  /** Throws out sequences until the next step has its blocks; true where it had to. */
  #secureBlocks(): boolean {
    if (this.#plan.policy === 'static') return false
    let short = false
    while (this.#places.kv.needs(this.#decoding.step) > this.#places.kv.room) {
      this.#preempt(this.#places.victim)
      this.#places.shortages++
      short = true
    }
    return short
  }

  #makePlace(): void {
    const { next } = this.#places
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
      if (request < 0 || !this.#places.fits(request, this.#decoding.step)) break
      const tokens = this.#places.missing(request)
      if (!chunked && tokens > left && !this.#mayExceed()) break
      const returns = this.#places.isBack(request)
      this.#places.give(now, request)
      if (tokens === 0) {
        if (returns) this.run.extraMs += this.#swapMs(sequences.context[request]!)
        this.#places.cache?.computed(request, sequences.context[request]!)
        this.#decoding.join(request)
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
      if (request < 0 || !this.#places.fits(request, this.#decoding.step)) break
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
    return this.run.prefills === 0 && (this.#plan.first === 'prefill' || this.#decoding.count === 0)
  }

  #prefilled(now: Ms, request: number): void {
    const { sequences, requests, handOver } = this.#host
    sequences.toPrefill[request] = 0
    this.#places.cache?.computed(request, sequences.context[request]!)
    const before = sequences.tokenAt[request]!
    sequences.tokenCameAt(request, now)
    const generated = sequences.generated[request]!
    if (generated === 1) requests.firstToken[request] = now
    else this.#decoding.token(now, request, before)
    if (generated < requests.output[request]! || this.#plan.policy === 'static') {
      if (handOver === null) {
        this.#decoding.join(request)
        return
      }
      this.#places.leave(request, sequences.context[request]!)
      handOver(now, request)
      return
    }
    this.#places.leave(request, sequences.context[request]!)
    this.#host.finished(now, this.run.executor, request)
  }

  #finishDecoding(now: Ms): void {
    for (;;) {
      const request = this.#decoding.takeDone()
      if (request < 0) break
      if (this.#plan.policy === 'continuous') this.#end(now, request)
      else this.#done.push(request)
    }
    if (this.#done.length === 0 || this.#decoding.goesOn) return
    for (const request of this.#done) this.#end(now, request)
    this.#done.length = 0
  }

  #end(now: Ms, request: number): void {
    const context = this.#decoding.leave(request)
    const isStatic = this.#plan.policy === 'static'
    this.#places.cache?.computed(request, context)
    this.#places.leave(request, isStatic ? this.#places.tokensFor(request) : context)
    this.#host.finished(now, this.run.executor, request)
  }

  #preempt(request: number): void {
    const { sequences, requests } = this.#host
    requests.preemptions[request]!++
    if (sequences.toPrefill[request]! > 0) {
      this.#prefilling.remove(request)
      this.#places.leave(request, sequences.context[request]!)
      sequences.toPrefill[request] = sequences.context[request]!
    } else {
      const context = this.#decoding.interrupt(request)
      this.#places.leave(request, context)
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

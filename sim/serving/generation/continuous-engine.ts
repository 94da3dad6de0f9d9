import type { Ms } from '../ports.ts'
import { WaitingList } from '../queue/waiting-list.ts'
import { Engine } from './engine.ts'
import type { EngineHost } from './engine-host.ts'
import type { GenerationPlan } from './generation-plan.ts'
import { SequenceSlots } from './sequence-slots.ts'

/** Generates continuously: sequences join and leave at any step. */
export class ContinuousEngine extends Engine {
  /** sequences whose prompts are not prefilled yet, in the order of admission */
  readonly #prefilling = new WaitingList()

  constructor(executor: number, plan: GenerationPlan, host: EngineHost) {
    const slots = new SequenceSlots(executor, plan, host, () => 0)
    super(executor, plan, host, { slots, growing: plan.kv.contiguous ? null : slots.kv })
  }

  get decides(): boolean {
    const { slots } = this
    const { next } = slots
    if (next < 0) return false
    return slots.full ? slots.outranks(next) : slots.fits(next, this.decoding.step)
  }

  get lacksBlocks(): boolean {
    const { slots } = this
    return slots.next >= 0 && !slots.full
  }

  protected override compose(now: Ms): boolean {
    const { run, decoding } = this
    const { first, chunked, tokenBudget } = this.plan
    const short = this.#secureBlocks()
    if (!short) this.#freeSlot()
    let left = this.#prefillOn(first === 'decode' ? tokenBudget - decoding.count : tokenBudget)
    if (short) run.waitsForBlocks = true
    else left = this.#admit(now, left)
    return run.prefills === 0 || first === 'decode' || (chunked && decoding.count <= left)
  }

  protected override grow(): void {
    this.slots.grow(this.decoding.step, this.run.steps, this.run.decodes)
  }

  protected override prefilled(now: Ms, request: number): void {
    this.tokenOfPrefill(now, request)
    const { sequences, requests, handOver, finished } = this.host
    const goesOn = sequences.generated[request]! < requests.outputTokens[request]!
    if (goesOn && handOver === null) {
      this.decoding.join(request)
      return
    }
    this.slots.leave(request, sequences.context[request]!)
    if (goesOn) handOver!(now, request)
    else finished(now, this.run.executor, request)
  }

  protected override finishDecoding(now: Ms): void {
    for (;;) {
      const request = this.decoding.takeDone()
      if (request < 0) return
      const context = this.decoding.leave(request)
      this.slots.cache?.computed(request, context)
      this.slots.leave(request, context)
      this.host.finished(now, this.run.executor, request)
    }
  }

  /** Preempts sequences until there are blocks for the next step; true where it had to. */
  #secureBlocks(): boolean {
    let short = false
    while (this.slots.kv.needs(this.decoding.step) > this.slots.kv.room) {
      this.#preempt(this.slots.victim)
      this.slots.shortages++
      short = true
    }
    return short
  }

  /** Preempts a sequence if a waiting request outranks it. */
  #freeSlot(): void {
    const { next } = this.slots
    if (!this.slots.full || next < 0) return
    if (this.slots.outranks(next)) this.#preempt(this.slots.victim)
  }

  /** Goes on with prompts, in the order of admission; returns what is left of the budget. */
  #prefillOn(budget: number): number {
    const { toPrefill, context } = this.host.sequences
    let left = budget
    while (left > 0) {
      const request = this.#prefilling.oldest
      if (request < 0) break
      const chunk = Math.min(toPrefill[request]!, left)
      left -= chunk
      this.run.promptPast += context[request]! - toPrefill[request]!
      toPrefill[request]! -= chunk
      this.host.observer.prompted?.(this.run.executor, request, chunk, toPrefill[request]!)
      this.run.prefills++
      this.run.prefillTokens += chunk
      this.run.promptTokens += chunk
      if (toPrefill[request]! > 0) break
      this.#prefilling.remove(request)
      this.completing.push(request)
    }
    return left
  }

  /** Gives out slots; returns what is left of the budget. */
  #admit(now: Ms, budget: number): number {
    const { slots, decoding, run } = this
    const { chunked, first } = this.plan
    const { sequences } = this.host
    let left = budget
    while (left > 0 && !slots.full) {
      const request = slots.next
      if (request < 0) break
      if (!slots.fits(request, decoding.step)) {
        run.waitsForBlocks = true
        break
      }
      const tokens = slots.missing(request)
      if (!chunked && tokens > left && !this.#mayExceed()) break
      const returns = slots.isNextPreempted(request)
      slots.give(now, request)
      if (tokens === 0) {
        if (returns) run.extraMs += this.#swapMs(sequences.context[request]!)
        slots.cache?.computed(request, sequences.context[request]!)
        decoding.join(request)
        if (first === 'decode') left--
      } else {
        this.#prefilling.push(request)
        left = this.#prefillOn(chunked ? left : Math.max(left, tokens))
      }
    }
    return left
  }

  /** A prompt that is longer than the budget is prefilled only where nothing else is. */
  #mayExceed(): boolean {
    return this.run.prefills === 0 && (this.plan.first === 'prefill' || this.decoding.count === 0)
  }

  #preempt(request: number): void {
    const { sequences, requests } = this.host
    requests.preemptions[request]!++
    if (sequences.toPrefill[request]! > 0) {
      this.#prefilling.remove(request)
      this.slots.leave(request, sequences.context[request]!)
      sequences.toPrefill[request] = sequences.context[request]!
    } else {
      const context = this.decoding.interrupt(request)
      this.slots.leave(request, context)
      this.run.extraMs += this.#swapMs(context)
      const swaps = this.plan.swapMsPerToken !== null
      // without a swap the token that came out last is computed anew, too
      sequences.context[request] = swaps ? context : context + 1
      sequences.toPrefill[request] = swaps ? 0 : context + 1
    }
    this.slots.requeue(request)
  }

  /** Time that tokens take to or from the host's memory. */
  #swapMs(tokens: number): Ms {
    return tokens * (this.plan.swapMsPerToken ?? 0)
  }
}

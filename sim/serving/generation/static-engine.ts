import type { Ms } from '../ports.ts'
import { Engine } from './engine.ts'
import type { EngineHost } from './engine-host.ts'
import type { GenerationPlan } from './generation-plan.ts'
import { SequenceSlots } from './sequence-slots.ts'

/** Generates in batches: the next one begins when the longest answer of the last one has ended. */
export class StaticEngine extends Engine {
  readonly decides = false
  readonly lacksBlocks = false
  /** sequences whose tokens have all come out, and that wait for the longest answer */
  readonly #done: number[] = []

  constructor(executor: number, plan: GenerationPlan, host: EngineHost) {
    // no sequence leaves early, so it takes the blocks of its answer with its slot
    const reserved = (request: number) => host.requests.outputTokens[request]! - 1
    super(executor, plan, host, {
      slots: new SequenceSlots(executor, plan, host, reserved),
      growing: null,
    })
  }

  override stepped(now: Ms, steps: number, firstMs: Ms, lastMs: Ms): void {
    super.stepped(now, steps, firstMs, lastMs)
    // answers of one token end with the prefill
    this.finishDecoding(now)
  }

  /** A whole batch, padded to its longest prompt, once the last one has ended. */
  protected override compose(now: Ms): boolean {
    const { slots, run } = this
    const { sequences } = this.host
    if (slots.taken > 0) return true
    let longest = 0
    while (!slots.full) {
      const request = slots.next
      if (request < 0 || !slots.fits(request, this.decoding.step)) break
      longest = Math.max(longest, sequences.toPrefill[request]!)
      slots.give(now, request)
      const tokens = sequences.toPrefill[request]!
      run.promptTokens += tokens
      this.host.observer.prompted?.(run.executor, request, tokens, 0)
      this.completing.push(request)
    }
    run.prefills = slots.taken
    run.prefillTokens = slots.taken * longest
    return run.prefills === 0
  }

  protected override grow(): void {}

  protected override prefilled(now: Ms, request: number): void {
    this.tokenOfPrefill(now, request)
    this.decoding.join(request)
  }

  protected override finishDecoding(now: Ms): void {
    for (;;) {
      const request = this.decoding.takeDone()
      if (request < 0) break
      this.decoding.wait(request)
      this.#done.push(request)
    }
    if (this.decoding.hasNext) return
    for (const request of this.#done) {
      const context = this.decoding.leave(request)
      this.slots.cache?.computed(request, context)
      this.slots.leave(request, this.slots.tokensFor(request))
      this.host.finished(now, this.run.executor, request)
    }
    this.#done.length = 0
  }
}

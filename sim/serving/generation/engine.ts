import type { Ms, StepRun } from '../ports.ts'
import { Decoding } from './decoding.ts'
import type { EngineHost } from './engine-host.ts'
import type { GenerationPlan } from './generation-plan.ts'
import type { KvLedger } from './kv-ledger.ts'
import { couldHoldTokens } from './kv-plan.ts'
import type { SequenceSlots } from './sequence-slots.ts'

/**
 * A replica that generates: which sequences take part in its next step, and how many steps there
 * are until anything has to be decided. It decides only at the boundaries of steps.
 */
export abstract class Engine {
  readonly run: StepRun
  busy = false
  /** Whether a sequence would get a slot at the next boundary. */
  abstract readonly decides: boolean
  /** Whether a request waits for blocks alone, of an engine that does not decide. */
  abstract readonly lacksBlocks: boolean
  protected readonly plan: GenerationPlan
  protected readonly host: EngineHost
  readonly slots: SequenceSlots
  protected readonly decoding: Decoding
  /** sequences whose prefill ends with this step */
  protected readonly completing: number[] = []

  /** `growing`: the ledger from which decoding takes blocks; null where admission takes them. */
  constructor(
    executor: number,
    plan: GenerationPlan,
    host: EngineHost,
    { slots, growing }: { readonly slots: SequenceSlots; readonly growing: KvLedger | null },
  ) {
    this.plan = plan
    this.host = host
    this.slots = slots
    this.decoding = new Decoding(executor, growing, host, plan.padsContexts === true)
    this.run = {
      executor,
      steps: 0,
      decodes: 0,
      prefills: 0,
      prefillTokens: 0,
      promptTokens: 0,
      promptPast: 0,
      context: 0,
      longest: 0,
      blocks: 0,
      generating: 0,
      waitsForBlocks: false,
      extraMs: 0,
      started: 0,
      stepEnds: null,
    }
  }

  /** Whether a request could ever be held here, alone. */
  holds(request: number): boolean {
    const { inputTokens, outputTokens } = this.host.requests
    const grows = this.host.handOver === null ? outputTokens[request]! - 1 : 0
    return couldHoldTokens(this.plan.kv, inputTokens[request]! + grows)
  }

  /** Begins the next run; false where there is nothing to do. */
  schedule(now: Ms): boolean {
    const { run } = this
    run.prefills = 0
    run.prefillTokens = 0
    run.promptTokens = 0
    run.promptPast = 0
    run.extraMs = 0
    run.waitsForBlocks = false
    run.decodes = this.compose(now) ? this.decoding.count : 0
    run.generating = run.decodes > 0 ? this.decoding.generating : 0
    run.context = run.decodes > 0 ? this.decoding.context : 0
    run.longest = run.decodes > 0 ? this.decoding.longest : 0
    this.host.observer.kv?.(now, this.slots.use)
    if (run.decodes + run.prefills === 0) return false
    const single = this.decides || run.prefills > 0 || run.extraMs > 0
    run.steps = single ? 1 : this.decoding.stepsAhead
    run.started = now
    this.busy = true
    this.host.backend.run(run)
    return true
  }

  /** The run ended after so many steps; the first step and the last one took so long. */
  stepped(now: Ms, steps: number, firstMs: Ms, lastMs: Ms): void {
    const { run } = this
    this.busy = false
    run.steps = steps
    if (run.decodes > 0) this.grow()
    run.blocks = this.slots.kv.used
    this.host.observer.stepped?.(now, run)
    this.host.observer.kv?.(now, this.slots.use)
    if (run.decodes > 0) {
      this.decoding.advance(now, run, firstMs, lastMs)
      this.finishDecoding(now)
    }
    if (this.completing.length === 0) return
    for (const request of this.completing) this.prefilled(now, request)
    this.completing.length = 0
  }

  /** Chooses the prompts of the next run; returns whether sequences decode in it. */
  protected abstract compose(now: Ms): boolean

  /** Sequences that decode take the blocks of the run that has ended. */
  protected abstract grow(): void

  /** The prompt of a sequence has been prefilled. */
  protected abstract prefilled(now: Ms, request: number): void

  /** Sequences leave whose tokens have all come out. */
  protected abstract finishDecoding(now: Ms): void

  /** A token came out with the end of a prefill. */
  protected tokenOfPrefill(now: Ms, request: number): void {
    const { sequences, requests } = this.host
    sequences.toPrefill[request] = 0
    this.slots.cache?.computed(request, sequences.context[request]!)
    const before = sequences.tokenAt[request]!
    sequences.tokenCameAt(request, now)
    if (sequences.generated[request] === 1) requests.firstToken[request] = now
    else this.decoding.token(now, request, before)
  }
}

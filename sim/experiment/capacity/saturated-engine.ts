import {
  type Engine,
  type EngineHost,
  type GenerationPlan,
  type Ms,
  newEngine,
  type StepRun,
} from '../../serving/index.ts'
import type { StepLaw } from '../../world/index.ts'
import { type Backlog, EndlessQueue } from './endless-queue.ts'

/** What an engine did in some time, and how long that took. */
export interface EngineWorkDone {
  readonly ms: Ms
  /** part of it for prompts, and for reading contexts */
  readonly promptMs: Ms
  readonly contextMs: Ms
  /** tokens of sequences that decode, and of prompts without padding */
  readonly decoded: number
  readonly prompts: number
  /** tokens in the KV caches of sequences that decode, summed over steps */
  readonly contexts: number
  /** tokens of prompts that a prefix cache cannot hit, of requests that got a slot */
  readonly admitted: number
  /** requests that ended */
  readonly ended: number
}

type Counts = { -readonly [K in keyof EngineWorkDone]: EngineWorkDone[K] }

/** Durations of steps, without their scatter. */
export interface MeanSteps extends Pick<StepLaw, 'stepMs' | 'growthMs' | 'straightSteps'> {
  /** usual time around each run; default: none */
  readonly aroundMs?: Ms
}

/** Runs of steps that are measured: those of some thousand requests. */
const RUNS = 10_000

/**
 * What an engine does with a backlog that never ends, whatever the priorities of its requests are.
 * A continuous engine begins with sequences that have a part of their answers, as it has at any
 * time, and is measured once as many have ended as it began with.
 */
export function saturatedWork(
  plan: GenerationPlan,
  steps: MeanSteps,
  backlog: Backlog,
): EngineWorkDone {
  const engine = new SaturatedEngine(plan, steps, backlog)
  engine.warmUp()
  return engine.measured()
}

class SaturatedEngine {
  readonly #engine: Engine
  readonly #isStatic: boolean
  readonly #steps: MeanSteps
  readonly #queue: EndlessQueue
  #now: Ms = 0
  #counts = noWork()

  constructor(plan: GenerationPlan, steps: MeanSteps, backlog: Backlog) {
    const isStatic = plan.policy === 'static'
    const queue = new EndlessQueue(backlog, !isStatic && plan.handOver === null)
    const { requests, sequences } = queue
    const ended = (_now: Ms, request: number) => {
      this.#counts.ended++
      requests.release(request)
    }
    // in the order of other hosts, so that engines read objects of one shape
    const host: EngineHost = {
      requests,
      sequences,
      queue,
      backend: { run() {}, yieldAtStep() {} },
      observer: {},
      classes: backlog.classes,
      levelOf: () => 0,
      admitted: (_now, _executor, request) => {
        this.#counts.admitted += queue.missing[request]!
        return sequences.count++
      },
      finished: (now, _executor, request) => ended(now, request),
      handOver: plan.handOver && ended,
    }
    this.#isStatic = isStatic
    this.#steps = steps
    this.#queue = queue
    this.#engine = newEngine(0, plan, host)
  }

  /** Until as many requests have ended as the engine had at first. */
  warmUp(): void {
    this.#run()
    this.#queue.freshOnly()
    const most = this.#engine.slots.taken
    for (let runs = 1; this.#goesOn(runs) && this.#counts.ended < most; runs++) this.#run()
    this.#counts = noWork()
  }

  measured(): EngineWorkDone {
    for (let runs = 0; this.#goesOn(runs); runs++) this.#run()
    return this.#counts
  }

  /** Static batches are whole. */
  #goesOn(runs: number): boolean {
    return runs < RUNS || (this.#isStatic && this.#engine.slots.taken > 0)
  }

  #run(): void {
    const engine = this.#engine
    if (!engine.schedule(this.#now)) throw new Error('Expected an engine with a backlog to work')
    const { run } = engine
    const steps = Math.min(run.steps, this.#steps.straightSteps?.(run) ?? run.steps)
    const ms = this.#count(run, steps)
    this.#now += ms
    // nothing depends on when the tokens of a run came out
    engine.stepped(this.#now, steps, ms / steps, ms / steps)
  }

  /** Counts a run of so many steps; returns how long it takes. */
  #count(run: StepRun, steps: number): Ms {
    const { decodes, prefills, generating, context, longest, extraMs } = run
    const counts = this.#counts
    const firstMs = this.#steps.stepMs(run)
    const growthMs = decodes > 0 ? this.#steps.growthMs(run) : 0
    const aroundMs = extraMs + (this.#steps.aroundMs ?? 0)
    const ms = steps * firstMs + (growthMs * steps * (steps - 1)) / 2 + aroundMs
    counts.ms += ms
    if (decodes > 0) {
      const read = steps * context + (decodes * steps * (steps - 1)) / 2
      counts.decoded += steps * generating
      // sequences of a static batch that are done are read, too, but for nothing
      counts.contexts += (read * generating) / decodes
      counts.contextMs += (growthMs * read) / decodes
    }
    if (prefills > 0) {
      counts.prompts += run.promptTokens
      const without = { decodes, prefills: 0, prefillTokens: 0, context, longest }
      counts.promptMs += decodes > 0 ? firstMs - this.#steps.stepMs(without) : ms
    }
    return ms
  }
}

const noWork = (): Counts => ({
  ms: 0,
  promptMs: 0,
  contextMs: 0,
  decoded: 0,
  prompts: 0,
  contexts: 0,
  admitted: 0,
  ended: 0,
})

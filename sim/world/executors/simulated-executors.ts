import type { EventHeap } from '../../kernel/index.ts'
import {
  type Backend,
  type Batch,
  type ControlPlanePort,
  computedLength,
  type Ms,
  STATUS,
  type Status,
  type StepBackend,
  type StepRun,
} from '../../serving/index.ts'
import type { SharedCards } from '../cards/shared-cards.ts'
import { DONE, ENDED, LIFECYCLE, LOADED, RUN_DONE, STEP_ENDED, STEPPED } from '../event-kinds.ts'
import type { HeatWatch, Speed } from '../machine/speed.ts'
import { type StepLaw, StepRuns } from '../machine/step-runs.ts'
import { wakeCost } from '../machine/work.ts'
import type { ModelLoads } from '../memory/model-loads.ts'
import type { WorldMemory } from '../memory/world-memory.ts'
import type { Hardware, WorldParts, WorldStreams } from '../world-parts.ts'
import type { ExecutorLifecycle } from './executor-lifecycle.ts'
import { isSingle, type SingleStepLaw, SingleSteps } from './single-steps.ts'

/** Time after which a batch fails that is sent to an executor that is down, ms. */
const REFUSED_AFTER_MS = 1
/** In place of the sequence of an event: nothing is under way; the end of a batch still moves. */
const NONE = -1
const MOVING = -2

/**
 * The executors of a simulated world: their batches take work over speed, their loads and runs of
 * steps as long as they take, and all of them end as events in the heap of the world.
 */
export class SimulatedExecutors implements Backend, StepBackend {
  readonly #heap: EventHeap
  readonly #hardware: readonly Hardware[]
  readonly #speed: Speed
  readonly #random: WorldStreams
  /** null where memory is not simulated; below, where no model is swapped */
  readonly #memory: WorldMemory | null
  readonly #loads: ModelLoads | null
  /** null where no card is shared */
  readonly #cards: SharedCards | null
  /** null where every executor runs all the time */
  readonly #lifecycle: ExecutorLifecycle | null
  /** null where no accelerator becomes too warm */
  readonly #heat: HeatWatch | null
  /** the STATUS of the last batch of each executor; below, 1 if its last load got its memory */
  readonly #status: Uint8Array
  readonly #loaded: Uint8Array
  readonly #started: Float64Array
  readonly #ended: Float64Array
  readonly #runs: StepRuns
  /** runs whose steps are measured */
  readonly #singly = new SingleSteps()
  /** sequences of the events that end the batch, the run and the load of each executor */
  readonly #batchEnds: Float64Array
  readonly #runEnds: Float64Array
  readonly #loadEnds: Float64Array

  constructor(world: WorldParts, heap: EventHeap) {
    const count = world.hardware.length
    this.#heap = heap
    this.#hardware = world.hardware
    this.#speed = world.machine.speed
    this.#random = world.random
    this.#memory = world.memory ?? null
    this.#loads = world.loads ?? this.#memory
    this.#cards = world.cards ?? null
    this.#lifecycle = world.lifecycle ?? null
    this.#heat = (this.#lifecycle?.heat && world.heat) ?? null
    this.#heat?.watch((at) => heap.push(Math.max(at, heap.time), LIFECYCLE, 0))
    this.#status = new Uint8Array(count)
    this.#loaded = new Uint8Array(count)
    this.#started = new Float64Array(count)
    this.#ended = new Float64Array(count).fill(Number.NEGATIVE_INFINITY)
    this.#runs = new StepRuns(count, world.machine.steps, world.random.service)
    this.#batchEnds = new Float64Array(count).fill(NONE)
    this.#runEnds = this.#batchEnds.slice()
    this.#loadEnds = this.#batchEnds.slice()
  }

  get #now(): Ms {
    return this.#heap.time
  }

  start(batch: Batch): void {
    const { executor } = batch
    const now = this.#now
    const lifecycle = this.#lifecycle
    if (lifecycle !== null && !lifecycle.isUp(executor)) {
      this.#refuse(executor)
      return
    }
    const fits = this.#memory === null || this.#memory.start(now, batch)
    this.#status[executor] = fits ? STATUS.ok : STATUS.outOfMemory
    if (!fits) {
      this.#started[executor] = now
      this.#batchEnds[executor] = this.#heap.push(now, DONE, executor)
      return
    }
    const { work, wake, overheads } = this.#hardware[executor]!
    const gap = now - this.#ended[executor]!
    const started = this.#dispatch(executor, gap)
    let size = work.of(batch.size, computedLength(batch), this.#random.service)
    if (work.setUp !== undefined && gap > 0) size += work.setUp(this.#random.service)
    size += wakeCost(wake, gap)
    if (lifecycle !== null) {
      size *= lifecycle.factor(executor)
      if (lifecycle.fails(executor)) {
        this.#status[executor] = STATUS.died
        size = lifecycle.failingMs(executor, size)
      }
    }
    this.#started[executor] = started
    if (this.#cards?.begin(started, executor, batch.size, size)) {
      this.#batchEnds[executor] = MOVING
      return
    }
    const ended = this.#speed.finish(executor, started, size, batch.size)
    this.#ended[executor] = ended
    const kind = overheads === null ? DONE : ENDED
    this.#batchEnds[executor] = this.#heap.push(ended, kind, executor)
  }

  /** Work is sent to an executor that has been idle for `gap`; returns when it is begun. */
  #dispatch(executor: number, gap: Ms): Ms {
    const now = this.#now
    const { overheads } = this.#hardware[executor]!
    const dispatch = overheads?.dispatch(this.#random.overheads, now, gap) ?? 0
    return this.#speed.begin(executor, now + dispatch, gap)
  }

  /** The executor is down, which the control plane does not know yet. */
  #refuse(executor: number): void {
    const ended = this.#now + REFUSED_AFTER_MS
    this.#status[executor] = STATUS.died
    this.#started[executor] = this.#now
    this.#ended[executor] = ended
    this.#batchEnds[executor] = this.#heap.push(ended, DONE, executor)
  }

  /** Schedules the ends that have moved on shared cards. */
  settle(): void {
    this.#cards?.settle(this.#now, this)
  }

  /** The batch of an executor on a shared card ends at `at`, or (null) not as scheduled. */
  moveEnd(executor: number, at: Ms | null): void {
    this.#batchEnds[executor] = at === null ? MOVING : this.#heap.push(at, DONE, executor)
  }

  /** Accelerators may have become too warm, or have cooled: the lifecycle has it as an event. */
  lookAtHeat(): void {
    const lifecycle = this.#lifecycle!
    for (const { executor, stopped } of this.#heat?.look(this.#now) ?? []) {
      lifecycle.heatChanged(this.#now, executor, stopped)
      this.#heap.push(lifecycle.nextAt, LIFECYCLE, 0)
    }
  }

  /** What an executor runs is lost; the control plane sees that at once. */
  lose(executor: number): void {
    this.#loseMemory(executor)
    if (this.#batchEnds[executor] === NONE && this.#runEnds[executor] === NONE) return
    const onCard = this.#cards?.end(this.#now, executor) === true
    if (this.#batchEnds[executor] !== NONE && !onCard) {
      this.#speed.lost?.(executor, this.#now)
    }
    if (this.#runEnds[executor] !== NONE) this.#loseRun(executor)
    this.#status[executor] = STATUS.died
    this.#runEnds[executor] = NONE
    this.#ended[executor] = this.#now
    this.#batchEnds[executor] = this.#heap.push(this.#now, DONE, executor)
  }

  #loseRun(executor: number): void {
    if (this.#runsSingly(executor)) this.#speed.lost?.(executor, this.#now)
    else this.#runs.end(this.#now, executor)
  }

  #runsSingly(executor: number): boolean {
    const { steps } = this.#hardware[executor]!
    return steps != null && isSingle(steps)
  }

  #loseMemory(executor: number): void {
    if (this.#loads?.lose === undefined) return
    this.#loadEnds[executor] = NONE
    for (const { executor: loader, at } of this.#loads.lose(this.#now, executor)) {
      this.#loadEnds[loader] = this.#heap.push(at, LOADED, loader)
    }
  }

  launch(executor: number): void {
    this.#heap.push(this.#lifecycle!.launch(this.#now, executor), LIFECYCLE, executor)
  }

  stop(executor: number): void {
    this.#loseMemory(executor)
    const at = this.#lifecycle!.stopped(this.#now, executor)
    if (at < Number.POSITIVE_INFINITY) this.#heap.push(at, LIFECYCLE, executor)
  }

  load(executor: number): void {
    const now = this.#now
    // no answer comes until the control plane knows that it is down
    if (this.#lifecycle?.isUp(executor) === false) return
    const ends = this.#loads!.load(now, executor, this.#random.service)
    this.#loaded[executor] = ends === null ? 0 : 1
    // loads that share a link with this one are delayed by it
    for (const { executor: loader, at } of ends ?? [{ executor, at: now }]) {
      this.#loadEnds[loader] = this.#heap.push(at, LOADED, loader)
    }
  }

  unload(executor: number): void {
    this.#loads!.unload(this.#now, executor)
  }

  shrink(executor: number): void {
    this.#memory!.shrink(this.#now, executor)
  }

  run(run: StepRun): void {
    const { executor } = run
    const { steps } = this.#hardware[executor]!
    if (!steps) throw new Error(`Expected executor ${executor} to generate`)
    this.#started[executor] = this.#now
    if (this.#lifecycle?.isUp(executor) === false) {
      this.#refuse(executor)
      return
    }
    const factor = this.#lifecycle?.factor(executor) ?? 1
    const law = factor === 1 ? steps : slowed(steps, factor)
    if (isSingle(law)) {
      this.#runSingly(run, law)
      return
    }
    const ended = this.#runs.begin(this.#now, run, law)
    this.#runEnds[executor] = this.#heap.push(ended, STEPPED, executor)
  }

  /** Dispatches a run like a batch, of which its first step is the work. */
  #runSingly(run: StepRun, law: SingleStepLaw): void {
    const { executor, extraMs } = run
    const gap = this.#now - this.#ended[executor]!
    const started = this.#dispatch(executor, gap)
    const meanMs = this.#singly.begin(run, law, started)
    const wakeMs = wakeCost(this.#hardware[executor]!.wake, gap)
    this.#step(executor, started + extraMs, law.varied(meanMs, this.#random.service) + wakeMs)
  }

  /** A step of a run begins, which takes `work` at speed 1. */
  #step(executor: number, started: Ms, work: Ms): void {
    const size = this.#singly.sizeOf(executor)
    const ended = this.#speed.finish(executor, started, work, size)
    this.#runEnds[executor] = this.#heap.push(ended, STEP_ENDED, executor)
  }

  /** The next step begins, or the end of the run is reported. */
  #stepEnded(executor: number, due: Ms): void {
    const now = this.#now
    const meanMs = this.#singly.stepped(now, executor)
    if (meanMs !== null) {
      const { varied } = this.#singly.lawOf(executor)
      this.#step(executor, now, varied(meanMs, this.#random.service))
      return
    }
    this.#ended[executor] = now
    this.#runEnds[executor] = this.#heap.push(this.#seenAt(executor, due), RUN_DONE, executor)
  }

  #runDone(control: ControlPlanePort, executor: number): void {
    this.#runEnds[executor] = NONE
    const now = this.#now
    const { steps, firstMs, lastMs } = this.#singly.report(now, executor)
    control.onSteps(now, executor, steps, firstMs, lastMs)
  }

  yieldAtStep(executor: number): void {
    if (this.#runEnds[executor] === NONE) return
    if (this.#runsSingly(executor)) {
      this.#singly.yieldAtStep(executor)
      return
    }
    const ended = this.#runs.cut(this.#now, executor)
    if (ended === null) return
    this.#runEnds[executor] = this.#heap.push(ended, STEPPED, executor)
  }

  /**
   * Handles an event of an executor, if it is not out of date. `due`: when the dispatcher has its
   * next other event.
   */
  handle(control: ControlPlanePort, due: () => Ms): void {
    const { kind, slot, sequence } = this.#heap
    if (kind === DONE) {
      if (this.#batchEnds[slot] === sequence) this.#done(control, slot)
      return
    }
    if (this.endsOf(kind)![slot] !== sequence) return
    if (kind === ENDED) this.#report(slot, due())
    else if (kind === STEP_ENDED) this.#stepEnded(slot, due())
    else if (kind === RUN_DONE) this.#runDone(control, slot)
    else if (kind === STEPPED) this.#stepped(control, slot)
    else control.onLoaded(this.#now, slot, this.#loaded[slot] === 1)
  }

  /** By executor, the sequence of the event of a kind that is not out of date. */
  endsOf(kind: number): Float64Array | null {
    if (kind === DONE || kind === ENDED) return this.#batchEnds
    if (kind === STEPPED || kind === STEP_ENDED || kind === RUN_DONE) return this.#runEnds
    return kind === LOADED ? this.#loadEnds : null
  }

  #report(executor: number, due: Ms): void {
    this.#batchEnds[executor] = this.#heap.push(this.#seenAt(executor, due), DONE, executor)
  }

  /**
   * When the dispatcher sees the end of what has ended now: sooner when it is about to handle
   * another event.
   */
  #seenAt(executor: number, due: Ms): Ms {
    const ended = this.#now
    const { overheads } = this.#hardware[executor]!
    return ended + (overheads?.completion(this.#random.overheads, ended, due - ended) ?? 0)
  }

  #done(control: ControlPlanePort, executor: number): void {
    const now = this.#now
    this.#batchEnds[executor] = NONE
    this.#memory?.end(now, executor)
    if (this.#cards?.end(now, executor)) this.#ended[executor] = now
    const started = this.#started[executor]!
    const status = this.#status[executor]! as Status
    // a batch that found no memory ended when it began
    const ended = status === STATUS.outOfMemory ? started : this.#ended[executor]!
    control.onDone(now, executor, Math.min(started, ended), ended, status)
  }

  #stepped(control: ControlPlanePort, executor: number): void {
    const now = this.#now
    const runs = this.#runs
    this.#runEnds[executor] = NONE
    runs.end(now, executor)
    const firstMs = runs.firstMs(executor)
    control.onSteps(now, executor, runs.stepsOf(executor), firstMs, runs.lastMs(executor))
  }
}

/** Steps that take so many times as long. */
function slowed(law: StepLaw, factor: number): StepLaw {
  return {
    ...law,
    stepMs: (batch) => factor * law.stepMs(batch),
    growthMs: (batch) => factor * law.growthMs(batch),
  }
}

import { expect } from 'vitest'
import { Dispatcher, type FinishedOrder, type LivePort } from '../runtime/live/dispatcher.ts'
import { ModelLoadSequencer } from '../runtime/live/model-load-sequencer.ts'
import { Random } from '../sim/kernel/index.ts'
import {
  assemble,
  type Batch,
  computedLength,
  Ledger,
  type Ms,
  Requests,
  type ServingPlan,
  type Source,
  STATUS,
  Transfers,
  topologyOf,
} from '../sim/serving/index.ts'
import { RowRecorder, Rows } from '../sim/stats/index.ts'
import { ListSource } from '../sim/traffic/index.ts'
import { declaredWork } from '../sim/world/index.ts'
import { expectPromisesKept } from './kept-promises.ts'
import { type Audited, LOAD_MS, type SmallSystem, serve } from './small-system.ts'

interface Running {
  readonly executor: number
  readonly order: FinishedOrder['order']
  readonly started: Ms
  readonly ended: Ms
}

/** Deviations from a perfect machine; each uses a separate random stream. */
export interface Troubles {
  /** a sleeper sometimes wakes halfway, as in a real sleep */
  readonly restless?: boolean
  /** reading the clock takes time, and the clock moves in steps: events share instants */
  readonly late?: boolean
  /** batches sometimes run out of memory */
  readonly failing?: boolean
}

const CLOCK_STEP_MS = 0.25
/** In the order of a simulation, where a load comes after the ends of the same instant. */
const TURNS = { unload: 0, run: 1, steps: 1, load: 2, restart: 3 } as const
const isBefore = (a: Running, b: Running) =>
  a.ended < b.ended || (a.ended === b.ended && TURNS[a.order] < TURNS[b.order])

/** Duration of an unload on an imperfect machine. */
const UNLOAD_MS = 1.5

/** A clock that advances only by sleeping, and executors whose batches take known times. */
class ManualPort implements LivePort {
  readonly #workOf: (batch: Batch) => Ms
  /** null without this trouble */
  readonly #restless: Random | null
  readonly #late: Random | null
  readonly #failing: Random | null
  readonly #movers: ModelLoadSequencer
  readonly #last: Running[] = []
  /** in the order of dispatch */
  #running: Running[] = []
  #now: Ms = 0

  constructor(plan: ServingPlan, workOf: (batch: Batch) => Ms, troubles: Troubles) {
    const stream = (name: keyof Troubles) => (troubles[name] === true ? new Random(name) : null)
    this.#workOf = workOf
    this.#restless = stream('restless')
    this.#late = stream('late')
    this.#failing = stream('failing')
    const late = this.#late !== null
    const executors = topologyOf(plan).executors.map((_, executor) => ({
      postOrder: (order: 'load' | 'unload') =>
        this.#begin(executor, order, order === 'load' ? LOAD_MS : late ? UNLOAD_MS : 0),
    }))
    this.#movers = new ModelLoadSequencer(executors, new Ledger(plan).deviceOf)
  }

  now(): Ms {
    if (this.#late === null) return this.#now
    this.#now += 0.05 * this.#late.exponential()
    return Math.floor(this.#now / CLOCK_STEP_MS) * CLOCK_STEP_MS
  }

  sleep(until: Ms): void {
    const next = this.#running.reduce((least, { ended }) => Math.min(least, ended), until)
    if (next === Number.POSITIVE_INFINITY) throw new Error('Nothing will ever happen again')
    const early = this.#restless !== null && this.#restless.uniform() < 0.3
    // on a late clock that time may be over already
    this.#now = Math.max(this.#now, early ? (this.#now + next) / 2 : next)
  }

  start(batch: Batch): void {
    this.#begin(batch.executor, 'run', this.#workOf(batch))
  }

  load(executor: number): void {
    this.#movers.load(executor)
  }

  unload(executor: number): void {
    this.#movers.unload(executor)
  }

  #begin(executor: number, order: FinishedOrder['order'], ms: Ms): void {
    if (this.#running.some((running) => running.executor === executor)) {
      throw new Error(`Executor ${executor} gets the order to ${order} while it is at work`)
    }
    this.#running.push({ executor, order, started: this.#now, ended: this.#now + ms })
  }

  get running(): number {
    return this.#running.length
  }

  takeFinished(): number {
    let first: Running | null = null
    for (const running of this.#running) {
      if (running.ended <= this.#now && (first === null || isBefore(running, first)))
        first = running
    }
    if (first === null) return -1
    this.#running = this.#running.filter((running) => running !== first)
    const { executor, order } = first
    this.#last[executor] = first
    if (order === 'load') this.#movers.loaded(executor, true)
    if (order === 'unload') this.#movers.unloaded(executor)
    return executor
  }

  finished(executor: number): FinishedOrder {
    const failed = this.#failing !== null && this.#failing.uniform() < 0.1
    return { ...this.#last[executor]!, status: failed ? STATUS.outOfMemory : STATUS.ok }
  }
}

export interface ReplayOptions extends Troubles, Audited {
  /** all batches take this many times longer */
  readonly slowness?: number
  /** replaces the system's list of requests, for reacting clients */
  readonly source?: Source
  /** pauses of the run, rising */
  readonly pauses?: readonly Ms[]
}

/**
 * Runs the same system in the live dispatcher, on a clock that is set by hand, and audits the run.
 */
export function replay(
  system: SmallSystem,
  { slowness = 1, audited = true, source: sent, pauses = [], ...troubles }: ReplayOptions = {},
) {
  const { plan, requests: list, work } = system
  const requests = new Requests()
  const recorder = new RowRecorder(Rows.allocate(Math.max(1, list.count)), requests)
  const { poolOf } = topologyOf(plan)
  const models = work.map(declaredWork)
  const random = new Random('unused')
  const workOf = (batch: Batch) =>
    models[poolOf[batch.executor]!]!.of(batch.size, computedLength(batch), random) * slowness
  const port = new ManualPort(plan, workOf, troubles)
  const { driver, control, log } = assemble({
    plan,
    source: sent ?? new ListSource(list),
    requests,
    world: (traffic) => {
      const transfers = plan.channels ? new Transfers(plan.channels) : null
      const dispatcher = new Dispatcher(port, traffic, { transfers })
      const ports = { timers: dispatcher, backend: dispatcher, transfers: dispatcher }
      return { driver: dispatcher, ...ports }
    },
    observe: () => [recorder],
    logs: true,
  })
  for (const pauseAt of pauses) {
    driver.run(control, pauseAt)
    expect(port.running, 'executors are idle in a pause').toBe(0)
  }
  driver.run(control)
  const { rows } = recorder
  if (audited) expectPromisesKept({ ...system, rows, settings: recorder.settings })
  const { fired, moves } = driver
  return { rows, journal: log()!, fired, moves }
}

/** The same system in a simulation and in the live dispatcher; each run returns its rows. */
export const worlds = {
  simulated: (system: SmallSystem) => serve(system),
  live: (system: SmallSystem) => replay(system),
  'late live': (system: SmallSystem) => replay(system, { late: true }),
} as const

export const worldNames = Object.keys(worlds) as (keyof typeof worlds)[]

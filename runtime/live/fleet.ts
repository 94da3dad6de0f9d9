import { Failure } from '../../scenarios/index.ts'
import { type CausedFailures, type EngineEvents, withEngines } from '../../sim/experiment/index.ts'
import type { Ms, ServingPlan } from '../../sim/serving/index.ts'
import { type EngineRun, Rows } from '../../sim/stats/index.ts'
import { RequestList, requestsIn } from '../../sim/traffic/index.ts'
import { Child, ChildEnded, entryBeside } from '../process/child.ts'
import {
  END,
  type ListenOptions,
  type ServeEnd,
  type ServePart,
  type ServeSetup,
} from '../serve/serve-setup.ts'
import type { DispatcherJob, DispatcherReply, Reacting, Traffic } from './dispatcher-thread.ts'
import { type FleetEngine, isCompletion } from './engine.ts'
import type { FleetRequest } from './fleet-host.ts'
import type { Collections, OpenedFleet } from './fleet-threads.ts'
import type { ScriptOrder } from './generation/step-script.ts'
import type { ScriptItem } from './script.ts'
import type { ServeRequest } from './serve-process.ts'

type Reply<Kind> = Extract<DispatcherReply, { readonly kind: Kind }>

/** The result of a replay. */
export type Replayed = Omit<Reply<'replayed'>, 'rows'> &
  EngineEvents & {
    readonly rows: Rows
    /** of executors that generate; absent where batches are run */
    readonly engineRuns?: readonly EngineRun[]
  }

/** Progress of a long job. */
export type Progress = (done: number, total: number) => void

export interface ReplayOptions {
  readonly decisionLog?: boolean
  /** keeps the processor time of batches, of engines that measure it; default: no */
  readonly processorTime?: boolean
  /** batches to run without traffic before it begins, and in each pause; default: none */
  readonly probes?: readonly (readonly ScriptItem[])[]
  /** what happens to executors, in order of time; default: nothing */
  readonly failures?: CausedFailures | null
  readonly onProgress?: Progress | undefined
}

export interface ServeOptions {
  readonly listen: ListenOptions
  /** once it is set, no further request is taken */
  readonly stop: AbortSignal
  readonly onListening: (port: number) => void
}

/** The executors of a scenario and their dispatcher, in a process that ends with `signal`. */
export class Fleet {
  readonly #child: Child
  /** ends pending calls and the process; the next job may have another */
  signal: AbortSignal
  /** a job has failed or was interrupted */
  #broken = false
  /** garbage collections in executors, once the fleet is closed; until then null */
  gc: Collections | null = null
  readonly opened: OpenedFleet

  private constructor(child: Child, signal: AbortSignal, opened: OpenedFleet) {
    this.#child = child
    this.signal = signal
    this.opened = opened
  }

  /**
   * Opens every pool's model in all its replicas, one after another. `engines`: one per pool. Once
   * `signal` is set, any pending call ends with `Failure` (exit code 130). `setup`: of a fleet that
   * serves clients.
   */
  static async open(
    plan: ServingPlan,
    engines: readonly FleetEngine[],
    signal: AbortSignal,
    setup?: ServeSetup,
  ): Promise<Fleet> {
    const entry = setup === undefined ? 'fleet-process' : 'serve-process'
    const child = new Child(entryBeside(import.meta.url, entry), { name: 'executors' })
    const request: ServeRequest = { kind: 'open', plan, engines, ...(setup && { setup }) }
    try {
      return new Fleet(child, signal, await child.ask<OpenedFleet>(request, { signal }))
    } catch (error) {
      child.end()
      throw error instanceof ChildEnded ? crashedOpening(engines, error) : error
    }
  }

  /** Replays traffic; rows are indexed by request key. */
  async replay(
    plan: ServingPlan,
    source: RequestList | Reacting,
    options: ReplayOptions = {},
  ): Promise<Replayed> {
    const { value } = await this.slices(plan, source, options).next()
    if (value === undefined) throw new Error('Expected a replay without pauses')
    return value
  }

  /**
   * The same with a pause at each of the `pauses`, ms, once its executors are idle. Its time stands
   * still in a pause. The generator yields in each pause, and returns the whole replay.
   */
  async *slices(
    plan: ServingPlan,
    source: RequestList | Reacting,
    options: ReplayOptions & { readonly pauses?: readonly Ms[] } = {},
  ): AsyncGenerator<undefined, Replayed> {
    const traffic: Traffic =
      source instanceof RequestList ? { kind: 'list', requests: source.columns } : source
    const { decisionLog = false, processorTime = false, onProgress } = options
    const { pauses = [], probes = [], failures = null } = options
    // reacting clients send an unknown number of requests in a known time, ms
    const of =
      traffic.kind === 'list' ? traffic.requests.at.length : 1000 * traffic.scenario.duration_s
    let job: DispatcherJob = {
      ...{ kind: 'replay', plan, traffic, decisionLog, processorTime, pauses, probes, failures },
    }
    for (;;) {
      const reply = await this.#perform<'replayed' | 'paused'>(job, of, onProgress)
      if (reply.kind === 'replayed') {
        const rows = Rows.of(reply.rows)
        const requests = source instanceof RequestList ? source : requestsIn(rows)
        return withEngines(plan, requests, { ...reply, rows })
      }
      let isLeft = true
      try {
        yield
        isLeft = false
      } finally {
        // in the middle of a replay it can do nothing else
        if (isLeft) this.#broken = true
      }
      job = { kind: 'goOn' }
    }
  }

  /** Runs batches one by one, as calibration needs them. */
  async script(items: readonly ScriptItem[], onProgress?: Progress): Promise<Reply<'scripted'>> {
    return this.#perform<'scripted'>({ kind: 'script', items }, items.length, onProgress)
  }

  /** Runs steps of executor 0 one after another, as calibration needs them. */
  async steps(
    orders: readonly ScriptOrder[],
    onProgress?: Progress,
  ): Promise<Reply<'stepped'>['rows']> {
    const job = { kind: 'steps', orders } as const
    return (await this.#perform<'stepped'>(job, orders.length, onProgress)).rows
  }

  /** Load times of the swappable model of executor 0, ms. Null if memory ran out. */
  async loads(plan: ServingPlan, durationMs: number): Promise<readonly number[] | null> {
    return (await this.#perform<'loaded'>({ kind: 'loads', plan, durationMs }, 1)).times
  }

  /**
   * Serves clients until `stop` is set, and then until their requests have ended or their time is
   * over; the fleet of the latter is of no use any more.
   */
  async serve(plan: ServingPlan, { listen, stop, onListening }: ServeOptions): Promise<ServeEnd> {
    const end = () => this.#child.note(END)
    const onPart = (part: ServePart) => {
      if (typeof part === 'object') onListening(part.port)
    }
    stop.addEventListener('abort', end)
    try {
      if (stop.aborted) end()
      const request: ServeRequest = { kind: 'serve', plan, listen }
      const ended = await this.#child.ask<ServeEnd, ServePart>(request, { onPart })
      this.#broken = ended.left > 0
      return ended
    } catch (error) {
      this.#broken = true
      throw error
    } finally {
      stop.removeEventListener('abort', end)
    }
  }

  /** Whether it can perform another job. */
  get usable(): boolean {
    return !this.#broken && this.#child.alive
  }

  async close(): Promise<void> {
    try {
      if (this.usable) this.gc = await this.#ask({ kind: 'stop' })
    } finally {
      this.#child.end()
      await this.#child.ended()
    }
  }

  async #perform<Kind extends DispatcherReply['kind']>(
    job: DispatcherJob,
    of: number,
    onProgress?: Progress,
  ): Promise<Reply<Kind>> {
    try {
      const reply = await this.#ask<Reply<Kind>>({ kind: 'perform', job }, (done) =>
        onProgress?.(done, of),
      )
      onProgress?.(of, of)
      return reply
    } catch (error) {
      this.#broken = true
      throw error
    }
  }

  #ask<Reply>(request: FleetRequest, onPart: (done: number) => void = () => {}): Promise<Reply> {
    return this.#child.ask<Reply, number>(request, { signal: this.signal, onPart })
  }
}

const placeOf = (engine: FleetEngine) =>
  isCompletion(engine) ? engine.target.url : engine.file.path

/** A damaged model can crash native code; the system kills the process when memory is short. */
function crashedOpening(engines: readonly FleetEngine[], error: ChildEnded): Failure {
  const paths = [...new Set(engines.map(placeOf))].join(', ')
  if (error.how === 'SIGKILL') return error
  return new Failure(`${paths}: ONNX Runtime crashed while the model was opened (${error.how})`)
}

import { withAttempts } from './attempts/attempt-source.ts'
import { ControlPlane } from './control-plane.ts'
import { LoggingControlPlane } from './decision-log/decision-log.ts'
import { EndOfTraffic } from './end-of-traffic.ts'
import { inParts } from './fan-out-source.ts'
import { observerOf } from './observers.ts'
import type { ServingPlan } from './plan.ts'
import {
  type Backend,
  type Batch,
  type ControlPlanePort,
  type Ms,
  type Observer,
  OUTCOME,
  type Outcome,
  type Source,
  type StepBackend,
  type StepRun,
  type Timers,
  type TransferBackend,
} from './ports.ts'
import { type Pushbacks, pushbacksOf } from './pushback.ts'
import { Requests } from './requests.ts'

/** The requests of a run, as its world pulls them. */
export interface Traffic {
  readonly source: Source
  /** the slots into which requests are taken */
  readonly requests: Requests
  readonly end: EndOfTraffic
}

/** What carries out the commands of a control plane. */
export interface WorldPorts<D> {
  /** what the caller drives the world by */
  readonly driver: D
  readonly timers: Timers
  readonly backend: Backend
  /** needed where a pool generates */
  readonly steps?: StepBackend
  /** needed where the plan has channels */
  readonly transfers?: TransferBackend
}

/** What a serving system is assembled from. */
export interface SystemParts<D> {
  readonly plan: ServingPlan
  /** of what clients send: requests are split into the parts of their fan-out */
  readonly source: Source
  /** a table of its own where it is not given */
  readonly requests?: Requests
  /** Builds the world that pulls the source. */
  readonly world: (traffic: Traffic) => WorldPorts<D>
  /** The observers, in the order in which each event is reported to them. */
  readonly observe: (requests: Requests) => readonly Observer[]
  /** whether the control plane's events are logged */
  readonly logs?: boolean
}

/** A control plane in its world. */
export interface ServingSystem<D> {
  readonly driver: D
  /** to which the world reports its events */
  readonly control: ControlPlanePort
  /** The decision log so far; null where there is none. */
  readonly log: () => Float64Array | null
}

/** Where requests come from elsewhere than a source. */
export const NO_TRAFFIC: Source = Object.freeze({
  reactsUntil: 0,
  peek: () => Number.POSITIVE_INFINITY,
  take: () => false,
  settled() {},
})

export function trafficOf(source: Source, requests = new Requests()): Traffic {
  return { source, requests, end: new EndOfTraffic(source, requests) }
}

/**
 * Connects a control plane with its plan, source, world, observers and decision log. Every run is
 * assembled here: simulated, live, and from a decision log.
 */
export function assemble<D>(parts: SystemParts<D>): ServingSystem<D> {
  const { plan } = parts
  const sent = withAttempts(inParts(parts.source, plan.classes), plan)
  const traffic = trafficOf(sent, parts.requests)
  const { source, requests } = traffic
  const { driver, ...world } = parts.world(traffic)
  const observers = [...parts.observe(requests)]
  // last, so that every observer has seen how a request ended before its client reacts
  if (source.reactsUntil > 0) observers.push(new OutcomeFeedback(source, requests, plan))
  const host = { ...world, requests, observer: observerOf(observers) }
  if (parts.logs !== true) {
    return { driver, control: new ControlPlane(plan, host), log: () => null }
  }
  const runs: StepRun[] = []
  const steps = world.steps && keepingRuns(world.steps, runs)
  const control = new ControlPlane(plan, { ...host, ...(steps && { steps }) })
  const logging = new LoggingControlPlane(control, requests, runs)
  return { driver, control: logging, log: () => logging.entries() }
}

/** Keeps the run of each executor, which has the ends of its steps. */
function keepingRuns(steps: StepBackend, runs: StepRun[]): StepBackend {
  return {
    run(run) {
      runs[run.executor] = run
      steps.run(run)
    },
    yieldAtStep: (executor) => steps.yieldAtStep(executor),
  }
}

/** Reports to a source how its requests ended. */
class OutcomeFeedback implements Observer {
  readonly #source: Source
  readonly #requests: Requests
  /** null where no refusal tells clients anything */
  readonly #pushbacks: Pushbacks | null

  constructor(source: Source, requests: Requests, plan: ServingPlan) {
    this.#source = source
    this.#requests = requests
    this.#pushbacks = pushbacksOf(plan.pools, requests)
  }

  batch(now: Ms, batch: Batch): void {
    for (let i = 0; i < batch.size; i++) this.lost(now, batch.members[i]!)
  }

  lost(now: Ms, request: number): void {
    if (!this.#requests.overNetwork) this.answered(now, request)
  }

  answered(now: Ms, request: number): void {
    const { key, class: classes, outcome, retryAt } = this.#requests
    const at = outcome[request] === OUTCOME.retried ? retryAt[request]! : now
    const pushback = this.#pushbacks?.of(request)
    this.#source.settled(
      classes[request]!,
      key[request]!,
      outcome[request]! as Outcome,
      at,
      pushback,
    )
  }
}

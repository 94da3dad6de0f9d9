import type { Work } from '../scenarios/index.ts'
import { runWorld } from '../sim/experiment/index.ts'
import {
  ANY_CLASS,
  type ClassPlan,
  type Observer,
  PLAIN_QUEUE,
  type PoolPlan,
  type Requests,
  type ServingPlan,
  topologyOf,
} from '../sim/serving/index.ts'
import { RowRecorder, Rows } from '../sim/stats/index.ts'
import { ListSource, RequestList } from '../sim/traffic/index.ts'
import {
  type CardPlan,
  declaredSteps,
  declaredWork,
  IDEAL_MACHINE,
  NO_WAKE,
  SharedCards,
} from '../sim/world/index.ts'
import { expectPromisesKept } from './kept-promises.ts'

/** The least loaded, of equals the first: what happens can be worked out by hand. */
const IN_ORDER = { policy: 'least-loaded', ties: 'first', viewAgeMs: 0 } as const

/** A plan of these pools; by default one replica, no batching and no limit. */
export function planOf(pools: readonly Partial<PoolPlan>[], rest: Partial<ServingPlan> = {}) {
  const plan: ServingPlan = {
    routing: IN_ORDER,
    classes: [ANY_CLASS],
    devices: [],
    ...rest,
    pools: pools.map((pool, index) => ({
      index,
      name: `pool-${index}`,
      replicas: 1,
      perReplicaQueues: false,
      routing: IN_ORDER,
      ...PLAIN_QUEUE,
      batching: { policy: 'none' },
      padTo: 1,
      ragged: false,
      ...pool,
    })),
  }
  return plan
}

/** Engines that generate continuously: decode first, prompts in chunks, no swaps. */
export const CONTINUOUS = Object.freeze({
  policy: 'continuous',
  chunked: true,
  first: 'decode',
  swapMsPerToken: null,
  preemptsByPriority: false,
  handOver: null,
} as const)

/** Classes with these client timeouts, ms. */
export function patient(...clientTimeoutMs: readonly number[]): ClassPlan[] {
  return clientTimeoutMs.map((ms) => ({ ...ANY_CLASS, clientTimeoutMs: ms }))
}

/** Requests at rising times, ms; by default of length 1 and class 0. */
export function requestsOf(
  at: readonly number[],
  {
    lengths,
    outputs,
    classes,
    prefixes,
  }: {
    lengths?: readonly number[]
    outputs?: readonly number[]
    classes?: readonly number[]
    prefixes?: readonly (Int32Array | null)[]
  } = {},
): RequestList {
  return RequestList.of({
    at: Float64Array.from(at),
    inputTokens: Int32Array.from(lengths ?? at.map(() => 1)),
    outputTokens: Int32Array.from(outputs ?? at.map(() => 0)),
    class: Uint8Array.from(classes ?? at.map(() => 0)),
    ...(prefixes && { prefixes }),
  })
}

/** Duration of a load with model swapping, ms. */
export const LOAD_MS = 7

export interface SmallSystem {
  readonly plan: ServingPlan
  readonly requests: RequestList
  /** per pool */
  readonly work: readonly Work[]
  /** cards that executors share by time slicing */
  readonly cards?: readonly CardPlan[]
}

/** A control plane that is wrong on purpose breaks promises, so its run is not audited. */
export interface Audited {
  readonly audited?: boolean
}

export interface ServeOptions extends Audited {
  /** beside the recorder of rows, and before it */
  readonly observe?: (requests: Requests) => Observer
}

/** Simulates a system without overheads, and audits the run. Returns its rows and decision log. */
export function serve(
  system: SmallSystem,
  { observe, audited = true }: ServeOptions = {},
): { rows: Rows; journal: Float64Array } {
  const { plan, requests, work } = system
  const cards = system.cards === undefined ? null : new SharedCards(system.cards, 0, null)
  let recorder = null as RowRecorder | null
  const journal = runWorld({
    plan,
    source: new ListSource(requests),
    hardware: topologyOf(plan).poolOf.map((pool) => ({
      work: declaredWork(work[pool]!),
      wake: NO_WAKE,
      overheads: null,
      steps: declaredSteps(work[pool]!),
    })),
    machine: cards === null ? IDEAL_MACHINE : { ...IDEAL_MACHINE, steps: cards },
    cards,
    sendDelay: null,
    timer: null,
    loads: { load: (now, executor) => [{ executor, at: now + LOAD_MS }], unload() {} },
    seed: 1,
    replication: 0,
    observe: (slots) => {
      recorder = new RowRecorder(Rows.allocate(requests.count), slots)
      return observe === undefined ? [recorder] : [observe(slots), recorder]
    },
    journal: true,
  })
  const { rows, settings } = recorder!
  if (audited) expectPromisesKept({ ...system, rows, settings })
  return { rows, journal: journal! }
}

import { Admission } from '../admission/admission.ts'
import { PoolEjection } from '../ejection/pool-ejection.ts'
import { PREFIX_TOKENS } from '../generation/prefix-keys.ts'
import { reachOf } from '../network/reach.ts'
import type { PoolPlan, ServingPlan } from '../plan.ts'
import type { Observer } from '../ports.ts'
import type { Requests } from '../requests.ts'
import { topologyOf } from '../topology.ts'
import type { OutstandingWork } from './predicted-work.ts'
import { Router, type RouterContext } from './router.ts'
import type { Candidate } from './routing-policy.ts'
import { Station } from './station.ts'

/** The stations of a pool, and the router that chooses one of them. */
export class PoolState implements Candidate {
  readonly number: number
  readonly executors: number
  readonly stations: readonly Station[]
  readonly router: Router<Station>
  work: OutstandingWork | null = null
  /** null where replicas that fail requests get further ones */
  readonly ejection: PoolEjection | null
  /** requests that a network carries to it */
  onTheWay = 0
  readonly #perReplica: boolean

  constructor(
    { index, replicas, perReplicaQueues, routing }: PoolPlan,
    stations: readonly Station[],
    { ejection, ...context }: RouterContext & { readonly ejection: PoolEjection | null },
  ) {
    this.number = index
    this.executors = replicas
    this.stations = stations
    this.ejection = ejection
    this.router = new Router(routing, stations, { ...context, ejection })
    this.#perReplica = perReplicaQueues
  }

  /** A queue that replicas share keeps what waits for them. */
  get accepts(): boolean {
    return !this.#perReplica || this.stations.some((station) => station.accepts)
  }

  get present(): number {
    return this.stations.reduce((sum, station) => sum + station.present, 0)
  }

  get load(): number {
    if (this.onTheWay > 0) return this.#loadOnTheWay
    return this.#mean((station) => station.load)
  }

  get #loadOnTheWay(): number {
    let sum = this.onTheWay
    for (const { queue, running } of this.stations) sum += queue.length + running
    return sum / (this.#perReplica ? this.stations.length : Math.max(1, this.stations[0]!.present))
  }

  get loadOfOne(): number {
    return this.stations[0]!.loadOfOne / this.stations.length
  }

  get waitingEach(): number {
    return this.#mean(({ waitingEach }) => waitingEach)
  }

  get runningEach(): number {
    return this.#mean(({ runningEach }) => runningEach)
  }

  get kvUsage(): number {
    return this.#mean(({ kvUsage }) => kvUsage)
  }

  #mean(measure: (station: Station) => number): number {
    return this.stations.reduce((sum, station) => sum + measure(station), 0) / this.stations.length
  }
}

/** By class, the router among its pools: classes of the same pools and place share one. */
export function classRouters(
  plan: ServingPlan,
  states: readonly PoolState[],
  requests: Requests,
): Router<PoolState>[] {
  const { routing, network = null, channels = [] } = plan
  const context = contextOf(plan, requests, 0)
  const routers = new Map<string, Router<PoolState>>()
  return topologyOf(plan).classPools.map((numbers, number) => {
    const among = numbers.map((pool) => states[pool]!)
    const key = `${numbers}${network === null ? '' : ` from ${network.places[number]}`}`
    const reach = network === null ? null : reachOf(network, channels, number)
    const router = routers.get(key) ?? new Router(routing, among, { ...context, reach })
    routers.set(key, router)
    return router
  })
}

/** The pools of a plan; stations and executors are numbered through. */
export function poolStates(
  serving: ServingPlan,
  requests: Requests,
  observer: Observer = {},
): PoolState[] {
  const { pools, classes } = serving
  const topology = topologyOf(serving)
  return pools.map((plan, index) => {
    const admission = new Admission(plan, classes, requests)
    const stations = topology.stations.flatMap((place, id) =>
      place.pool === index ? new Station(id, { plan, admission }, classes, place, requests) : [],
    )
    const replicas = { first: stations[0]!.firstExecutor, count: plan.replicas }
    const ejection = plan.ejection ? new PoolEjection(plan.ejection, replicas, observer) : null
    const context = contextOf(serving, requests, 1 + plan.index)
    return new PoolState(plan, stations, { ...context, ejection })
  })
}

function contextOf(
  { classes, replicasChange = false }: ServingPlan,
  requests: Requests,
  number: number,
): RouterContext {
  const sharedBlocks = classes.map(({ sharedPrefixTokens }) =>
    Math.floor(sharedPrefixTokens / PREFIX_TOKENS),
  )
  return { requests, sharedBlocks, classes, number, candidatesClose: replicasChange }
}

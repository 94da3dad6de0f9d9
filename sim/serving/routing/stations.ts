import { Admission } from '../admission/admission.ts'
import type { ServingPlan } from '../plan.ts'
import type { Requests } from '../requests.ts'
import { Router } from './routing.ts'
import { Station } from './station.ts'

/** The stations of a pool, and the router that chooses one of them. */
export interface PoolState {
  readonly stations: readonly Station[]
  readonly router: Router<Station>
  readonly load: number
  readonly accepts: boolean
}

/** By class, the router among its pools: classes of the same pools share a router. */
export function classRouters(
  { routing, pools, classes }: ServingPlan,
  states: readonly PoolState[],
): Router<PoolState>[] {
  const handedTo = pools.map(({ generation }) => generation?.handOver?.pool)
  const entries = states.flatMap((_, pool) => (handedTo.includes(pool) ? [] : pool))
  const routers = new Map<string, Router<PoolState>>()
  return classes.map(({ pools: own }) => {
    const among = (own ?? entries).map((pool) => states[pool]!)
    const key = `${own ?? entries}`
    const router = routers.get(key) ?? new Router(routing, among)
    routers.set(key, router)
    return router
  })
}

/** The pools of a plan; stations and executors are numbered through. */
export function poolStates({ pools, classes }: ServingPlan, requests: Requests): PoolState[] {
  let first = 0
  let id = 0
  return pools.map((plan) => {
    const admission = new Admission(plan, classes, requests)
    const count = plan.perReplicaQueues ? 1 : plan.replicas
    const stations = Array.from({ length: plan.replicas / count }, () => {
      const executors = { first, count }
      first += count
      return new Station(id++, { plan, admission }, classes, executors, requests)
    })
    return {
      stations,
      router: new Router(plan.routing, stations),
      // a queue that replicas share keeps what waits for them
      get accepts() {
        return !plan.perReplicaQueues || stations.some((station) => station.accepts)
      },
      get load() {
        return stations.reduce((sum, station) => sum + station.load, 0) / stations.length
      },
    }
  })
}

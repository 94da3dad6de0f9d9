import type { ServingPlan } from './plan.ts'

/** A replica of a pool. */
export interface ExecutorPlace {
  readonly pool: number
  /** its number in the pool */
  readonly replica: number
  readonly station: number
}

/** A queue and the executors that serve it, which are alike. */
export interface StationPlace {
  readonly pool: number
  /** its number in the pool */
  readonly number: number
  readonly firstExecutor: number
  readonly executors: number
}

/**
 * Which executors, stations, pools and classes belong together. Executors and stations are
 * numbered through, pool by pool.
 */
export interface Topology {
  readonly executors: readonly ExecutorPlace[]
  readonly stations: readonly StationPlace[]
  /** by executor */
  readonly poolOf: readonly number[]
  /** by pool */
  readonly executorsOf: readonly (readonly number[])[]
  /** by pool: the pool that decodes what it prefills; null where it decodes itself */
  readonly decodePools: readonly (number | null)[]
  /** by pool: itself and the pools that prefill for it, rising */
  readonly sources: readonly (readonly number[])[]
  /** the pools that requests arrive at: all but those that decode for others */
  readonly entryPools: readonly number[]
  /** by class: the entry pools that serve it, rising */
  readonly classPools: readonly (readonly number[])[]
}

type Placed = Pick<ServingPlan, 'pools' | 'classes'>

const topologies = new WeakMap<Placed, Topology>()

/** The topology of a plan, computed once. */
export function topologyOf(plan: Placed): Topology {
  const topology = topologies.get(plan) ?? Object.freeze(derived(plan))
  topologies.set(plan, topology)
  return topology
}

function derived({ pools, classes }: Placed): Topology {
  const executors: ExecutorPlace[] = []
  const stations: StationPlace[] = []
  const executorsOf: number[][] = pools.map(() => [])
  for (const [pool, { replicas, perReplicaQueues }] of pools.entries()) {
    const perStation = perReplicaQueues ? 1 : replicas
    for (let replica = 0; replica < replicas; replica++) {
      if (replica % perStation === 0) {
        const [number, firstExecutor] = [replica / perStation, executors.length]
        stations.push({ pool, number, firstExecutor, executors: perStation })
      }
      executorsOf[pool]!.push(executors.length)
      executors.push({ pool, replica, station: stations.length - 1 })
    }
  }
  const numbers = [...pools.keys()]
  const decodePools = pools.map(({ generation }) => generation?.handOver?.pool ?? null)
  const entryPools = numbers.filter((pool) => !decodePools.includes(pool))
  return {
    executors,
    stations,
    poolOf: executors.map(({ pool }) => pool),
    executorsOf,
    decodePools,
    sources: numbers.map((pool) =>
      numbers.filter((from) => from === pool || decodePools[from] === pool),
    ),
    entryPools,
    classPools: classes.map(({ pools: ofModel }) =>
      ofModel === null ? entryPools : entryPools.filter((pool) => ofModel.includes(pool)),
    ),
  }
}

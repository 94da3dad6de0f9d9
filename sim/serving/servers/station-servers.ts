import { generationServers } from '../generation/generation-servers.ts'
import { MemoryServer } from '../memory/memory-server.ts'
import { SharedMemory } from '../memory/shared-memory.ts'
import type { ServingPlan } from '../plan.ts'
import type { PoolState } from '../routing/stations.ts'
import { BatchServer } from './batch-server.ts'
import type { ServerWorld, StationServer } from './station-server.ts'

/** Builds the server of each station, by number. A new kind of server is chosen here. */
export function stationServers(plan: ServingPlan, pools: readonly PoolState[], world: ServerWorld) {
  const stations = pools.flatMap((pool) => pool.stations)
  const generation = generationServers(plan, pools, world)
  let memory: SharedMemory | null = null
  return stations.map((station): StationServer => {
    const generating = generation.get(station)
    if (generating !== undefined) return generating
    if (station.pool.memory === undefined) return new BatchServer(station, world)
    memory ??= new SharedMemory(plan, stations, world)
    return new MemoryServer(station, world, memory)
  })
}

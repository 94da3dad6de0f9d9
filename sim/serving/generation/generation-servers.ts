import type { ServingPlan } from '../plan.ts'
import type { Station } from '../routing/station.ts'
import type { PoolState } from '../routing/stations.ts'
import type { ServerWorld } from '../servers/station-server.ts'
import { GenerationServer, type GenerationWorld } from './generation-server.ts'
import { KvTransfer } from './kv-transfer.ts'
import { Sequences } from './sequences.ts'

/** The servers of the pools that generate. */
export function generationServers(
  { pools: plans, classes }: ServingPlan,
  pools: readonly PoolState[],
  world: ServerWorld,
) {
  const servers = new Map<Station, GenerationServer>()
  const shared: GenerationWorld = {
    requests: world.requests,
    backend: world.backend,
    steps: world.steps,
    observer: world.observer,
    outcomes: world.outcomes,
    timers: world.timers,
    batches: world.batches,
    stopped: world.stopped,
    withdraw: world.withdraw,
    carrier: world.carrier,
    classes,
    sequences: new Sequences(),
  }
  const generating = plans.filter(({ generation }) => generation !== undefined)
  const serve = (pool: number, transfer: KvTransfer | null) => {
    for (const station of pools[pool]!.stations) {
      servers.set(station, new GenerationServer(station, shared, transfer))
    }
  }
  // a pool that decodes for another has no transfer of its own, so it can be built first
  for (const { index, generation } of generating) {
    if (generation!.handOver === null) serve(index, null)
  }
  for (const { index, generation } of generating) {
    const { handOver } = generation!
    if (handOver === null) continue
    const { stations, router } = pools[handOver.pool]!
    const transfer = new KvTransfer(handOver, world, {
      all: stations.map((station) => servers.get(station)!),
      next: (now, request) => servers.get(router.route(now, request)!)!,
    })
    serve(index, transfer)
  }
  return servers
}

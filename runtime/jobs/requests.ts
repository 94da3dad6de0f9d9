import { dirname } from 'node:path'
import { Failure } from '../../scenarios/index.ts'
import { refuseCrowd } from '../../sim/experiment/index.ts'
import {
  parseRequests,
  RequestList,
  reactingClasses,
  trafficSource,
} from '../../sim/traffic/index.ts'
import { readText } from '../folders/documents.ts'
import { settleFolder } from '../folders/replace-files.ts'
import type { Reacting } from '../live/dispatcher-thread.ts'
import type { Prepared, System } from './prepare.ts'
import { refuseReacting } from './refuse.ts'
import { heldTraces } from './trace-readers.ts'

/** The requests of replication 0, or those of a file. Throws `Failure` if clients react. */
export async function requestsOf(
  prepared: Prepared,
  capacityRps: number | null,
  file?: string,
): Promise<RequestList> {
  const { scenario } = prepared
  refuseReacting(prepared)
  if (file !== undefined) {
    await settleFolder(dirname(file))
    const lines = (await readText(file)).split('\n')
    const classes = scenario.traffic.map((traffic) => traffic.class)
    const requests = parseRequests(lines, classes, file)
    if (requests.count > 0) return requests
    throw new Failure(`${file}:1: expected requests, got none`)
  }
  const list = await drawnRequests(prepared, capacityRps)
  if (list.count > 0) return list
  throw new Failure(`${prepared.file}: no request arrives in ${scenario.duration_s} s`)
}

/** The requests of a scenario; the scenario itself where clients react to how requests end. */
export async function liveTraffic(
  system: System,
  capacityRps: number | null,
  file?: string,
): Promise<RequestList | Reacting> {
  const { scenario, clients } = system
  if (reactingClasses(scenario).length === 0 || file !== undefined) {
    return requestsOf(system, capacityRps, file)
  }
  refuseCrowd(system, capacityRps, true)
  const traces = await heldTraces(system)
  const options = { seed: scenario.seed, replication: 0, capacityRps, traces, clients }
  return { kind: 'reacting', scenario, options }
}

/** The requests of replication 0, of which there may be none. */
export async function drawnRequests(
  prepared: Prepared,
  capacityRps: number | null,
): Promise<RequestList> {
  const { scenario, clients } = prepared
  refuseCrowd(prepared, capacityRps, true)
  const traces = await heldTraces(prepared)
  return RequestList.collect(
    trafficSource(scenario, { seed: scenario.seed, replication: 0, capacityRps, traces, clients }),
  )
}

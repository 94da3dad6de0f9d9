import { dirname } from 'node:path'
import { Failure } from '../../scenarios/index.ts'
import { refuseCrowd } from '../../sim/experiment/index.ts'
import { parseRequests, RequestList, trafficSource } from '../../sim/traffic/index.ts'
import { readText } from '../folders/documents.ts'
import { settleFolder } from '../folders/replace-files.ts'
import type { Prepared } from './prepare.ts'
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
    const given = parseRequests(lines, classes, file)
    if (given.count > 0) return given
    throw new Failure(`${file}:1: expected requests, got none`)
  }
  const list = await drawnRequests(prepared, capacityRps)
  if (list.count > 0) return list
  throw new Failure(`${prepared.file}: no request arrives in ${scenario.duration_s} s`)
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

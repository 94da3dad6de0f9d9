import { join } from 'node:path'
import { EXIT, Failure } from '../../scenarios/index.ts'
import { reactingClasses, requestsIn } from '../../sim/traffic/index.ts'
import { type KeptRun, readMeasured, readRequests, readRuns } from '../folders/run-folder.ts'
import { readArena } from '../memory/index.ts'
import type { Prepared } from './prepare.ts'
import type { ReplayedSide } from './replay.ts'

/** What a folder holds of replays. */
export type KeptReplays = Pick<ReplayedSide, 'requests' | 'arena' | 'result'> & {
  readonly replays: { readonly runs: readonly KeptRun[] }
}

/** Reads the replays of a scenario. Throws `Failure` where they are not of this scenario. */
export async function keptReplays(directory: string, prepared: Prepared): Promise<KeptReplays> {
  const { hash, file, scenario } = prepared
  const result = await readMeasured(directory)
  if (result.scenario.hash !== hash) {
    throw new Failure(
      `${join(directory, 'measured.json')}: measured under scenario ${result.scenario.hash}, ` +
        `but ${file} is ${hash}; replay the scenario again`,
      EXIT.notComparable,
    )
  }
  const requests = await readRequests(directory, scenario)
  if (requests.hash() !== result.requests) {
    const text = `${join(directory, 'requests.jsonl')}: not the requests of ${directory}/measured.json`
    throw new Failure(`${text}; replay the scenario again`, EXIT.notComparable)
  }
  const runs = await readRuns(directory, 'replay', scenario)
  if (runs.length !== result.runs) {
    throw new Failure(`${directory}: has ${runs.length} of ${result.runs} replays; replay again`)
  }
  // reacting clients send other requests in every run; those of the first run are kept
  const same = reactingClasses(scenario).length > 0 ? runs.slice(0, 1) : runs
  const other = same.findIndex(({ rows }) => requestsIn(rows).hash() !== result.requests)
  if (other >= 0) {
    const text = `${join(directory, `replay-${other + 1}.parquet`)}: rows of other requests`
    throw new Failure(`${text} than requests.jsonl has; replay the scenario again`)
  }
  const arena = await readArena(directory, prepared, runs[0]!.rows)
  return { requests, result, replays: { runs }, arena }
}

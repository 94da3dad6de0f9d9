import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { EXIT, Failure } from '../../../scenarios/index.ts'
import { resultSchema } from '../../../sim/documents/index.ts'
import type { ObservedRun } from '../../../sim/experiment/index.ts'
import { readDocument, readRuns, SCENARIO_FILE, settleRuns } from '../../folders/run-folder.ts'
import { keptScenario } from '../kept-sides.ts'
import { type LoadOptions, loadSystem, profileFor, resolveSystem, type System } from '../prepare.ts'
import { refuseCrowd, simulateRows } from '../simulate.ts'

/** Rows to divide blame from, and the system that they are of. */
export interface BlamedRuns {
  readonly world: 'simulated' | 'measured'
  readonly system: System
  readonly runs: readonly ObservedRun[]
  readonly warnings: readonly string[]
}

export const isFolder = (path: string) => existsSync(path) && statSync(path).isDirectory()

/** The rows of one simulated replication of a scenario. */
export async function simulatedRuns(path: string, options: LoadOptions): Promise<BlamedRuns> {
  const system = await loadSystem(path, options)
  refuseCrowd(system, system.capacityRps, true)
  const { runs } = await simulateRows(system, undefined, options)
  return { world: 'simulated', system, runs, warnings: [] }
}

/** The rows that a folder keeps: of its replays, or else of its replication. */
export async function keptRuns(
  directory: string,
  { set = [], seed, profile: given }: LoadOptions,
): Promise<BlamedRuns> {
  if (set.length > 0 || seed !== undefined) {
    const option = set.length > 0 ? '--set' : '--seed'
    const text = `the rows of ${directory} are of its own scenario; name a scenario instead`
    throw new Failure(`${option}: ${text}`, EXIT.usage)
  }
  await settleRuns(directory)
  if (!existsSync(join(directory, SCENARIO_FILE))) throw withoutRows(directory)
  const prepared = await keptScenario(directory)
  const { scenario } = prepared
  const replays = await readRuns(directory, 'replay', scenario)
  const runs = replays.length > 0 ? replays : await readRuns(directory, 'replication', scenario)
  if (runs.length === 0) throw withoutRows(directory)
  const own = join(directory, 'profile.json')
  const path = given ?? (existsSync(own) ? own : undefined)
  const profile = typeof path === 'object' ? path : await profileFor(prepared, path)
  const world = replays.length > 0 ? 'measured' : 'simulated'
  const system = resolveSystem(prepared, profile)
  return { world, system, runs, warnings: await doubtfulReplays(directory, world) }
}

async function doubtfulReplays(directory: string, world: BlamedRuns['world']): Promise<string[]> {
  if (world === 'simulated') return []
  const measured = await readDocument(directory, 'measured', resultSchema)
  return measured === null || measured.valid ? [] : measured.warnings
}

function withoutRows(directory: string): Failure {
  const how = 'keep them with run, replay --out DIR or simulate --keep-rows --out DIR'
  return new Failure(`${directory}: has no raw rows; ${how}`)
}

import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { EXIT, Failure } from '../../../scenarios/index.ts'
import { resultSchema } from '../../../sim/documents/index.ts'
import { keptSteps, type ObservedRun } from '../../../sim/experiment/index.ts'
import { generatesIn } from '../../../sim/serving/index.ts'
import type { StepRow } from '../../../sim/stats/index.ts'
import { reactingClasses, requestsIn } from '../../../sim/traffic/index.ts'
import {
  type KeptRun,
  readDocument,
  readRequests,
  readRuns,
  SCENARIO_FILE,
  settleRuns,
} from '../../folders/run-folder.ts'
import { keptScenario } from '../kept-sides.ts'
import { type LoadOptions, loadSystem, profileFor, resolveSystem, type System } from '../prepare.ts'
import { refuseCrowd, simulateRows } from '../simulate.ts'

/** Rows to divide blame from, and the system that they are of. */
export interface BlamedRuns {
  readonly world: 'simulated' | 'measured'
  readonly system: System
  readonly runs: readonly ObservedRun[]
  /** of each run: the steps of its engines; null where they are not known */
  readonly steps: readonly (readonly StepRow[] | null)[]
  /** an objective did not hold in replays; null where none were replayed */
  readonly failed: boolean | null
  readonly warnings: readonly string[]
}

export const isFolder = (path: string) => existsSync(path) && statSync(path).isDirectory()

/** The rows of one simulated replication of a scenario. */
export async function simulatedRuns(path: string, options: LoadOptions): Promise<BlamedRuns> {
  const system = await loadSystem(path, options)
  refuseCrowd(system, system.capacityRps, true)
  const { requests, runs } = await simulateRows(system, undefined, options)
  const steps = runs.map((run) => keptSteps(system.plan, requests, run))
  return { world: 'simulated', system, runs, steps, failed: null, warnings: [] }
}

/** The rows that a folder keeps: of its replays, or else of its replication. */
export async function keptRuns(
  directory: string,
  { set = [], seed, profile: chosen }: LoadOptions,
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
  if (runs.some(({ connections }) => connections !== undefined)) {
    const text = 'a server hides what held its requests up; blame simulations of it'
    throw new Failure(`${directory}: ${text}: spillway simulate SCENARIO --keep-rows --out DIR`)
  }
  const keptPath = join(directory, 'profile.json')
  const path = chosen ?? (existsSync(keptPath) ? keptPath : undefined)
  const profile = typeof path === 'object' ? path : await profileFor(prepared, path)
  const world = replays.length > 0 ? 'measured' : 'simulated'
  const system = resolveSystem(prepared, profile)
  const steps = await stepsOf(directory, system, runs)
  return { world, system, runs, steps, ...(await measuredFigures(directory, world)) }
}

async function stepsOf(
  directory: string,
  { scenario, plan }: System,
  runs: readonly KeptRun[],
): Promise<BlamedRuns['steps']> {
  if (!generatesIn(scenario)) {
    return runs.map(() => null)
  }
  // reacting clients send other requests in every run
  const reacting = reactingClasses(scenario).length > 0
  const requests = reacting ? null : await readRequests(directory, scenario)
  return runs.map((run) => keptSteps(plan, requests ?? requestsIn(run.rows), run))
}

/** What the document of the replays adds to their rows. */
async function measuredFigures(
  directory: string,
  world: BlamedRuns['world'],
): Promise<Pick<BlamedRuns, 'failed' | 'warnings'>> {
  if (world === 'simulated') return { failed: null, warnings: [] }
  const measured = await readDocument(directory, 'measured', resultSchema)
  if (measured === null) return { failed: null, warnings: [] }
  const failed = measured.objectives.some(({ verdict }) => verdict !== 'PASS')
  return { failed, warnings: measured.valid ? [] : measured.warnings }
}

function withoutRows(directory: string): Failure {
  const how = 'keep them with run, replay --out DIR or simulate --keep-rows --out DIR'
  return new Failure(`${directory}: has no raw rows; ${how}`)
}

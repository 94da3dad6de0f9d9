import type { Result } from '../../sim/documents/index.ts'
import {
  keptReplicationInPieces,
  loadOf,
  nextLook,
  poolOracles,
  precisionOf,
  type RunSummary,
  refuseCrowd,
  simulatedResult,
  withRegret,
} from '../../sim/experiment/index.ts'
import { type RequestList, reactingClasses, requestsIn } from '../../sim/traffic/index.ts'
import { profileLabel } from '../folders/profile-file.ts'
import type { KeptRun } from '../folders/run-folder.ts'
import { pause } from '../process/interruption.ts'
import { build } from '../version.ts'
import { REPLICATIONS } from './defaults.ts'
import { backlogWarning, longRunWarning } from './demand.ts'
import { extrapolationWarnings } from './extrapolation.ts'
import type { JobOptions } from './options.ts'
import { type System, unknownOf } from './prepare.ts'
import { occasionWarnings, profileWarnings, traceEndWarnings } from './profile-warnings.ts'
import { drawnRequests, requestsOf } from './requests.ts'
import { runReplications } from './simulations/replications.ts'
import { processesFor } from './simulations/simulation-processes.ts'
import { slowestSystem } from './slowest.ts'
import { heldTraces } from './trace-readers.ts'

export { refuseCrowd }

export interface SimulateOptions extends JobOptions {
  /** independent runs behind each interval; default 10 */
  readonly replications?: number | undefined
  /**
   * Replications are added to these until half of each interval is at most this share of its value,
   * such as 0.02; see `precisionOf` for the figures
   */
  readonly precision?: number | undefined
  /** processes, at most one a core, by default that many; the result does not depend on it */
  readonly workers?: number | undefined
  /** a file of `spillway requests`, to use its requests in every replication */
  readonly requestsFile?: string | undefined
  /** gets warnings before the simulation begins, or before further replications of `precision` */
  readonly onWarning?: ((text: string) => void) | undefined
  /** whether scaled pools are compared with an oracle, which needs some hundred short runs */
  readonly oracle?: boolean | undefined
}

/** What a result says of uncertain inputs, as long as it has no wider intervals. */
export const DRAWS_ONLY =
  'some inputs are uncertain: figures are of their stated values, and intervals of the draws only'

/** Simulates a system. Replications run in processes that are kept until `closeSimulations`. */
export async function simulate(system: System, options: SimulateOptions = {}): Promise<Result> {
  const { workers, requestsFile, signal, onProgress, onWarning } = options
  const { replications = REPLICATIONS.interval } = options
  if (requestsFile === undefined) {
    const warning = backlogWarning(system, system.capacityRps, processesFor(replications, workers))
    if (warning !== null) onWarning?.(warning)
  }
  const doubts = [
    ...occasionWarnings(system.models),
    ...profileWarnings(system.models),
    ...traceEndWarnings(system),
  ]
  for (const text of doubts) onWarning?.(text)
  const extrapolated = extrapolationWarnings(system)
  const { capacityRps } = system
  const fromFile = requestsFile !== undefined
  const requests = fromFile ? await requestsOf(system, capacityRps, requestsFile) : null
  const profile = system.profile && profileLabel(system.profile)
  const input = { ...system, requests }
  const runs: RunSummary[] = []
  const slowest = slowestSystem(system, processesFor(replications, workers))
  const slower: RunSummary[] = []
  let isLong = false
  const simulateUpTo = async (n: number): Promise<Result> => {
    const from = runs.length
    // a precision may take many more replications than at first
    const long = isLong || fromFile ? null : longRunWarning(system, capacityRps, n)
    if (long !== null) onWarning?.(long)
    isLong ||= long !== null
    const further = await runReplications(input, n - from, {
      traces: system,
      workers,
      from,
      signal,
      onProgress: (done) => onProgress?.('simulating', from + done, n),
    })
    runs.push(...further)
    if (slowest !== null) {
      const slow = await runReplications({ ...slowest, requests }, n - from, {
        traces: system,
        workers,
        from,
        signal,
        onProgress: (done) => onProgress?.('simulating slower times', from + done, n),
      })
      slower.push(...slow)
    }
    const also = slowest && slower
    const result = simulatedResult(system, runs, { ...build(), profile }, also)
    const unknown = unknownOf(system) === null ? [] : [DRAWS_ONLY]
    return { ...result, warnings: [...extrapolated, ...unknown, ...result.warnings] }
  }
  const first = await simulateUpTo(replications)
  const { precision } = options
  const simulated =
    precision === undefined ? first : await untilPrecise(first, precision, simulateUpTo)
  const scaled = system.scenario.pools.some(({ scaling }) => scaling !== undefined)
  if (options.oracle !== true || !scaled) return simulated
  let steady = 0
  const oracles = await poolOracles(system, runs, async (of) => {
    onProgress?.('finding the fewest replicas', steady++, steady)
    const [run] = await runReplications(of, 1, { workers: 1, signal })
    return run!
  })
  return withRegret(simulated, system.scenario, runs, oracles)
}

/** Adds replications until the figures are known well enough, and says what was reached. */
async function untilPrecise(
  first: Result,
  target: number,
  simulateUpTo: (replications: number) => Promise<Result>,
): Promise<Result> {
  let result = first
  for (;;) {
    const reached = precisionOf(result)
    const next = nextLook(result.runs, reached, target)
    if (next !== null) {
      result = await simulateUpTo(next)
      continue
    }
    if (reached === null) return result
    const { figure, half_width } = reached
    return { ...result, precision: { target, reached: half_width, figure } }
  }
}

/** Simulates the second side of a what-if at the rates of the first: loads are of its capacity. */
export async function simulateAgainst(
  first: Pick<System, 'capacityRps'>,
  second: System,
  options: SimulateOptions,
): Promise<Result> {
  const { capacityRps } = first
  const result = await simulate({ ...second, capacityRps }, options)
  // the same capacity leaves the load as it is, to the last digit
  if (result.load === null || capacityRps === null || capacityRps === second.capacityRps) {
    return result
  }
  return { ...result, load: loadOf(result.load * capacityRps, second) }
}

/** Raw rows and decision log of replication 0, so that it can be audited. */
export async function simulateRows(
  system: System,
  requestsFile: string | undefined,
  { signal, onProgress }: JobOptions,
): Promise<{ readonly requests: RequestList; readonly runs: readonly KeptRun[] }> {
  const requests = await givenRequests(system, requestsFile)
  const traces = await heldTraces(system)
  const held = { ...system, traces, requests }
  const endMs = 1000 * system.scenario.duration_s
  const run = await keptReplicationInPieces(
    held,
    0,
    () => pause(signal),
    (now) => onProgress?.('simulating the rows to keep', Math.min(1, now / endMs), 1),
  )
  return { requests: requests ?? requestsIn(run.rows), runs: [run] }
}

/** Requests that are known in advance, of which there may be none; null where clients react. */
async function givenRequests(system: System, file?: string): Promise<RequestList | null> {
  if (file !== undefined) return requestsOf(system, system.capacityRps, file)
  const reacts = reactingClasses(system.scenario).length > 0
  return reacts ? null : drawnRequests(system, system.capacityRps)
}

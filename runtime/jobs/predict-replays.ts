import { hashOf, isServed } from '../../scenarios/index.ts'
import type { Host } from '../../sim/documents/index.ts'
import {
  countedRuns,
  machineChange,
  type ObservedRun,
  type PredictedChange,
  type RunSummary,
  runPercentiles,
  type SimulationInput,
  uncertainSpeeds,
} from '../../sim/experiment/index.ts'
import type { JobOptions } from './options.ts'
import { runReplications } from './simulations/replications.ts'

/** Replays of the requests of an input, and where they and its profile were made. */
export interface PredictedReplays {
  readonly runs: readonly ObservedRun[]
  readonly host: Host | null
  readonly profileHost: Host
}

/** Simulations of the requests of replays. */
export interface PredictedRuns {
  readonly predictions: readonly RunSummary[]
  /** [uncertain speed][end][replication] */
  readonly inputs: readonly (readonly (readonly RunSummary[])[])[]
  readonly change: PredictedChange
}

const NO_KERNEL = 'no control kernel runs where the server does, which may have changed'

/** Of the machine of a server nothing is measured. */
const HIDDEN_CHANGE = {
  control: { pools: [], unknown: NO_KERNEL, machine_unknown: NO_KERNEL },
  now: null,
  level: null,
  faster: undefined,
}

/** Replications at an end of an uncertain input: with the same draws few are enough. */
const END_RUNS = 10

/**
 * Predicts replays under their profile, under what has changed of the machine since, and at the
 * ends of uncertain speeds. All draw alike, so that a pair of predictions differs by the change and
 * little by chance.
 */
export async function predictReplays(
  input: SimulationInput,
  { runs, host, profileHost }: PredictedReplays,
  { replications, signal, onProgress }: JobOptions & { readonly replications: number },
): Promise<PredictedRuns> {
  const progress = (step: string) => ({
    signal,
    onProgress: (done: number, of: number) => onProgress?.(step, done, of),
  })
  const predictions = await runReplications(input, replications, progress('predicting the replays'))
  const otherHost =
    hashOf(host) === hashOf(profileHost)
      ? null
      : 'the profile was recorded on another host; calibrate on this one'
  const change = input.scenario.pools.some(isServed)
    ? HIDDEN_CHANGE
    : machineChange(input, countedRuns(runs), otherHost)
  const inputs: (readonly RunSummary[])[][] = []
  for (const ends of uncertainSpeeds(input)) {
    const atEnds: (readonly RunSummary[])[] = []
    for (const atEnd of ends) {
      const few = Math.min(END_RUNS, replications)
      atEnds.push(await runReplications(atEnd, few, progress('predicting at uncertain speeds')))
    }
    inputs.push(atEnds)
  }
  const again = async (changed: SimulationInput) => {
    const same = await runReplications(changed, replications, progress('splitting the error'))
    return same.map(runPercentiles)
  }
  return {
    predictions,
    inputs,
    change: {
      control: change.control,
      now: change.now && (await again(change.now)),
      level: change.level === null ? [] : await again(change.level),
      ...(change.faster !== undefined && { faster: change.faster }),
    },
  }
}

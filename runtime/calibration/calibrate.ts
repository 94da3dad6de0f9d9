import { availableParallelism } from 'node:os'
import type { ModelProfile } from '../../sim/world/index.ts'
import type { Progress } from '../live/fleet.ts'
import { executionProviders } from '../models/index.ts'
import { Calibration, type CalibrationTask } from './calibration.ts'

/** Loads at which speed fields are recorded, each for its share of the time. */
const FIELD_LOADS = [0.35, 0.75, 0.5, 0.9]
/** Loads at which those of another number of replicas are recorded: how replicas share cores. */
const SHARED_LOADS = [0.15, 0.4]
/** Shares of the time for one model: single batches, and warming up; the rest records fields. */
const SCRIPT_SHARE = 0.35
const WARM_UP_SHARE = 0.15
/** Single batches are run in so many pieces, the models in turn. */
const PIECES = 12

/**
 * A number of replicas that the pool has not: two for one, one for more. An accelerator of its own
 * may have no room for a second one.
 */
function otherReplicas({ pool }: CalibrationTask): number {
  const { onHost } = executionProviders[pool.execution_provider]
  const room = onHost ? Math.min(2, availableParallelism()) : 1
  return pool.replicas === 1 ? room : 1
}

/**
 * Measures models on this machine: work, wake-up cost, overheads and speed fields. They take turns
 * piece by piece: a machine drifts by some percent a minute, and models that were measured one
 * after another would differ by that.
 */
export async function calibrateModels(
  tasks: readonly CalibrationTask[],
  options: {
    /** for each model */
    readonly seconds: number
    readonly signal: AbortSignal
    readonly onProgress: (phase: string, ...progress: Parameters<Progress>) => void
  },
): Promise<ModelProfile[]> {
  const { seconds, signal, onProgress } = options
  const calibrations: Calibration[] = []
  try {
    for (const [i, task] of tasks.entries()) {
      onProgress('opening models', i, tasks.length)
      calibrations.push(await Calibration.open(task, otherReplicas(task), signal))
    }
    const names = calibrations.map(({ label }) => label).join(', ')
    // before anything is measured
    onProgress(`${names}: warming up`, 0, 1)
    for (const [i, one] of calibrations.entries()) {
      for (const replicas of [tasks[i]!.pool.replicas, otherReplicas(tasks[i]!)]) {
        await one.warmUp(replicas, (seconds * 1000 * WARM_UP_SHARE) / 2)
      }
    }
    const budgetMs = seconds * 1000 * SCRIPT_SHARE
    const rounds: number[] = []
    for (const one of calibrations) rounds.push(await one.rounds(budgetMs))
    for (let piece = 0; piece < PIECES; piece++) {
      for (const [i, one] of calibrations.entries()) {
        const upTo = (pieces: number) => Math.round((rounds[i]! * pieces) / PIECES)
        await one.runBatches(upTo(piece + 1) - upTo(piece))
      }
      onProgress(`${names}: single batches`, piece + 1, PIECES)
    }
    const steps = FIELD_LOADS.length + SHARED_LOADS.length
    const durationMs = (seconds * 1000 * (1 - SCRIPT_SHARE - WARM_UP_SHARE)) / steps
    for (let step = 0; step < steps; step++) {
      onProgress(`${names}: machine speed`, step, steps)
      for (const [i, one] of calibrations.entries()) {
        const own = FIELD_LOADS[step]
        const shared = SHARED_LOADS[step - FIELD_LOADS.length]
        if (own !== undefined) await one.recordTraffic(tasks[i]!.pool.replicas, own, durationMs)
        else await one.recordTraffic(otherReplicas(tasks[i]!), shared!, durationMs)
      }
    }
    return calibrations.map((one) => one.profile())
  } finally {
    await Promise.all(calibrations.map((one) => one.close()))
  }
}

import { availableParallelism } from 'node:os'
import type { ModelProfile } from '../../sim/world/index.ts'
import type { Progress } from '../live/fleet.ts'
import { executionProviders } from '../models/index.ts'
import { Calibration, type CalibrationTask } from './calibration.ts'

/** Loads at which speed fields are recorded, each for an equal share of the time. */
const FIELD_LOADS = [0.35, 0.75, 0.5, 0.9]
/** Loads for the other number of replicas: they show how replicas share cores. */
const SHARED_LOADS = [0.15, 0.4]
/** Shares of the time for one model: single batches, and warm-up. The rest records fields. */
const SCRIPT_SHARE = 0.35
const WARM_UP_SHARE = 0.15
/** Single batches run in this many pieces; models alternate. */
const PIECES = 12

/** A second number of replicas to measure. An accelerator may have no room for a second one. */
function otherReplicas({ pool }: CalibrationTask): number {
  const { onHost } = executionProviders[pool.execution_provider]
  const room = onHost ? Math.min(2, availableParallelism()) : 1
  return pool.replicas === 1 ? room : 1
}

/**
 * Measures models on this machine: work, wake-up cost, overheads and speed fields. Models alternate
 * piece by piece. A machine's speed drifts by some percent a minute, so models measured one after
 * another would differ by that drift.
 */
export async function calibrateModels(
  tasks: readonly CalibrationTask[],
  options: {
    /** seconds for each model */
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
    // all models warm up before the first measurement
    onProgress(`${names}: warming up`, 0, 1)
    for (const [i, calibration] of calibrations.entries()) {
      for (const replicas of [tasks[i]!.pool.replicas, otherReplicas(tasks[i]!)]) {
        await calibration.warmUp(replicas, (seconds * 1000 * WARM_UP_SHARE) / 2)
      }
    }
    const budgetMs = seconds * 1000 * SCRIPT_SHARE
    const rounds: number[] = []
    for (const calibration of calibrations) rounds.push(await calibration.rounds(budgetMs))
    for (let piece = 0; piece < PIECES; piece++) {
      for (const [i, calibration] of calibrations.entries()) {
        const upTo = (pieces: number) => Math.round((rounds[i]! * pieces) / PIECES)
        await calibration.runBatches(upTo(piece + 1) - upTo(piece))
      }
      onProgress(`${names}: single batches`, piece + 1, PIECES)
    }
    const steps = FIELD_LOADS.length + SHARED_LOADS.length
    const durationMs = (seconds * 1000 * (1 - SCRIPT_SHARE - WARM_UP_SHARE)) / steps
    for (let step = 0; step < steps; step++) {
      onProgress(`${names}: machine speed`, step, steps)
      for (const [i, calibration] of calibrations.entries()) {
        const configured = FIELD_LOADS[step]
        const shared = SHARED_LOADS[step - FIELD_LOADS.length]
        if (configured !== undefined)
          await calibration.recordTraffic(tasks[i]!.pool.replicas, configured, durationMs)
        else await calibration.recordTraffic(otherReplicas(tasks[i]!), shared!, durationMs)
      }
    }
    return calibrations.map((calibration) => calibration.profile())
  } finally {
    await Promise.all(calibrations.map((calibration) => calibration.close()))
  }
}

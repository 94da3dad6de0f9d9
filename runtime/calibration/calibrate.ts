import { availableParallelism } from 'node:os'
import type { ModelProfile } from '../../sim/world/index.ts'
import type { Progress } from '../live/fleet.ts'
import { LiveSession } from '../live/live-session.ts'
import { executionProviders } from '../models/index.ts'
import { Calibration, type CalibrationTask } from './calibration.ts'
import { MeasuringTime } from './measuring-time.ts'
import { fewerShapesText } from './shape-plan.ts'

/** Loads at which speed fields are recorded, each for an equal share of the time. */
const FIELD_LOADS = [0.35, 0.75, 0.5, 0.9]
/** Loads for the other number of replicas: they show how replicas share cores. */
const SHARED_LOADS = [0.15, 0.4]
/** Shares of the time for one model. Warm-up counts, and what it does not take the others get. */
const SHARES = { warmUp: 0.15, script: 0.5, fields: 0.35 } as const
/** Single batches run in this many pieces; models alternate. */
const PIECES = 12
/** A recording of traffic lasts this long, however late it is. */
const SHORTEST_MS = 50

/** A second number of replicas to measure. An accelerator may have no room for a second one. */
function otherReplicas({ pool }: CalibrationTask): number {
  const { onHost } = executionProviders[pool.execution_provider]
  const room = onHost ? Math.min(2, availableParallelism()) : 1
  return pool.replicas === 1 ? room : 1
}

/**
 * Measures models on this machine: work, wake-up cost, overheads and speed fields. Models alternate
 * piece by piece. A machine's speed drifts by some percent a minute, so models measured one after
 * another would differ by that drift. The time counts from when the models are open. It takes
 * longer where the extreme shapes alone are too slow for it.
 */
export async function calibrateModels(
  tasks: readonly CalibrationTask[],
  options: {
    /** seconds for each model */
    readonly seconds: number
    readonly signal: AbortSignal
    /** of the time of all models, in ms */
    readonly onProgress: (phase: string, ...progress: Parameters<Progress>) => void
    readonly onWarning: (text: string) => void
  },
): Promise<ModelProfile[]> {
  const { seconds, signal, onProgress, onWarning } = options
  const session = new LiveSession({ signal, onProgress })
  const calibrations: Calibration[] = []
  const modelMs = 1000 * seconds
  const time = new MeasuringTime(modelMs * tasks.length, onProgress)
  try {
    for (const [i, task] of tasks.entries()) {
      onProgress('opening models', i, tasks.length)
      const replicas = [task.pool.replicas, otherReplicas(task)]
      calibrations.push(await Calibration.open(session, task, replicas, time.show))
    }
    const names = calibrations.map(({ label }) => label).join(', ')
    // all models warm up before the first measurement
    time.begin(`${names}: warming up`)
    const shapesMs = modelMs * (SHARES.warmUp + SHARES.script)
    let leastMs = 0
    for (const calibration of calibrations) {
      const warm = await calibration.warmUpShapes(shapesMs)
      leastMs += warm.leastMs
      if (!warm.fewer) continue
      onWarning(fewerShapesText(calibration.label, warm.grid, (seconds * warm.allMs) / shapesMs))
    }
    for (const calibration of calibrations) {
      await calibration.warmUpLoops((modelMs * SHARES.warmUp) / 2)
    }
    time.begin(`${names}: single batches`, leastMs)
    const fieldsMs = (time.leftMs() * SHARES.fields) / (SHARES.script + SHARES.fields)
    const budgetMs = (time.leftMs() - fieldsMs) / tasks.length
    const rounds: number[] = []
    for (const calibration of calibrations) rounds.push(await calibration.firstRound(budgetMs))
    for (let piece = 0; piece < PIECES && time.leftMs() > fieldsMs; piece++) {
      for (const [i, calibration] of calibrations.entries()) {
        const upTo = (pieces: number) => Math.round(((rounds[i]! - 1) * pieces) / PIECES)
        await calibration.runBatches(upTo(piece + 1) - upTo(piece))
      }
    }
    time.begin(`${names}: machine speed`)
    const steps = FIELD_LOADS.length + SHARED_LOADS.length
    for (let step = 0; step < steps; step++) {
      const durationMs = Math.max(SHORTEST_MS, time.leftMs() / (steps - step) / tasks.length)
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
    await session.close()
  }
}

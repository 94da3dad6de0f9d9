import { availableParallelism } from 'node:os'
import { isServed } from '../../scenarios/index.ts'
import type { ModelProfile } from '../../sim/world/index.ts'
import type { Progress } from '../live/fleet.ts'
import { LiveSession } from '../live/live-session.ts'
import { executionProviders } from '../models/index.ts'
import { Calibration, type CalibrationTask } from './calibration.ts'
import { DecoderCalibration, isDecoderTask } from './decoder-calibration.ts'
import { MeasuringTime } from './measuring-time.ts'
import type { ModelCalibration } from './model-calibration.ts'
import { occasionsFor, SHARES, timesOf, trafficOf } from './occasion-plan.ts'

/** Single batches of all occasions run in about this many pieces; models alternate. */
const PIECES = 12
/** A recording of traffic lasts this long, however late it is. */
const SHORTEST_MS = 50

/**
 * A second number of replicas to measure. An accelerator may have no room for a second one, and of
 * a model that generates one replica is measured.
 */
function otherReplicas(task: CalibrationTask): number {
  const { pool } = task
  // a server has the replicas that it has
  if (isDecoderTask(task) || isServed(pool)) return pool.replicas
  const { onHost } = executionProviders[pool.execution_provider]
  const room = onHost ? Math.min(2, availableParallelism()) : 1
  return pool.replicas === 1 ? room : 1
}

export interface CalibrationOptions {
  /** seconds for each model */
  readonly seconds: number
  /** how often the models are opened and measured; default: as often as there is time for */
  readonly occasions?: number | undefined
  readonly signal: AbortSignal
  /** of the time of all models, in ms */
  readonly onProgress: (phase: string, ...progress: Parameters<Progress>) => void
  readonly onWarning: (text: string) => void
  /** gets what the occasions show that have ended, where a later one fails or is interrupted */
  readonly onPart?: ((models: ModelProfile[]) => void) | undefined
}

/**
 * Measures models on this machine: work, wake-up cost, overheads and speed fields. Models alternate
 * piece by piece. A machine's speed drifts by some percent a minute, so models measured one after
 * another would differ by that drift. They are opened anew on each of several occasions, which show
 * how much speed and wake-up cost differ. The time counts from when the models are open first. It
 * takes longer where the extreme shapes alone are too slow for it.
 */
export async function calibrateModels(
  tasks: readonly CalibrationTask[],
  options: CalibrationOptions,
): Promise<ModelProfile[]> {
  const { onProgress, onPart } = options
  const time = new MeasuringTime(1000 * options.seconds * tasks.length, onProgress)
  const models = tasks.map((task) => ({ task, calibration: calibrationOf(task, time.show) }))
  const profiles = () => models.map(({ calibration }) => calibration.profile())
  let measured = 0
  try {
    const first = await firstOccasion(models, time, options)
    for (measured = 1; measured < first.occasions; measured++) {
      await laterOccasion(models, time, { ...options, ...first, occasion: measured })
    }
  } catch (error) {
    if (measured > 0) onPart?.(profiles())
    throw error
  }
  return profiles()
}

interface Model {
  readonly task: CalibrationTask
  readonly calibration: ModelCalibration
}

const calibrationOf = (task: CalibrationTask, onTick: () => void): ModelCalibration =>
  isDecoderTask(task) ? new DecoderCalibration(task, onTick) : new Calibration(task, onTick)

interface Occasions {
  readonly occasions: number
  /** to open and warm up all models once more, ms */
  readonly againMs: number
  /** to warm up the loops of each model, ms */
  readonly loopsMs: number
}

const namesOf = (models: readonly Model[]) =>
  models.map(({ calibration }) => calibration.label).join(', ')

/** The first occasion shows how many there is time for. */
async function firstOccasion(
  models: readonly Model[],
  time: MeasuringTime,
  { seconds, occasions: asked, signal, onProgress, onWarning }: CalibrationOptions,
): Promise<Occasions> {
  const session = new LiveSession({ signal, onProgress })
  try {
    const from = performance.now()
    for (const [i, { task, calibration }] of models.entries()) {
      onProgress('opening models', i, models.length)
      await calibration.open(session, [task.pool.replicas, otherReplicas(task)])
    }
    // all models warm up before the first measurement
    time.begin(`${namesOf(models)}: warming up`)
    const modelMs = 1000 * seconds
    const shapesMs = modelMs * (SHARES.warmUp + SHARES.script)
    let roundMs = 0
    for (const { calibration } of models) {
      const warm = await calibration.warmUpShapes(shapesMs)
      roundMs += warm.roundMs
      if (warm.note !== null) onWarning(warm.note(seconds))
    }
    // later occasions open the configured number of replicas alone
    const againMs = (performance.now() - from) * shareAgain(models)
    const occasions = asked ?? occasionsFor({ givenMs: modelMs * models.length, againMs, roundMs })
    const loopsMs = (modelMs * SHARES.warmUp) / 2 / occasions
    const first = { occasions, againMs: againMs + loopsMs * models.length, loopsMs }
    await warmUpLoops(models, loopsMs)
    await measure(models, time, { ...first, occasion: 0, leastMs: occasions * roundMs })
    return first
  } finally {
    await session.close()
  }
}

/** Of the executors that the first occasion opens, the share that a later one does. */
function shareAgain(models: readonly Model[]): number {
  const configured = models.reduce((sum, { task }) => sum + task.pool.replicas, 0)
  const others = models.reduce((sum, { task }) => {
    const other = otherReplicas(task)
    return sum + (other === task.pool.replicas ? 0 : other)
  }, 0)
  return configured / (configured + others)
}

async function laterOccasion(
  models: readonly Model[],
  time: MeasuringTime,
  of: CalibrationOptions & Occasions & { readonly occasion: number },
): Promise<void> {
  const { signal, onProgress, occasion, occasions, loopsMs } = of
  time.begin(`${namesOf(models)}: ${occasionName(occasion, occasions)}opening`)
  const session = new LiveSession({ signal, onProgress })
  try {
    for (const { task, calibration } of models) {
      await calibration.open(session, [task.pool.replicas])
    }
    time.begin(`${namesOf(models)}: ${occasionName(occasion, occasions)}warming up`)
    // the shapes that the first occasion has chosen
    for (const { calibration } of models) await calibration.warmUpShapes(Number.POSITIVE_INFINITY)
    await warmUpLoops(models, loopsMs)
    await measure(models, time, { ...of, leastMs: 0 })
  } finally {
    await session.close()
  }
}

const occasionName = (occasion: number, occasions: number) =>
  occasions === 1 ? '' : `occasion ${occasion + 1} of ${occasions}, `

async function warmUpLoops(models: readonly Model[], loopsMs: number): Promise<void> {
  for (const { calibration } of models) await calibration.warmUpLoops(loopsMs)
}

/** Single batches and traffic of one occasion, of models that are open and warm. */
async function measure(
  models: readonly Model[],
  time: MeasuringTime,
  of: Omit<Occasions, 'loopsMs'> & { readonly occasion: number; readonly leastMs: number },
): Promise<void> {
  const { occasion, occasions, leastMs } = of
  const phase = `${namesOf(models)}: ${occasionName(occasion, occasions)}`
  time.begin(`${phase}single batches`, leastMs)
  const { scriptMs, trafficMs } = timesOf(time.leftMs(), of)
  const afterScriptMs = time.leftMs() - scriptMs
  const rounds: number[] = []
  for (const { calibration } of models) {
    rounds.push(await calibration.firstRound(scriptMs / models.length))
  }
  const pieces = Math.ceil(PIECES / occasions)
  for (let piece = 0; piece < pieces && time.leftMs() > afterScriptMs; piece++) {
    for (const [i, { calibration }] of models.entries()) {
      const upTo = (done: number) => Math.round(((rounds[i]! - 1) * done) / pieces)
      await calibration.runRounds(upTo(piece + 1) - upTo(piece))
    }
  }
  const traffic = trafficOf(occasion, occasions)
  if (traffic.length > 0) time.begin(`${phase}machine speed`)
  const afterMs = afterScriptMs - trafficMs
  for (const [step, { load, shared }] of traffic.entries()) {
    const leftMs = (time.leftMs() - afterMs) / (traffic.length - step) / models.length
    const durationMs = Math.max(SHORTEST_MS, leftMs)
    for (const { task, calibration } of models) {
      const replicas = shared ? otherReplicas(task) : task.pool.replicas
      await calibration.recordTraffic({ replicas, load, durationMs })
    }
  }
  for (const { calibration } of models) calibration.end()
}

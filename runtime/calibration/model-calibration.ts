import type { ModelProfile } from '../../sim/world/index.ts'
import type { LiveSession } from '../live/live-session.ts'

/** What the first warm-up of a model shows. */
export interface WarmedUp {
  /** time for one round, the least that an occasion measures, ms */
  readonly roundMs: number
  /** a note on what is not measured, given the seconds for each model; null for none */
  readonly note: ((seconds: number) => string) | null
}

/** One recording of a calibration. */
export interface TrafficRecording {
  readonly replicas: number
  /** rate over capacity */
  readonly load: number
  readonly durationMs: number
}

/**
 * The calibration of one pool's model, on one or more occasions. Its steps can alternate with those
 * of other models.
 */
export interface ModelCalibration {
  readonly label: string
  /** Begins an occasion: opens the model in each of these numbers of replicas. */
  open(session: LiveSession, replicas: readonly number[]): Promise<void>
  /** Runs everything once that is measured, or less of it where it takes longer than `budgetMs`. */
  warmUpShapes(budgetMs: number): Promise<WarmedUp>
  warmUpLoops(durationMs: number): Promise<void>
  /** Runs a round. Returns how many take about `budgetMs`, the first included. */
  firstRound(budgetMs: number): Promise<number>
  runRounds(rounds: number): Promise<void>
  recordTraffic(recording: TrafficRecording): Promise<void>
  /** Ends an occasion, which counts from now on. */
  end(): void
  /** The profile of the model that the occasions show which have ended: one at least. */
  profile(): ModelProfile
}

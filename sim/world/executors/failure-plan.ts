import type { Duration } from '../../../scenarios/schema/schema.ts'
import type { Ms } from '../../serving/index.ts'
import type { ReplicaFailure } from './failures/failure-kind.ts'

/** What may happen to one executor. */
export interface ExecutorFailure {
  readonly failure: ReplicaFailure
  /** name of its random stream */
  readonly stream: string
}

/** A rolling deployment of the executors of one pool. */
export interface Deployment {
  readonly executors: readonly number[]
  readonly atMs: Ms
  readonly atOnce: number
  readonly restartS: Duration
}

/** How the replicas of a scaled pool start. */
export interface StartPlan {
  readonly executors: readonly number[]
  /** those of them that run at first */
  readonly initial: number
  readonly startS: Duration
  /** replicas that are kept ready, and how they start */
  readonly warm: number
  readonly warmStartS: Duration
}

/** What follows when the accelerators of an executor stop because they are too warm. */
export interface HeatLossPlan {
  readonly pool: number
  readonly detectionMs: Ms
  /** from the moment at which they have cooled */
  readonly restartS: Duration
}

/** Everything that may happen to the executors of a scenario. */
export interface LifecyclePlan extends FailurePlan {
  readonly starts: readonly StartPlan[]
  /** by executor; null for those that never stop. Undefined where none does */
  readonly heat?: readonly (HeatLossPlan | null)[] | undefined
  readonly warmupMs: Ms
  /** by executor: whether the control plane learns of a loss at the restart, at the latest */
  readonly registers?: readonly boolean[] | undefined
}

export interface FailurePlan {
  /** by executor */
  readonly failures: readonly (readonly ExecutorFailure[])[]
  readonly deployments: readonly Deployment[]
  /** nothing begins from here on; what has begun ends */
  readonly durationMs: Ms
}

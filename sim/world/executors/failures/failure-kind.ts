import type { Failure } from '../../../../scenarios/schema/schema.ts'
import type { Random } from '../../../kernel/index.ts'
import type { Ms } from '../../../serving/index.ts'

/** A failure of single replicas; a deployment takes those of a pool in order. */
export type ReplicaFailure = Exclude<Failure, { kind: 'deployment' }>

/** A replica is down, and the control plane knows so this long after its loss. */
interface Loss {
  readonly detectionMs: Ms
}

/** How a replica runs its batches. */
export interface Condition {
  /** how many times as long they take */
  readonly factor: number
  /** of them that end with errors */
  readonly share: number
  /** after which those end; absent where they take as long as others */
  readonly afterMs?: Ms | undefined
}

type Kind = ReplicaFailure['kind']
export type FailureOf<K extends Kind> = Extract<ReplicaFailure, { kind: K }>

/** A kind of failure. */
export interface FailureKind<F extends ReplicaFailure = ReplicaFailure> {
  readonly kind: string
  /** Draws how long one lasts. */
  lastsMs(failure: F, random: Random): Ms
  /** What it does to the replica meanwhile. */
  effect(failure: F): Loss | Condition
}

export const failureKind = <K extends Kind>(
  kind: FailureKind<FailureOf<K>> & { readonly kind: K },
): FailureKind<FailureOf<K>> & { readonly kind: K } => Object.freeze(kind)

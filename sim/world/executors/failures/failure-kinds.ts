import type { Failure } from '../../../../scenarios/schema/schema.ts'
import type { Ms } from '../../../serving/index.ts'
import { crash } from './crash.ts'
import { errors } from './errors.ts'
import type { FailureKind, FailureOf, ReplicaFailure } from './failure-kind.ts'
import { slow } from './slow.ts'

type Kinds = {
  readonly [K in ReplicaFailure['kind']]: FailureKind<FailureOf<K>> & { readonly kind: K }
}

/** Every kind of failure of replicas. A new one is a new entry here, and its keys in the schema. */
const failureKinds: Kinds = Object.freeze({ crash, slow, errors })

export const failureKindOf = ({ kind }: ReplicaFailure): FailureKind => failureKinds[kind]

/** When the loss of a replica by a failure is known, ms after it; null where none is lost. */
export function detectionMs(failure: Failure): Ms | null {
  if (failure.kind === 'deployment') return null
  const effect = failureKindOf(failure).effect(failure)
  return 'detectionMs' in effect ? effect.detectionMs : null
}

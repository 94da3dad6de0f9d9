import type { Batching } from '../../../scenarios/schema/schema.ts'
import type { DeepCamel } from '../camel-case.ts'

/** A batching policy and its settings: those of a scenario, with keys in camel case. */
export type BatchingPlan = DeepCamel<Batching>

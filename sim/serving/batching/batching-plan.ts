import type { Batching, CamelKeys } from '../../../scenarios/schema/schema.ts'

/** A batching policy and its settings: those of a scenario, with keys in camel case. */
export type BatchingPlan = CamelKeys<Batching>

export function batchingPlan(batching: Batching): BatchingPlan {
  const entries = Object.entries(batching).map(([key, value]) => [
    key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
    value,
  ])
  return Object.fromEntries(entries) as BatchingPlan
}

import type { ModelMemory } from '../schema/schema.ts'
import type { Draft, PoolDraft } from './draft.ts'

export const MIB = 2 ** 20
export const PRECISION_BYTES = { fp32: 4, tf32: 4, fp16: 2, fp8: 1, int8: 1, int4: 0.5 } as const

/** The declared memory of a model. */
export function modelMemory({ model: name }: PoolDraft, draft: Draft): ModelMemory | null {
  const model = name === null ? null : draft.models.get(name)
  return model && 'work' in model ? (model.memory ?? null) : null
}

/** Whole bytes of a replica; null if unknown, since a calibration measures them. */
export function weightsBytes(pool: PoolDraft, draft: Draft): number | null {
  const memory = modelMemory(pool, draft)
  if (memory === null || pool.precision === null) return null
  return Math.round(memory.parameters_millions * 1e6 * PRECISION_BYTES[pool.precision])
}

/** Rounded to two decimals. */
export const mib = (bytes: number) => Number((bytes / MIB).toFixed(2))

/** A sufficient limit, rounded up to two decimals. */
export const atLeast = (bytes: number) => `at least ${Math.ceil((100 * bytes) / MIB) / 100} MiB`

import type { Draft, PoolDraft } from './draft.ts'

export const MIB = 2 ** 20
const PRECISION_BYTES = { fp32: 4, fp16: 2, int8: 1 } as const

/**
 * Bytes that a replica takes whatever it runs: weights, and an arena that is taken at the start.
 * Null where that is not known: of models that are not declared a calibration finds it out.
 */
export function leastBytes({ model: name, precision, memory }: PoolDraft, draft: Draft) {
  const model = name === null ? null : draft.models.get(name)
  if (!model || !('work' in model) || model.memory === undefined) return null
  if (precision === null || memory === null) return null
  const weights = model.memory.parameters_millions * 1e6 * PRECISION_BYTES[precision]
  return weights + (memory.allocator === 'buddy' ? memory.arena_mib * MIB : 0)
}

export const mibText = (bytes: number) => `${Math.ceil(100 * (bytes / MIB)) / 100} MiB`

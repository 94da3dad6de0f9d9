import type { Work } from './schema.ts'

/** Work whose time follows from the accelerator of its pool. */
export type AcceleratedWork = Extract<
  Work,
  { law: 'transformer-encoder' | 'transformer-decoder' | 'operations' }
>

export function isAccelerated(work: Work): work is AcceleratedWork {
  return work.law === 'operations' || isTransformer(work)
}

/** Only transformers are divided among the accelerators of `tensor_parallel`. */
export function isTransformer(work: Work): work is Exclude<AcceleratedWork, { law: 'operations' }> {
  return work.law === 'transformer-encoder' || work.law === 'transformer-decoder'
}

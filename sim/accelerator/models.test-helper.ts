import type { Transformer } from './transformer.ts'

/** Dimensions from the published config.json of each model. */

export const BERT_BASE: Transformer = {
  kind: 'encoder',
  layers: 12,
  hidden: 768,
  heads: 12,
  feedForward: 3072,
  gated: false,
  vocabulary: 30_522,
  positions: 512 + 2,
  pooler: true,
}

export const LLAMA_2_7B: Transformer = {
  kind: 'decoder',
  layers: 32,
  hidden: 4096,
  heads: 32,
  feedForward: 11_008,
  gated: true,
  vocabulary: 32_000,
}

export const LLAMA_31_8B: Transformer = {
  ...LLAMA_2_7B,
  kvHeads: 8,
  feedForward: 14_336,
  vocabulary: 128_256,
}

export const LLAMA_31_70B: Transformer = {
  ...LLAMA_31_8B,
  layers: 80,
  hidden: 8192,
  heads: 64,
  feedForward: 28_672,
}

export const MIXTRAL: Transformer = {
  ...LLAMA_31_8B,
  vocabulary: 32_000,
  experts: 8,
  activeExperts: 2,
}

export const QWEN3_30B_A3B: Transformer = {
  kind: 'decoder',
  layers: 48,
  hidden: 2048,
  heads: 32,
  kvHeads: 4,
  headSize: 128,
  feedForward: 768,
  gated: true,
  vocabulary: 151_936,
  experts: 128,
  activeExperts: 8,
}

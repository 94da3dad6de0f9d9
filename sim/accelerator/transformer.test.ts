import { describe, expect, test } from 'vitest'
import {
  BERT_BASE,
  LLAMA_2_7B,
  LLAMA_31_8B,
  LLAMA_31_70B,
  MIXTRAL,
  QWEN3_30B_A3B,
} from './models.test-helper.ts'
import { expectedExperts, kvBytesPerToken, parameters, weightBytes } from './transformer.ts'

describe('parameters from dimensions', () => {
  // counts of the published checkpoints; Qwen3 also has norms of queries and keys
  test.each([
    ['BERT-base', BERT_BASE, 109_482_240],
    ['Llama-2-7B', LLAMA_2_7B, 6_738_415_616],
    ['Llama-3.1-8B', LLAMA_31_8B, 8_030_261_248],
    ['Llama-3.1-70B', LLAMA_31_70B, 70_553_706_496],
    ['Mixtral-8x7B', MIXTRAL, 46_702_792_704],
  ] as const)('%s: equal the published count', (_, model, count) => {
    expect(parameters(model).total).toBe(count)
  })

  test('Qwen3-30B-A3B: equal the published count but for 48 × 256 weights of norms', () => {
    expect(parameters(QWEN3_30B_A3B).total).toBe(30_532_122_624 - 48 * 256)
  })

  test('active parameters are the published 12.9 and 3.3 billion', () => {
    expect(parameters(MIXTRAL).active / 1e9).toBeCloseTo(12.9, 1)
    expect(parameters(QWEN3_30B_A3B).active / 1e9).toBeCloseTo(3.35, 1)
    expect(parameters(LLAMA_2_7B).active).toBe(parameters(LLAMA_2_7B).total)
  })

  test('negative control: without grouped queries, Llama-3.1-8B is more than 5 % too large', () => {
    const { kvHeads: _, ...every } = LLAMA_31_8B
    expect(parameters(every).total).toBeGreaterThan(1.05 * 8_030_261_248)
  })

  test('weights take bits / 8 bytes', () => {
    expect(weightBytes(LLAMA_2_7B, 16)).toBe(2 * 6_738_415_616)
    expect(weightBytes(LLAMA_2_7B, 4)).toBe(6_738_415_616 / 2)
  })
})

describe('the KV cache', () => {
  test('takes a key and a value in each layer: 512 KiB a token in Llama-2-7B at 16 bits', () => {
    expect(kvBytesPerToken(LLAMA_2_7B, 16)).toBe(512 * 1024)
  })

  test('takes a quarter in Llama-3.1-8B, which has 8 KV heads for 32 heads', () => {
    expect(kvBytesPerToken(LLAMA_31_8B, 16)).toBe(128 * 1024)
  })
})

describe('distinct experts', () => {
  test('one token uses its own, many tokens all of them, and a dense model its one', () => {
    expect(expectedExperts(MIXTRAL, 1)).toBeCloseTo(2, 12)
    expect(expectedExperts(MIXTRAL, 1000)).toBeCloseTo(8, 12)
    expect(expectedExperts(LLAMA_2_7B, 7)).toBe(1)
  })

  test('two tokens of Mixtral use 2 + 2 − 2 × 2 / 8 of 8 experts', () => {
    expect(expectedExperts(MIXTRAL, 2)).toBeCloseTo(3.5, 12)
  })
})

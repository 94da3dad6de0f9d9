import { describe, expect, test } from 'vitest'
import { modelMemory } from '../../scenarios/schema/schema-memory.ts'
import { bytesOf, heldSums } from './activation-plan.ts'
import { declaredPlan, kvTokenBytes } from './declared-plan.ts'

const declared = (memory: object) => modelMemory.parse(memory)

describe('a declared plan', () => {
  test('allocates the input first and the output last, and frees activations in order', () => {
    const memory = declared({
      input: { per_item_kib: 1 },
      activations: [
        { per_token_kib: 2 },
        { per_token_kib: 3 },
        { per_token_squared_kib: 4, lives: 2 },
      ],
      output: { kib: 5 },
    })
    const { steps } = declaredPlan(memory, 'fp32')
    const kinds = steps.map((step) => ('free' in step ? -step.free : step.kind))
    expect(kinds).toEqual(['input', 'activation', 'activation', -1, 'activation', -2, 'output', -3])
  })

  test('the precision decides the bytes of weights', () => {
    const memory = declared({ parameters_millions: 10 })
    const weights = (['fp32', 'fp16', 'int8'] as const).map((precision) =>
      declaredPlan(memory, precision),
    )
    expect(weights.map((plan) => plan.weights)).toEqual([[4e7], [2e7], [1e7]])
    // in floating point, 1.001 million is 1,000,999.9999999999
    const odd = declaredPlan(declared({ parameters_millions: 1.001 }), 'int8')
    expect(odd.weights).toEqual([1_001_000])
  })

  test('a token of 32 layers with 8 heads of 128 in 16 bits takes 128 KiB', () => {
    const memory = declared({ kv_cache: { layers: 32, heads: 8, head_size: 128 } })
    expect(kvTokenBytes(memory)).toBe(131_072)
  })
})

test('bytes are a polynomial of batch size and length, rounded up', () => {
  const bytes = { fixed: 0.5, perLength: 1, perItem: 10, perToken: 100, perTokenSquared: 1000 }
  expect(bytesOf(bytes, 2, 3)).toBe(Math.ceil(0.5 + 3 + 2 * (10 + 300 + 9000)))
})

test('sums are kept only where no other sum covers them', () => {
  const memory = declared({
    activations: [{ per_item_kib: 4 }, { per_item_kib: 2 }, { per_token_kib: 1 }],
  })
  const sums = heldSums(declaredPlan(memory, 'fp32'))
  const both = (perItem: number, perToken: number) => expect.objectContaining({ perItem, perToken })
  expect(sums).toEqual([both(6 * 1024, 0), both(2 * 1024, 1024)])
})

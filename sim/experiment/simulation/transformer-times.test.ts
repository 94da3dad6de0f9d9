import { describe, expect, test } from 'vitest'
import type { Accelerator } from '../../../scenarios/schema/schema-accelerator.ts'
import { stream } from '../../kernel/index.ts'
import { decoderSteps, encoderWork, type TransformerWork } from './transformer-times.ts'

const figure = (value: number) => ({ value, source: 'test', confidence: 'checked' as const })

/** 1 TB/s and 100 TFLOP/s at fp16, a ridge at 100 FLOPs a byte. */
const card = (own: Partial<Accelerator> = {}): Accelerator => ({
  accelerator: 1,
  name: 'card',
  title: 'A card',
  vendor: 'V',
  prices: [],
  memory_gib: figure(80),
  bandwidth_gb_s: figure(1000),
  tflops: { fp16: figure(100), fp8: figure(200) },
  power_w: figure(300),
  interconnect_gb_s: { ...figure(100), kind: 'link' },
  ...own,
})
const ideal = { compute: 1, memory: 1, launch_us: 0, saturation_tokens: 0 }
const pool = (own: object = {}) => ({
  accelerator: card(),
  precision: 'fp16' as const,
  ...own,
})

const DIMENSIONS = { layers: 2, hidden: 512, heads: 8, vocabulary: 1000 }
const encoder: TransformerWork = {
  law: 'transformer-encoder',
  ...DIMENSIONS,
  feed_forward: 2048,
  efficiency: ideal,
  cv: 0,
}
const decoder: TransformerWork = {
  law: 'transformer-decoder',
  ...DIMENSIONS,
  feed_forward: 2048,
  efficiency: ideal,
  kv_heads: 8,
  gated: false,
}

describe('batches of an encoder', () => {
  test('take as long as computing their tokens, where there are many', () => {
    const { mean } = encoderWork(encoder, pool())
    // 2 layers of 12 hidden² weights, 2 FLOPs each, and attention
    const flops = 64 * 512 * 2 * (2 * 12 * 512 ** 2 + 4 * 512 * 512)
    const ms = flops / 100e9
    expect(mean(64, 512)).toBeGreaterThan(ms)
    expect(mean(64, 512)).toBeLessThan(1.3 * ms)
  })

  test('take about as long for one token as for ten, while reads of weights decide', () => {
    const { mean } = encoderWork(encoder, pool())
    expect(mean(1, 10) / mean(1, 1)).toBeLessThan(1.1)
    // negative control: thousands of tokens are bound by arithmetic
    expect(mean(64, 512) / mean(64, 51)).toBeGreaterThan(5)
  })

  test('scatter about their mean by the coefficient of variation', () => {
    const { of, mean } = encoderWork({ ...encoder, cv: 0.2 }, pool())
    const random = stream(1, 0, 'test')
    const values = Array.from({ length: 20_000 }, () => of(4, 64, random) / mean(4, 64))
    const average = values.reduce((a, b) => a + b, 0) / values.length
    expect(average).toBeCloseTo(1, 2)
    const variance = values.reduce((sum, x) => sum + (x - average) ** 2, 0) / values.length
    expect(Math.sqrt(variance)).toBeCloseTo(0.2, 2)
  })
})

describe('steps of a decoder', () => {
  const batch = { decodes: 32, prefills: 0, prefillTokens: 0, context: 32 * 100 }

  /** Steps one after another, and as runs up to each knee. */
  function walked(law: ReturnType<typeof decoderSteps>, steps: number) {
    let [single, runs, left, knees] = [0, 0, steps, 0]
    for (let i = 0; i < steps; i++) {
      single += law.stepMs({ ...batch, context: batch.context + 32 * i })
    }
    let context = batch.context
    while (left > 0) {
      const at = { ...batch, context }
      const straight = Math.min(left, law.straightSteps?.(at) ?? left)
      runs += straight * law.stepMs(at) + (law.growthMs(at) * straight * (straight - 1)) / 2
      context += 32 * straight
      left -= straight
      knees++
    }
    return { single, runs, knees: knees - 1 }
  }

  test('have the same sum one by one as in closed form', () => {
    const { single, runs, knees } = walked(decoderSteps(decoder, pool()), 1000)
    expect(runs / single).toBeCloseTo(1, 9)
    expect(knees).toBe(0)
  })

  test('have a knee where reading the cache and computing attention change places', () => {
    // 1.2 FLOPs a byte: attention reads its inputs first, and is bound by arithmetic later
    const slow = pool({ accelerator: card({ tflops: { fp16: figure(0.995) } }) })
    const law = decoderSteps(decoder, slow)
    const { single, runs, knees } = walked(law, 2000)
    expect(runs / single).toBeCloseTo(1, 9)
    expect(knees).toBe(1)
  })

  test('read the weights once, whatever number of sequences decodes', () => {
    const law = decoderSteps(decoder, pool())
    const one = law.stepMs({ ...batch, decodes: 1, context: 0 })
    const many = law.stepMs({ ...batch, decodes: 16, context: 0 })
    expect(many / one).toBeLessThan(1.2)
    const prompt = { decodes: 0, prefills: 1, prefillTokens: 2000, context: 0 }
    expect(law.stepMs(prompt) / one).toBeGreaterThan(3)
  })

  test('of a mixture of experts read few experts for one token, and all for many', () => {
    const experts = { ...decoder, experts: 64, active_experts: 4 }
    const law = decoderSteps(experts, pool())
    const at = (decodes: number) => law.stepMs({ ...batch, decodes, context: 0 })
    expect(at(32) / at(1)).toBeGreaterThan(5)
    expect(at(256) / at(128)).toBeLessThan(1.2)
  })

  test('are divided among cards, which exchange their results', () => {
    const [one, two] = [1, 2].map((tensor_parallel) =>
      decoderSteps(decoder, pool({ tensor_parallel })).stepMs({
        ...batch,
        prefillTokens: 4000,
        prefills: 2,
      }),
    )
    expect(one! / two!).toBeGreaterThan(1)
    expect(one! / two!).toBeLessThan(2)
  })

  test('take half of the time at half of the bits, where reads decide', () => {
    const at = (precision: 'fp16' | 'fp8' | 'int4') =>
      decoderSteps(decoder, pool({ precision })).stepMs({ ...batch, decodes: 1, context: 0 })
    expect(at('fp16') / at('fp8')).toBeCloseTo(2, 0)
    expect(at('fp16') / at('int4')).toBeCloseTo(4, 0)
  })
})

test('a partition takes as many times as long as the card, and its whole is the card', () => {
  const at = (own: object) => encoderWork(encoder, pool(own)).mean(8, 128)
  expect(at({ partition: 0.25 }) / at({})).toBeCloseTo(4, 9)
  expect(at({ partition: 1 })).toBe(at({}))
})

test('a precision that the card lacks is an error of the program', () => {
  expect(() => encoderWork(encoder, pool({ precision: 'int8' }))).toThrow(/to compute at int8/)
})

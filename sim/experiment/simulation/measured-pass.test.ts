import { describe, expect, test } from 'vitest'
import { shippedAccelerators } from '../../../scenarios/load/accelerators.ts'
import { predictPass, type RooflineFit } from '../../accelerator/index.ts'
import { decoderPass, encoderPass } from './measured-pass.ts'
import { decoderSteps, encoderWork, type TransformerWork } from './transformer-times.ts'

/** What a fit predicts is what a simulation takes: both compute the same work. */

const efficiency = {
  compute: 0.6,
  memory: 0.8,
  launch_us: 4,
  saturation_tokens: 100,
  sharpness: 3,
}
const size = { layers: 12, hidden: 768, heads: 12, vocabulary: 30_522, efficiency }
const encoder: TransformerWork = { law: 'transformer-encoder', ...size, cv: 0 }
const decoder: TransformerWork = { law: 'transformer-decoder', ...size, kv_heads: 4, gated: true }

const card = shippedAccelerators().find(({ name }) => name === 'a100-sxm-80')!
const pools = [
  { accelerator: card, precision: 'fp16' },
  { accelerator: card, precision: 'int8', tensor_parallel: 4 },
] as const

const fittedAt = (precision: string): RooflineFit => ({
  launchUs: { all: efficiency.launch_us },
  computeEfficiency: { [precision]: efficiency.compute },
  memoryEfficiency: efficiency.memory,
  halfTokens: efficiency.saturation_tokens,
  sharpness: efficiency.sharpness,
  ranges: {},
})

describe.each(pools)('at $precision', (pool) => {
  const predicted = (pass: ReturnType<typeof encoderPass>) =>
    predictPass(fittedAt(pool.precision), { ...pass, at: {} }).ms

  test('a batch of an encoder takes the simulated time', () => {
    for (const batch of [1, 8, 64]) {
      for (const length of [1, 100, 512]) {
        const ms = encoderWork(encoder, pool).mean(batch, length)
        expect(predicted(encoderPass(encoder, pool, { size: batch, length }))).toBeCloseTo(ms, 12)
      }
    }
  })

  test('a step of a decoder takes the simulated time', () => {
    const steps = [
      { decodes: 16, context: 16_000, prefills: 0, prefillTokens: 0 },
      { decodes: 0, context: 0, prefills: 1, prefillTokens: 512 },
      { decodes: 4, context: 4000, prefills: 2, prefillTokens: 300 },
    ]
    for (const step of steps) {
      const ms = decoderSteps(decoder, pool).stepMs(step)
      expect(predicted(decoderPass(decoder, pool, step))).toBeCloseTo(ms, 12)
    }
  })

  test('negative control: at other efficiencies it takes another time', () => {
    const other = { ...encoder, efficiency: { ...efficiency, compute: 0.4 } }
    const ms = encoderWork(other, pool).mean(64, 512)
    const pass = encoderPass(encoder, pool, { size: 64, length: 512 })
    expect(Math.abs(predicted(pass) / ms - 1)).toBeGreaterThan(0.05)
  })
})

import { Tensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { stream } from '../../sim/kernel/index.ts'
import { buildMlp } from './mlp.ts'
import {
  drift,
  largestDifference,
  referenceMlp,
  runOnCpu,
  weightsOf,
} from './reference.test-helper.ts'

const options = { layers: 3, width: 48, seed: 7 }
const model = { builtin: 'mlp', ...options } as const

function rows(count: number): number[][] {
  const random = stream(1, 0, 'mlp test')
  return Array.from({ length: count }, () =>
    Array.from({ length: options.width }, () => Math.fround(random.normal())),
  )
}

function feedsOf(x: readonly (readonly number[])[]) {
  return { x: new Tensor('float32', Float32Array.from(x.flat()), [x.length, options.width]) }
}

describe('mlp', () => {
  test('equals dense layers with ReLU, computed without tensors', async () => {
    const x = rows(5)
    const wanted = referenceMlp(
      x,
      options.layers,
      weightsOf(Buffer.concat(buildMlp(options, 'fp32'))),
    )
    const got = await runOnCpu(model, 'fp32', feedsOf(x))
    expect(largestDifference(got, wanted.flat())).toBeLessThan(1e-4)
    expect(Math.max(...got)).toBeGreaterThan(0.5)
  })

  test.each([
    ['fp16', 0.01],
    ['int8', 0.05],
  ] as const)(
    '%s differs from fp32 by a share of less than %f, but not by 0',
    async (precision, bound) => {
      const feeds = feedsOf(rows(32))
      const exact = await runOnCpu(model, 'fp32', feeds)
      const got = drift(await runOnCpu(model, precision, feeds), exact)
      expect(got).toBeLessThan(bound)
      expect(got).toBeGreaterThan(0)
    },
  )

  test('keeps activations at the same scale through many layers', async () => {
    const deep = await runOnCpu({ ...model, layers: 24 }, 'fp32', feedsOf(rows(16)))
    const square = deep.reduce((sum, x) => sum + x * x, 0) / deep.length
    expect(square).toBeGreaterThan(0.05)
    expect(square).toBeLessThan(20)
  })

  test('the seed determines every byte', () => {
    for (const precision of ['fp32', 'fp16', 'int8'] as const) {
      const bytes = Buffer.concat(buildMlp(options, precision))
      expect(bytes.equals(Buffer.concat(buildMlp(options, precision)))).toBe(true)
      expect(bytes.equals(Buffer.concat(buildMlp({ ...options, seed: 8 }, precision)))).toBe(false)
    }
  })
})

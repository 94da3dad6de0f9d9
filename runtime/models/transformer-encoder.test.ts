import { Tensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import {
  drift,
  largestDifference,
  referenceTransformer,
  runOnCpu,
  weightsOf,
} from './reference.test-helper.ts'
import { buildTransformer } from './transformer-encoder.ts'

const options = { layers: 1, hidden: 8, heads: 2, vocabulary: 50, seed: 3 }
const model = { builtin: 'transformer-encoder', pad_to: 1, ...options } as const

/** Sequences padded with `filler`, which the mask hides. */
function feedsOf(sequences: readonly (readonly number[])[], length: number, filler = 0) {
  const shape = [sequences.length, length]
  const cells = (cell: (sequence: readonly number[], t: number) => number) =>
    sequences.flatMap((sequence) => Array.from({ length }, (_, t) => BigInt(cell(sequence, t))))
  const ids = cells((sequence, t) => sequence[t] ?? filler)
  const mask = cells((sequence, t) => (t < sequence.length ? 1 : 0))
  return {
    input_ids: new Tensor('int64', BigInt64Array.from(ids), shape),
    attention_mask: new Tensor('int64', BigInt64Array.from(mask), shape),
  }
}

const long = [1, 7, 49, 3, 3, 20, 11]
const short = [5, 42, 8]

describe('transformer encoder', () => {
  test('equals attention, layer norms and GELU computed without tensors', async () => {
    const weights = weightsOf(Buffer.concat(buildTransformer(options, 'fp32')))
    const got = await runOnCpu(model, 'fp32', feedsOf([long], long.length))
    const wanted = referenceTransformer(long, options, weights)
    expect(largestDifference(got, wanted)).toBeLessThan(1e-4)
    const reversed = referenceTransformer(long.toReversed(), options, weights)
    expect(largestDifference(got, reversed)).toBeGreaterThan(1e-2)
  })

  test.each(['fp32', 'fp16'] as const)(
    '%s: padding behind a mask changes nothing',
    async (precision) => {
      const alone = await runOnCpu(model, precision, feedsOf([short], short.length))
      const padded = await runOnCpu(model, precision, feedsOf([long, short], 12, 31))
      expect(largestDifference(padded.subarray(options.hidden), alone)).toBeLessThan(
        precision === 'fp32' ? 1e-4 : 1e-2,
      )
    },
  )

  test.each([
    ['fp16', 0.01],
    ['int8', 0.05],
  ] as const)(
    '%s differs from fp32 by a share of less than %f, but not by 0',
    async (precision, bound) => {
      const larger = { ...model, layers: 2, hidden: 64 }
      const feeds = feedsOf([long, short, [...long, ...short]], 10)
      const exact = await runOnCpu(larger, 'fp32', feeds)
      const got = drift(await runOnCpu(larger, precision, feeds), exact)
      expect(got).toBeLessThan(bound)
      expect(got).toBeGreaterThan(0)
    },
  )

  test('beyond the table of positions the last vector repeats, so the order of tokens has no effect', async () => {
    const places =
      weightsOf(Buffer.concat(buildTransformer(options, 'fp32')))('positions').length /
      options.hidden
    const ids = Array.from({ length: places + 2 }, (_, t) => (t % 2 === 0 ? 7 : 42))
    const swapped = (t: number) => ids.with(t, ids[t + 1]!).with(t + 1, ids[t]!)
    const run = (tokens: readonly number[]) =>
      runOnCpu(model, 'fp32', feedsOf([tokens], tokens.length))
    const pooled = await run(ids)
    expect(largestDifference(await run(swapped(places - 1)), pooled)).toBeLessThan(1e-6)
    expect(largestDifference(await run(swapped(3)), pooled)).toBeGreaterThan(1e-5)
  })

  test('a request that is masked completely pools to zero', async () => {
    const pooled = await runOnCpu(model, 'fp32', feedsOf([[], short], 4))
    expect([...pooled.subarray(0, options.hidden)]).toEqual(new Array(options.hidden).fill(0))
  })

  test('the seed determines every byte', () => {
    for (const precision of ['fp32', 'fp16', 'int8'] as const) {
      const bytes = Buffer.concat(buildTransformer(options, precision))
      expect(bytes.equals(Buffer.concat(buildTransformer(options, precision)))).toBe(true)
      expect(
        bytes.equals(Buffer.concat(buildTransformer({ ...options, seed: 4 }, precision))),
      ).toBe(false)
    }
  })
})

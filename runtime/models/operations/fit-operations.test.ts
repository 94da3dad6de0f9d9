import { describe, expect, test } from 'vitest'
import { type CountedBatch, fitOperations } from './fit-operations.ts'

const MIB = 2 ** 20

/** Counts of batches of 1, 2 and 8 at these lengths. */
function countsOf(
  lengths: readonly (number | null)[],
  of: (batch: number, length: number) => Partial<CountedBatch>,
): CountedBatch[] {
  return [1, 2, 8].flatMap((batch) =>
    lengths.map((length) => ({
      batch,
      length,
      flops: 0,
      movedBytes: 0,
      weightBytes: 3 * MIB,
      kernels: 7,
      notCounted: [],
      ...of(batch, length ?? 0),
    })),
  )
}

describe('coefficients of operations', () => {
  test('are those that the counts were made of, to the last bit that is printed', () => {
    const counts = countsOf([16, 64, 256, 400], (batch, length) => ({
      flops: batch * (3e9 + 2e6 * length + 5e3 * length ** 2),
      movedBytes: batch * length * MIB * (0.25 + 0.125 * length),
    }))
    const { work, errors } = fitOperations(counts)
    expect(work).toEqual({
      gflops_per_item: 3,
      gflops_per_token: 0.002,
      gflops_per_token_squared: 5e-6,
      weights_mib: 3,
      moved_mib_per_item: 0,
      moved_mib_per_token: 0.25,
      moved_mib_per_token_squared: 0.125,
      kernels: 7,
    })
    for (const error of Object.values(errors)) expect(error).toBeLessThan(1e-12)
    // negative control: one batch of other counts shows in the error
    const other = counts.map((one, i) => (i === 5 ? { ...one, flops: 1.05 * one.flops } : one))
    expect(fitOperations(other).errors.flops).toBeGreaterThan(0.02)
  })

  test('are per request for a net without lengths', () => {
    const { work, errors } = fitOperations(countsOf([null], (batch) => ({ flops: 4e9 * batch })))
    expect([work.gflops_per_item, work.gflops_per_token]).toEqual([4, 0])
    expect([errors.flops, errors.movedBytes]).toEqual([0, 0])
  })

  test('one length cannot tell tokens from requests', () => {
    const counts = countsOf([32], (batch) => ({ flops: 32e9 * batch }))
    expect(fitOperations(counts).work).toMatchObject({ gflops_per_item: 32, gflops_per_token: 0 })
  })

  test('are not below 0, and the error of leaving one out is stated', () => {
    // a convolution without padding: two positions less than the length
    const counts = countsOf([10, 20, 40], (batch, length) => ({ flops: batch * (length - 2) }))
    const { work, errors } = fitOperations(counts)
    expect(Math.min(...Object.values(work))).toBe(0)
    expect(errors.flops).toBeGreaterThan(0.001)
    expect(errors.flops).toBeLessThan(0.1)
  })

  test('weights and kernels that differ between batches are the most, with their error', () => {
    const { work, errors } = fitOperations(countsOf([8], (batch) => ({ kernels: 10 - batch })))
    expect([work.kernels, errors.kernels]).toEqual([9, 9 / 2 - 1])
  })
})

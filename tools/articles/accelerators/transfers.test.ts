import { describe, expect, test } from 'vitest'
import { FITTED_ERRORS, USUAL_ERRORS } from '../../../sim/accelerator/index.ts'
import { TRANSFER_WIDTHS } from '../../../sim/experiment/index.ts'
import {
  errorsByCard,
  haveTransfers,
  type MeasuredSeries,
  missedBy,
  missedByKind,
  transferStudy,
  transfersAmong,
} from './transfers.ts'

const pass = (batch: number, ms: number) => ({
  groups: [{ name: 'linear' as const, flops: 1e12 * batch, bytes: 1e9, launches: 1 }],
  tokens: batch,
  bandwidthGbS: 1000,
  tflops: 100,
  precision: 'all',
  kernels: 'all',
  at: { batch },
  ms,
})

/** Rows whose times grow with the batch, `slowness` times as long on the second card. */
function series(card: string, slowness: number): MeasuredSeries {
  const passes = [1, 2, 4, 8, 16, 32, 64].map((batch) => pass(batch, slowness * (2 + 20 * batch)))
  const of = { kind: 'encoder', model: 'm', precision: 'FP16', engine: 'e' } as const
  return { ...of, card, tensor_parallel: 1, passes }
}

test('a card that is twice as slow as its figures say is predicted in half of its time', () => {
  const all = transfersAmong([series('a', 1), series('b', 2)])
  expect(all.map(({ from, to, changed }) => [from.card, to.card, changed])).toEqual([
    ['a', 'b', ['card']],
    ['b', 'a', ['card']],
  ])
  const [there, back] = all.map((one) => missedBy([one]))
  expect(there!.median).toBeCloseTo(0.5, 1)
  expect(there!.high).toBeLessThan(-0.4)
  expect(back!.low).toBeGreaterThan(0.8)
})

test('a card that is as fast as usual efficiencies say has no error, and one in any half has its', () => {
  const { usual } = errorsByCard([series('a', 1), series('b', 2)])
  const [slow, fast] = [usual.encoder.b!, usual.encoder.a!]
  // half of the speed is half of the time that is predicted
  slow.forEach((error, i) => {
    expect(1 + error).toBeCloseTo((1 + fast[i]!) / 2, 1)
  })
  expect(usual.encoder.any![0]).toBe(slow[0])
  expect(usual.encoder.any![4]).toBe(fast[4])
})

describe.skipIf(!haveTransfers())('published rows on several cards', () => {
  test('show the widths that simulations take of transfers', async () => {
    const found = missedByKind(await transferStudy())
    const widths = (of: (typeof found)['encoder']) =>
      Object.fromEntries(
        Object.entries(of).map(([key, { low, high, median }]) => [key, { low, high, median }]),
      )
    expect(widths(found.encoder)).toEqual(TRANSFER_WIDTHS.encoder)
    expect(widths(found.decoder)).toEqual(TRANSFER_WIDTHS.decoder)
  }, 600_000)

  test('show the errors that simulations take of usual efficiencies, and of fits', () => {
    const { usual, fitted } = errorsByCard()
    expect(usual).toEqual(USUAL_ERRORS)
    expect(fitted).toEqual(FITTED_ERRORS)
  }, 600_000)
})

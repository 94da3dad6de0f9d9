import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FREE_CHANNEL, Transfers } from '../../serving/index.ts'
import { leavingTimes } from './leaving-times.ts'

/** Messages that are sent at these times and occupy their channel for so long, ms. */
const messagesOf = (sent: readonly (readonly [number, number])[]) =>
  sent.map(([at, ms], key) => ({ key, at, ms }))

const leaving = (sharing: 'fifo' | 'fair', sent: readonly (readonly [number, number])[]) => {
  const left = leavingTimes(messagesOf(sent), sharing)
  return sent.map((_, key) => left.get(key))
}

test('one after another, of those of one instant each may be the first', () => {
  const sent = [
    [0, 4],
    [1, 1],
    [1, 2],
    [9, 0],
    [9, 2],
  ] as const
  expect(leaving('fifo', sent)).toEqual([4, 5, 6, 9, 11])
})

test('with fair shares each has an n-th', () => {
  const sent = [
    [0, 4],
    [1, 1],
    [9, 2],
    [9, 2],
  ] as const
  expect(leaving('fair', sent)).toEqual([5, 3, 13, 13])
})

test.each(['fifo', 'fair'] as const)(
  '%s: the world, which computes otherwise, agrees',
  (sharing) => {
    const drawn = fc.tuple(
      fc.double({ min: 0.001, max: 5, noNaN: true }),
      fc.double({ min: 0.01, max: 9, noNaN: true }),
    )
    fc.assert(
      fc.property(fc.array(drawn, { minLength: 1, maxLength: 40 }), (gaps) => {
        let now = 0
        const sent = gaps.map(([gap, ms]) => [(now += gap), ms] as const)
        const transfers = new Transfers([{ ...FREE_CHANNEL, sharing, msPerUnit: 1 }])
        const at: number[] = []
        const takeUntil = (until: number) => {
          while (transfers.nextAt <= until && transfers.nextAt < Number.POSITIVE_INFINITY) {
            const next = transfers.nextAt
            const request = transfers.take(next)
            if (request >= 0) at[request] = next
          }
        }
        for (const [request, [from, size]] of sent.entries()) {
          takeUntil(from)
          transfers.start(from, { request, channel: 0, size, key: 1, purpose: 1 })
        }
        takeUntil(Number.POSITIVE_INFINITY)
        for (const [key, left] of leaving(sharing, sent).entries()) {
          expect(Math.abs(left! - at[key]!)).toBeLessThan(1e-8)
        }
      }),
    )
  },
)

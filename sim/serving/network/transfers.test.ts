import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ChannelPlan, FREE_CHANNEL } from './channel-plan.ts'
import { Transfers } from './transfers.ts'

/** A channel on which a unit of size takes 1 ms. */
const UNIT: ChannelPlan = { ...FREE_CHANNEL, msPerUnit: 1 }

/** When messages that are sent at these times with these sizes are delivered. */
function delivered(sharing: ChannelPlan['sharing'], sent: readonly (readonly [number, number])[]) {
  const transfers = new Transfers([{ ...UNIT, sharing }])
  const at: number[] = []
  const takeUntil = (until: number) => {
    while (transfers.nextAt <= until && transfers.nextAt < Number.POSITIVE_INFINITY) {
      const now = transfers.nextAt
      for (let request = transfers.take(now); request >= 0; request = transfers.take(now)) {
        at[request] = now
      }
    }
  }
  for (const [request, [now, size]] of sent.entries()) {
    takeUntil(now)
    transfers.start(now, { request, channel: 0, size, key: request, purpose: 1 })
  }
  takeUntil(Number.POSITIVE_INFINITY)
  return at
}

describe('messages on a channel', () => {
  test('in FIFO order wait for those before them', () => {
    expect(
      delivered('fifo', [
        [0, 4],
        [1, 1],
        [9, 2],
      ]),
    ).toEqual([4, 5, 11])
  })

  test('with fair shares have an n-th of the bandwidth each', () => {
    // alone until 1, then two of them until the second has had 1 ms: at 3; 2 ms are left
    expect(
      delivered('fair', [
        [0, 4],
        [1, 1],
        [9, 2],
      ]),
    ).toEqual([5, 3, 11])
  })

  test('without a size are delivered at once, whatever else is sent', () => {
    expect(
      delivered('fifo', [
        [0, 4],
        [1, 0],
      ]),
    ).toEqual([4, 1])
    expect(
      delivered('fair', [
        [0, 4],
        [1, 0],
      ]),
    ).toEqual([4, 1])
  })
})

const messages = fc
  .array(
    fc.tuple(
      fc.double({ min: 0, max: 5, noNaN: true }),
      fc.double({ min: 0.01, max: 9, noNaN: true }),
    ),
    { minLength: 1, maxLength: 40 },
  )
  .map((drawn) => {
    let now = 0
    return drawn.map(([gap, size]) => [(now += gap), size] as const)
  })

test('either way a channel is busy for the same time: the last message leaves then', () => {
  fc.assert(
    fc.property(messages, (sent) => {
      let free = 0
      for (const [at, size] of sent) free = Math.max(free, at) + size
      for (const sharing of ['fifo', 'fair'] as const) {
        expect(Math.max(...delivered(sharing, sent))).toBeCloseTo(free, 6)
      }
    }),
  )
})

test('with fair shares no message takes longer than with all others before it', () => {
  fc.assert(
    fc.property(messages, (sent) => {
      const total = sent.reduce((sum, [, size]) => sum + size, 0)
      for (const [i, at] of delivered('fair', sent).entries()) {
        const took = at - sent[i]![0]
        expect(took).toBeGreaterThanOrEqual(sent[i]![1] - 1e-9)
        expect(took).toBeLessThanOrEqual(total + 1e-9)
      }
    }),
  )
})

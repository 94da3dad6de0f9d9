import { expect, test } from 'vitest'
import { CallLimit, type LoadLimits } from './call-limit.ts'

const inSeconds = (s: number) => process.hrtime.bigint() + BigInt(s * 1e9)
const limitOf = ({ perSecond = 20, parts = 1, untilNs = inSeconds(3600) }) =>
  new CallLimit({ perSecond, seconds: 60, untilNs } satisfies LoadLimits, 'host:1', parts)

test('no second has more calls than are allowed, alone or several at once', async () => {
  const limit = limitOf({ perSecond: 20 })
  const times: number[] = []
  const pass = async (calls: number) => {
    await limit.pass(calls)
    times.push(...Array.from({ length: calls }, () => performance.now()))
  }
  for (const calls of [1, 8, 3, 8, 20]) await pass(calls)
  await Promise.all([1, 2, 3, 4].map(pass))
  expect(times).toHaveLength(50)
  const sorted = times.sort((a, b) => a - b)
  for (const [i, at] of sorted.slice(20).entries()) {
    // a timer may wake a part of a millisecond early, never the limit
    expect(at - sorted[i]!).toBeGreaterThan(999)
  }
})

test('threads share the calls of a second', async () => {
  await expect(limitOf({ perSecond: 20, parts: 4 }).pass(6)).rejects.toThrow(
    'host:1: --max-rps 20 is less than the 6 requests of a batch, sent at once; raise it, or lower max_batch',
  )
  expect(() => limitOf({ perSecond: 3, parts: 4 })).toThrow(
    'host:1: --max-rps 3 is less than one a second for each of 4 threads; raise it',
  )
})

test('nothing passes after the end, also not what waits for its second', async () => {
  await expect(limitOf({ untilNs: inSeconds(0) }).pass(1)).rejects.toThrow(
    'host:1: --max-seconds 60 has passed, so nothing more is sent',
  )
  const limit = limitOf({ perSecond: 1, untilNs: inSeconds(1) - 500_000_000n })
  await limit.pass(1)
  await expect(limit.pass(1)).rejects.toThrow('--max-seconds')
})

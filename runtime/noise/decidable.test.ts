import { describe, expect, test } from 'vitest'
import { canDecide, decide, type Stalls } from './decidable.ts'

const SPUN_MS = 8000
const thread = (role: Stalls['role'], gaps: readonly number[]): Stalls => ({
  role,
  spunMs: SPUN_MS,
  gaps,
})
const stalls = (count: number, ms: number) => Array<number>(count).fill(ms)
const machine = (executor: readonly number[], dispatcher: readonly number[] = []) => [
  thread('dispatcher', dispatcher),
  thread('executor', executor),
]

describe('which percentiles can be decided', () => {
  test('the share of requests that meet a stall is that of requests sent at random times', () => {
    // stalls of 3 ms that last 80 of 8,000 ms
    const { share } = decide(machine(stalls(80, 3)), 20)
    const every = SPUN_MS / 80
    // a service of 20 ms meets a stall if it starts up to 20 ms before it, or within it
    const met = (20 + 3) / every
    expect(share).toBeCloseTo(1 - Math.exp(-met), 10)
  })

  test('only stalls longer than 5 % of the service time and 50 µs count', () => {
    const noisy = machine(stalls(400, 0.4))
    expect(decide(noisy, 7.9).share).toBeGreaterThan(0.3)
    expect(decide(noisy, 8.1).share).toBe(0)
    expect(decide(noisy, 0.1).stall_ms).toBe(0.05)
    expect(decide(machine(stalls(400, 0.05)), 0.1).share).toBe(0)
  })

  test('a stall of the dispatcher counts at two moments, one of an executor as long as it serves', () => {
    const gaps = stalls(40, 10)
    const dispatcher = decide(machine([], gaps), 50).share
    const executor = decide(machine(gaps), 50).share
    expect(dispatcher).toBeCloseTo(1 - Math.exp((-2 * 40 * 10) / SPUN_MS), 10)
    expect(executor).toBeCloseTo(1 - Math.exp((-40 * 60) / SPUN_MS), 10)
  })

  test('executors count in the mean, as requests are spread over them', () => {
    const two = [...machine(stalls(40, 3)), thread('executor', [])]
    expect(decide(two, 20).share).toBeCloseTo(decide(machine(stalls(20, 3)), 20).share, 10)
  })

  test('where there is one core only, its thread is the executor, too', () => {
    const { share } = decide([thread('dispatcher', stalls(40, 3))], 20)
    expect(share).toBe(decide(machine(stalls(40, 3), stalls(40, 3)), 20).share)
  })

  test('a percentile is decided if twice as many stalls would still leave it', () => {
    expect(canDecide(0.005, 0.99)).toBe(true)
    expect(canDecide(0.0051, 0.99)).toBe(false)
    expect([0.5, 0.9].map((p) => canDecide(0.2, p))).toEqual([true, false])
  })

  test('stalls that were not seen may be there: p99.9 of long services needs a longer look', () => {
    const still = [0.5, 2, 10, 50].map((ms) => decide(machine([]), ms))
    expect(still.map(({ share }) => share)).toEqual([0, 0, 0, 0])
    expect(still.map(({ decided }) => decided)).toEqual([0.999, 0.99, 0.95, 0.9])
    expect(still.map(({ possible }) => possible)).toEqual([0.999, 0.999, 0.999, 0.999])
  })

  test('the limits are those of a Poisson mean: 0 and 10 events', () => {
    const limits = (count: number) => {
      const { share_at_least: least, share_at_most: most } = decide(machine(stalls(count, 1)), 1)
      // the dispatcher was never seen to stall: 3.69 events at most, of two moments of 0.05 ms
      const unseen = (2 * 3.69 * 0.05) / SPUN_MS
      const events = (share: number) => (-Math.log(1 - share) * SPUN_MS) / 2
      return [events(least), events(most) - (unseen * SPUN_MS) / 2]
    }
    // exact: [4.80, 18.39]
    expect(limits(10)).toEqual([expect.closeTo(4.8, 1), expect.closeTo(18.39, 1)])
    expect(limits(1)).toEqual([expect.closeTo(0.03, 1), expect.closeTo(5.57, 1)])
  })

  test('on a machine that stalls all the time nothing can be decided', () => {
    const { decided, possible } = decide(machine(stalls(800, 5)), 50)
    expect([decided, possible]).toEqual([null, null])
  })
})

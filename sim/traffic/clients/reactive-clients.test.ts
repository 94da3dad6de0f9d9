import { describe, expect, test } from 'vitest'
import { OUTCOME, type Outcome, Requests } from '../../serving/index.ts'
import type { ClientRetryPlan } from './backoff.ts'
import { type ClientsPlan, ReactiveClients } from './reactive-clients.ts'

const { served, shed, abandoned } = OUTCOME

const retry: ClientRetryPlan = {
  maxAttempts: 3,
  backoffMs: 10,
  multiplier: 2,
  maxBackoffMs: Number.POSITIVE_INFINITY,
  jitter: 'none',
}

const plain: ClientsPlan = {
  clientTimeout: () => Number.POSITIVE_INFINITY,
  retry: null,
  turns: { draw: () => 1 },
  carryContext: false,
  sharedPrefixTokens: 0,
  think: () => 5,
  closed: false,
  endMs: 1000,
}

interface Sent {
  readonly at: number
  readonly attempt: number
  readonly length: number
}

/** Runs clients against a server with a given duration and outcome for each request. */
function run(
  plan: Partial<ClientsPlan>,
  times: readonly number[],
  answer: (
    sent: Sent,
    key: number,
  ) => { after: number; outcome: Outcome; pushbackMs?: number | undefined },
): Sent[] {
  let i = 0
  const clients = new ReactiveClients(
    { ...plain, ...plan },
    { next: () => times[i++] ?? Number.POSITIVE_INFINITY },
    { draw: () => 7 },
    { draw: () => 2 },
  )
  const fields = new Requests(1)
  const all: Sent[] = []
  let ends: { key: number; at: number; outcome: Outcome; pushbackMs?: number | undefined }[] = []
  for (;;) {
    const next = clients.peek()
    const first = ends.toSorted((a, b) => a.at - b.at)[0]
    if (first === undefined && next === Number.POSITIVE_INFINITY) break
    if (first !== undefined && first.at <= next) {
      ends = ends.filter((end) => end !== first)
      clients.settled(first.key, first.outcome, first.at, first.pushbackMs)
      continue
    }
    const key = all.length
    if (!clients.take(fields, 0, key)) continue
    const sent = { at: fields.at[0]!, attempt: fields.attempt[0]!, length: fields.inputTokens[0]! }
    expect(sent.at).toBe(next)
    all.push(sent)
    const { after, outcome, pushbackMs } = answer(sent, key)
    ends.push({ key, at: sent.at + after, outcome, pushbackMs })
  }
  return all
}

const times = (sent: readonly Sent[]) => sent.map(({ at }) => at)

describe('retries', () => {
  test('a rejected request is sent again, after a longer time at each attempt', () => {
    const sent = run({ retry }, [100], () => ({ after: 0, outcome: shed }))
    expect(times(sent)).toEqual([100, 110, 130])
    expect(sent.map(({ attempt }) => attempt)).toEqual([1, 2, 3])
  })

  test('a pushback takes the place of the backoff, and further backoffs begin anew', () => {
    const four = { ...retry, maxAttempts: 5 }
    const afterPushbacks = (...pushbacks: readonly (number | undefined)[]) =>
      times(
        run({ retry: four }, [100], ({ attempt }) => ({
          after: 1,
          outcome: shed,
          pushbackMs: pushbacks[attempt - 1],
        })),
      )
    // backoffs of 10, 20, 40 and 80 ms, each after an attempt of 1 ms
    expect(afterPushbacks()).toEqual([100, 111, 132, 173, 254])
    expect(afterPushbacks(undefined, 300)).toEqual([100, 111, 412, 423, 444])
    expect(afterPushbacks(0, undefined, 7)).toEqual([100, 101, 112, 120, 131])
  })

  test('a negative pushback ends the call, and one after the last attempt has no effect', () => {
    const sent = run({ retry }, [100], () => ({ after: 1, outcome: shed, pushbackMs: -1 }))
    expect(times(sent)).toEqual([100])
    const last = run({ retry }, [100], () => ({ after: 1, outcome: shed, pushbackMs: 4 }))
    expect(times(last)).toEqual([100, 105, 110])
  })

  test('users of a closed loop go on with a new session after a negative pushback', () => {
    const loop = { retry, closed: true, endMs: 130 }
    const sent = run(loop, [100], () => ({ after: 1, outcome: shed, pushbackMs: -1 }))
    expect(sent.every(({ attempt }) => attempt === 1)).toBe(true)
    expect(times(sent)).toEqual([100, 106, 112, 118, 124])
  })

  test('a pushback does not make an end retryable', () => {
    const failures = { ...retry, retryOn: ['failed' as const] }
    const sent = run({ retry: failures }, [100], () => ({ after: 1, outcome: shed, pushbackMs: 4 }))
    expect(times(sent)).toEqual([100])
  })

  test('a served request is not', () => {
    expect(times(run({ retry }, [100], () => ({ after: 3, outcome: served })))).toEqual([100])
  })

  test('a client that times out retries, whatever happens to its request', () => {
    const slow = run({ retry, clientTimeout: () => 20 }, [100], () => ({
      after: 500,
      outcome: abandoned,
    }))
    // client timeout 20 and backoff 10, then 20 and 20
    expect(times(slow)).toEqual([100, 130, 170])
  })

  test('an answer in time cancels the retry', () => {
    const sent = run({ retry, clientTimeout: () => 20 }, [100], (_, key) =>
      key === 0 ? { after: 50, outcome: abandoned } : { after: 19, outcome: served },
    )
    expect(times(sent)).toEqual([100, 130])
  })

  // gRPC A6, "Retryable Status Codes", and "Fatal Status Code: don't retry"
  test('an end that is not retryable is fatal for the call', () => {
    const only = (retryOn: NonNullable<ClientRetryPlan['retryOn']>) => ({ ...retry, retryOn })
    const ends = (plan: ClientRetryPlan, outcome: Outcome) =>
      run({ retry: plan }, [100], () => ({ after: 0, outcome })).length
    const { failed, timedOut } = OUTCOME
    expect([shed, failed, timedOut].map((end) => ends(only(['shed']), end))).toEqual([3, 1, 1])
    expect([shed, failed, timedOut].map((end) => ends(only(['failed']), end))).toEqual([1, 3, 1])
    expect([shed, failed, timedOut].map((end) => ends(retry, end))).toEqual([3, 3, 3])
  })

  test('a client timeout is an end of its own', () => {
    const timesOut = (retryOn: NonNullable<ClientRetryPlan['retryOn']>) => {
      const plan = { retry: { ...retry, retryOn }, clientTimeout: () => 20 }
      return run(plan, [100], () => ({ after: 500, outcome: abandoned })).length
    }
    expect(timesOut(['failed', 'shed', 'timed_out'])).toBe(1)
    expect(timesOut(['client_timeout'])).toBe(3)
  })

  test('no retry is sent after the end', () => {
    const sent = run({ retry, endMs: 125 }, [100], () => ({ after: 0, outcome: shed }))
    expect(times(sent)).toEqual([100, 110])
  })

  test('the backoff has a maximum', () => {
    const bounded = { ...retry, maxAttempts: 5, maxBackoffMs: 15 }
    const sent = run({ retry: bounded }, [100], () => ({ after: 0, outcome: shed }))
    expect(times(sent)).toEqual([100, 110, 125, 140, 155])
  })

  test.each([
    ['full', 0, 10],
    ['equal', 5, 10],
  ] as const)('jitter %s spreads them', (jitter, least, most) => {
    const arrivals = Array.from({ length: 400 }, (_, i) => i)
    const jittered = { ...retry, maxAttempts: 2, jitter }
    const sent = run({ retry: jittered }, arrivals, () => ({ after: 0, outcome: shed }))
    const waits = sent.filter(({ attempt }) => attempt === 2).map(({ at }) => at)
    expect(waits).toHaveLength(400)
    // call i was sent at i; jittered retries overtake each other, so only the sum is compared
    const mean = waits.reduce((sum, at) => sum + at, 0) / 400 - 199.5
    expect(mean).toBeGreaterThan((least + most) / 2 - 0.6)
    expect(mean).toBeLessThan((least + most) / 2 + 0.6)
    expect(new Set(waits.map((at) => at % 1)).size).toBeGreaterThan(300)
  })

  test('a budget allows its share of them, and a burst', () => {
    const arrivals = Array.from({ length: 1000 }, (_, i) => i / 10)
    const budget = { ratio: 0.2, burst: 10 }
    const sent = run({ retry: { ...retry, budget } }, arrivals, () => ({ after: 0, outcome: shed }))
    const retries = sent.filter(({ attempt }) => attempt > 1).length
    // calls add nothing while the budget is full, as before the first retry
    expect(retries).toBeGreaterThan(0.2 * 1000 - 12)
    expect(retries).toBeLessThanOrEqual(0.2 * 1000 + 10)
  })

  test('a retry takes from the budget when it is due, and is dropped if the budget is empty', () => {
    // the second call finds the budget full, the first retry empties it, the second is due at 15
    const budget = { ratio: 1, burst: 1 }
    const plan = { retry: { ...retry, maxAttempts: 2, budget } }
    const sent = run(plan, [0, 5, 30], () => ({ after: 0, outcome: shed }))
    expect(times(sent)).toEqual([0, 5, 10, 30, 40])
  })

  test.each([
    { ratio: 0.1, burst: 1, after: [1, 11, 21, 31], all: 100 },
    { ratio: 0.3, burst: 1, after: [1, 5, 9, 13], all: 250 },
    { ratio: 0.1, burst: 1.2, after: [1, 9, 19, 29], all: 101 },
    { ratio: 0.007, burst: 1, after: [1, 144, 287, 430], all: 7 },
    { ratio: 0.7, burst: 3, after: [1, 2, 3, 4], all: 702 },
  ])('a budget counts fractions exactly: $ratio, $burst', ({ after, all, ratio, burst }) => {
    const calls = Array.from({ length: 1000 }, (_, i) => 100 * i)
    const limited = { ...retry, maxAttempts: 2, budget: { ratio, burst } }
    const plan = { endMs: 1e6, retry: limited }
    const sent = run(plan, calls, () => ({ after: 0, outcome: abandoned }))
    const retried = sent.filter(({ attempt }) => attempt === 2).map(({ at }) => 1 + (at - 10) / 100)
    expect(retried.slice(0, 4)).toEqual(after)
    expect(retried.length).toBe(all)
  })
})

describe('sessions', () => {
  const turns = { draw: () => 3 }

  test('send the next turn after an answer and a think time', () => {
    const sent = run({ turns }, [100], () => ({ after: 20, outcome: served }))
    expect(times(sent)).toEqual([100, 125, 150])
  })

  test('carry the context of earlier turns', () => {
    const sent = run({ turns, carryContext: true }, [100], () => ({ after: 20, outcome: served }))
    expect(sent.map(({ length }) => length)).toEqual([7, 16, 25])
  })

  test('end when a turn fails', () => {
    const sent = run({ turns }, [100], (_, key) => ({
      after: 20,
      outcome: key === 1 ? shed : served,
    }))
    expect(times(sent)).toEqual([100, 125])
  })
})

describe('users of a closed loop', () => {
  test('send the next request after an answer and a think time, until the end', () => {
    const sent = run({ closed: true, endMs: 100 }, [0, 2], () => ({ after: 20, outcome: served }))
    expect(times(sent)).toEqual([0, 2, 25, 27, 50, 52, 75, 77])
  })

  test('think after a timeout, too', () => {
    const plan = { closed: true, endMs: 100, clientTimeout: () => 10 }
    const sent = run(plan, [0], () => ({ after: 40, outcome: abandoned }))
    expect(times(sent)).toEqual([0, 15, 30, 45, 60, 75, 90])
  })
})

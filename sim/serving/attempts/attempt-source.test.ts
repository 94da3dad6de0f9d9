import { describe, expect, test } from 'vitest'
import { ListSource, RequestList } from '../../traffic/index.ts'
import { ANY_CLASS, type ClassPlan } from '../plan.ts'
import { type Ms, OUTCOME, type Outcome } from '../ports.ts'
import { Requests } from '../requests.ts'
import { AttemptSource } from './attempt-source.ts'
import type { HedgePlan } from './hedge-plan.ts'
import { Throttling } from './throttling.ts'

const { served, failed, shed, abandoned, withdrawn } = OUTCOME

const PLAN: HedgePlan = {
  tied: false,
  afterMs: 10,
  percentile: 0,
  maxAttempts: 4,
  budget: null,
  throttling: null,
  untilMs: 1000,
}

type Event = readonly [at: Ms, key: number, outcome: Outcome, pushbackMs?: Ms]

/** Sends the requests of these times, and reports events; returns when each copy was sent. */
function sentBy(
  plan: Partial<HedgePlan>,
  times: readonly Ms[],
  events: readonly Event[],
  classSettings: Partial<ClassPlan> = {},
) {
  const list = RequestList.of({
    at: Float64Array.from(times),
    inputTokens: Int32Array.from(times, () => 1),
    outputTokens: Int32Array.from(times, () => 0),
    class: Uint8Array.from(times, () => 0),
  })
  const hedge = { ...PLAN, ...plan }
  const classes = [{ ...ANY_CLASS, ...classSettings, hedge }]
  const source = new AttemptSource(new ListSource(list), { classes, pools: [] })
  const requests = new Requests(1)
  const sent: [at: Ms, first: number, copy: number][] = []
  const left = [...events]
  for (;;) {
    const at = source.peek()
    const next = left[0]
    if (next !== undefined && next[0] <= at) {
      left.shift()
      source.settled(0, next[1], next[2], next[0], next[3])
    } else if (at === Number.POSITIVE_INFINITY) return sent
    else if (source.take(requests, 0)) sent.push([at, requests.copyOf[0]!, requests.copy[0]!])
  }
}

/** gRPC proposal A6, "Hedging Policy"; each test is a sentence of it. */
describe('hedged requests', () => {
  test('are sent after each hedging delay without an answer, up to maxAttempts', () => {
    expect(sentBy({}, [0], [])).toEqual([
      [0, 0, 0],
      [10, 0, 1],
      [20, 0, 2],
      [30, 0, 3],
    ])
  })

  test('an answer cancels the copies to come', () => {
    expect(sentBy({}, [0], [[15, 0, served]])).toHaveLength(2)
    // an answer at the instant at which a copy is due comes first
    expect(sentBy({}, [0], [[10, 0, served]])).toHaveLength(1)
  })

  test('a status code that is not non-fatal cancels the copies to come', () => {
    const failure: Event = [5, 0, OUTCOME.shed]
    expect(sentBy({ fatal: [OUTCOME.shed] }, [0], [failure])).toHaveLength(1)
    expect(sentBy({ fatal: [OUTCOME.failed] }, [0], [failure])).toHaveLength(4)
  })

  test('after a failure the next copy is sent at once, and the delay counts from it', () => {
    const sent = sentBy({}, [0], [[3, 0, failed]])
    expect(sent.map(([at]) => at)).toEqual([0, 3, 13, 23])
    // the failure of the last copy causes none
    expect(
      sentBy(
        { maxAttempts: 2 },
        [0],
        [
          [3, 0, shed],
          [4, 1, shed],
        ],
      ),
    ).toHaveLength(2)
  })

  test('pushback in n ms: the next copy is sent then, and later ones at the hedging delay', () => {
    const at = (...events: Event[]) => sentBy({}, [0], events).map(([time]) => time)
    expect(at([3, 0, shed, 50])).toEqual([0, 53, 63, 73])
    // also where that is before the hedging delay is over
    expect(at([3, 0, shed, 2])).toEqual([0, 5, 15, 25])
    expect(at([3, 0, shed, 0])).toEqual([0, 3, 13, 23])
    // the last refusal counts
    expect(at([12, 0, shed, 50], [14, 1, shed, 30])).toEqual([0, 10, 44, 54])
    // another failure shortcuts it, as any hedging delay
    expect(at([12, 0, shed, 50], [14, 1, failed])).toEqual([0, 10, 14, 24])
    // an answer, or a fatal failure, cancels what it put off
    expect(at([12, 0, shed, 50], [20, 1, served])).toEqual([0, 10])
    expect(sentBy({ fatal: [shed] }, [0], [[3, 0, shed, 50]])).toHaveLength(1)
  })

  test('pushback not to retry: no further copy is sent, whatever happens to others', () => {
    expect(sentBy({}, [0], [[3, 0, shed, -1]])).toHaveLength(1)
    const events: Event[] = [
      [12, 0, shed, -1],
      [14, 1, failed],
    ]
    expect(sentBy({}, [0], events)).toHaveLength(2)
    // tied copies are none of gRPC
    expect(sentBy({ tied: true, maxAttempts: 2 }, [0], [[3, 0, shed, -1]])).toHaveLength(2)
  })

  test('pushback is of no use to copies that would be sent too late, or are too many', () => {
    expect(sentBy({ maxAttempts: 1 }, [0], [[3, 0, shed, 5]])).toHaveLength(1)
    expect(sentBy({}, [0], [[3, 0, shed, 50]], { clientTimeoutMs: 50 })).toHaveLength(1)
    expect(sentBy({ untilMs: 53 }, [0], [[3, 0, shed, 50]])).toHaveLength(1)
  })

  test('a fatal failure takes no token, unless it has a pushback not to retry', () => {
    const plan = { throttling: { maxTokens: 2, tokenRatio: 0.5 }, fatal: [shed], maxAttempts: 2 }
    const pushbackArgs = (pushbackMs?: Ms): [Ms?] => (pushbackMs === undefined ? [] : [pushbackMs])
    const copiesOf = (pushbackMs?: Ms) =>
      sentBy(plan, [0, 100], [[1, 0, shed, ...pushbackArgs(pushbackMs)]]).filter(
        ([, , copy]) => copy > 0,
      )
    expect(copiesOf()).toEqual([[110, 1, 1]])
    expect(copiesOf(50)).toEqual([[110, 1, 1]])
    expect(copiesOf(-1)).toEqual([])
  })

  test('none is sent after the client has left, or after the end of the traffic', () => {
    expect(sentBy({}, [0], [], { clientTimeoutMs: 20 })).toHaveLength(2)
    expect(sentBy({}, [0], [[12, 0, abandoned]])).toHaveLength(2)
    expect(sentBy({ untilMs: 11 }, [0], [])).toHaveLength(2)
  })

  test('copies that were withdrawn are no failures', () => {
    const sent = sentBy({}, [0], [[12, 1, withdrawn]])
    expect(sent.map(([at]) => at)).toEqual([0, 10, 20, 30])
  })

  test('while at most half of the tokens are left, only first copies are sent', () => {
    const throttling = { maxTokens: 4, tokenRatio: 0.5 }
    const times = [0, 100, 200, 300]
    // two failures leave 2 of 4 tokens, and one answer 2.5
    const events: Event[] = [
      [1, 0, failed],
      [2, 1, failed],
      [3, 2, withdrawn],
      [101, 3, withdrawn],
    ]
    const sent = sentBy({ throttling, maxAttempts: 3 }, times, events)
    expect(sent.filter(([, , copy]) => copy > 0)).toEqual([[1, 0, 1]])
    const answered: Event[] = [...events.slice(0, 2), [150, 2, served], [201, 3, withdrawn]]
    const sentAfterAnswers = sentBy({ throttling, maxAttempts: 3 }, times, answered)
    expect(sentAfterAnswers.filter(([, , copy]) => copy > 0).length).toBeGreaterThan(1)
  })

  test('a budget of one copy for ten requests allows that many', () => {
    const times = Array.from({ length: 100 }, (_, i) => i)
    const sent = sentBy({ budget: { ratio: 0.1, burst: 1 }, maxAttempts: 2 }, times, [])
    const copies = sent.filter(([, , copy]) => copy > 0).length
    expect(copies).toBeGreaterThan(8)
    expect(copies).toBeLessThanOrEqual(11)
  })

  test('a delay that is learnt is the percentile of answers so far', () => {
    const times = Array.from({ length: 200 }, (_, i) => 100 * i)
    // latencies of 1 to 20 ms, in turn
    const events = times.map((at, i): Event => [at + 1 + (i % 20), i, served])
    const plan = { afterMs: null, percentile: 0.95, untilMs: 1e6, maxAttempts: 2 }
    const sent = sentBy(plan, times, events)
    const [at] = sent.find(([, , copy]) => copy > 0)!
    // the first that takes longer, after a hundred answers
    expect(at).toBeGreaterThanOrEqual(11_900 + 19)
    expect(at).toBeLessThan(11_900 + 19 * 1.01)
  })
})

test('tokens stay within their bounds, and count in thousandths', () => {
  const throttling = new Throttling({ maxTokens: 10, tokenRatio: 0.1 })
  throttling.succeeded()
  expect(throttling.tokens).toBe(10)
  for (let i = 0; i < 5; i++) throttling.failed()
  expect(throttling.allows).toBe(false)
  throttling.succeeded()
  expect(throttling.tokens).toBe(5.1)
  expect(throttling.allows).toBe(true)
  for (let i = 0; i < 20; i++) throttling.failed()
  expect(throttling.tokens).toBe(0)
})

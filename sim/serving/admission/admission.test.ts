import { describe, expect, test } from 'vitest'
import { planOf, requestsOf, serve } from '../../../test/small-system.ts'
import { ANY_CLASS, type ClassPlan, type PoolPlan } from '../plan.ts'
import { OUTCOME, REFUSAL } from '../ports.ts'
import { type AdmissionPlan, OPEN_ADMISSION } from './admission-plan.ts'

interface Came {
  readonly at: number
  readonly class?: number
}

/** What one executor, whose batches take 10 ms, makes of requests; audited. */
function rowsOf(
  came: readonly Came[],
  admission: Partial<AdmissionPlan>,
  settings: Partial<PoolPlan> & { readonly classes?: readonly Partial<ClassPlan>[] } = {},
) {
  const { classes = [{}], ...pool } = settings
  const plan = planOf([{ ...pool, admission: { ...OPEN_ADMISSION, ...admission } }], {
    classes: classes.map((partialClass) => ({ ...ANY_CLASS, ...partialClass })),
  })
  const requests = requestsOf(
    came.map(({ at }) => at),
    { classes: came.map((arrival) => arrival.class ?? 0) },
  )
  return serve({ plan, requests, work: [{ law: 'constant', ms: 10 }] }).rows.columns
}

/** Why each request was refused. */
const refusals = (...args: Parameters<typeof rowsOf>) => [...rowsOf(...args).refusal]
const at = (...times: readonly number[]) => times.map((time) => ({ at: time }))
const { none, priority, deadline, concurrency, queue, tokens } = REFUSAL

describe('concurrency limit', () => {
  test('counts waiting and running requests, until the end of their batches', () => {
    const came = at(0, 1, 2, 9.9, 10, 11)
    expect(refusals(came, { concurrencyLimit: 2 })).toEqual([
      none,
      none,
      concurrency,
      concurrency,
      none,
      concurrency,
    ])
  })

  test('holds for the pool, whichever queue a request would join', () => {
    const each = { replicas: 2, perReplicaQueues: true }
    expect(refusals(at(0, 1, 2, 3), { concurrencyLimit: 3 }, each)).toEqual([
      none,
      none,
      none,
      concurrency,
    ])
  })
})

test('priority shedding: a lower priority is refused sooner', () => {
  const classes = [{ priority: 1 }, { priority: 2 }, { priority: 3 }]
  const limits = [
    { priority: 2, limit: 3 },
    { priority: 3, limit: 1 },
  ]
  const came = [0, 2, 1, 0, 1, 2, 0].map((classNumber, i) => ({ at: i / 10, class: classNumber }))
  expect(refusals(came, { priorityLimits: limits }, { classes })).toEqual([
    none,
    priority,
    none,
    none,
    priority,
    priority,
    none,
  ])
})

describe('token bucket', () => {
  const bucket = { everyMs: 4, burst: 2, per: 'pool' } as const

  test('begins full, fills up at its rate, and holds no more than its burst', () => {
    const came = at(0, 1, 2, 4, 5, 8, 30, 31, 32)
    expect(refusals(came, { tokenBucket: bucket })).toEqual([
      none,
      none,
      tokens,
      none,
      tokens,
      none,
      none,
      none,
      tokens,
    ])
  })

  test('of a class or of a tenant is its own', () => {
    const classes = [{ tenant: 'a' }, { tenant: 'a' }, { tenant: 'b' }]
    const came = [0, 0, 0, 1, 1, 2, 2, 2].map((classNumber, i) => ({
      at: i / 100,
      class: classNumber,
    }))
    const shed = (per: 'pool' | 'class' | 'tenant') =>
      refusals(came, { tokenBucket: { ...bucket, per } }, { classes }).map(
        (refusal) => refusal === tokens,
      )
    expect(shed('pool')).toEqual([0, 0, 1, 1, 1, 1, 1, 1].map(Boolean))
    expect(shed('tenant')).toEqual([0, 0, 1, 1, 1, 0, 0, 1].map(Boolean))
    expect(shed('class')).toEqual([0, 0, 1, 0, 0, 0, 0, 1].map(Boolean))
  })

  test.each([3, 10, 30, 33, 70, 900])(
    'lets in all requests that come at just its rate: %s a second',
    (rps) => {
      const came = at(...Array.from({ length: 2000 }, (_, i) => (1000 * i) / rps))
      const tokenBucket = { everyMs: 1000 / rps, burst: 1, per: 'pool' as const }
      const reasons = refusals(came, { tokenBucket }, { replicas: 20 })
      expect(new Set(reasons)).toEqual(new Set([none]))
    },
  )

  test('a request refused for another reason takes no token', () => {
    const pool = { maxLength: 1 }
    const came = at(0, 1, 2, 3, 9.9, 10.1)
    expect(refusals(came, { tokenBucket: { ...bucket, everyMs: 1000, burst: 3 } }, pool)).toEqual([
      none,
      none,
      queue,
      queue,
      queue,
      none,
    ])
  })
})

describe('deadline-aware shedding', () => {
  const classes = [{ deadlineMs: 35 }]
  const deadlines = { deadlineMarginMs: 0 }

  test('refuses no request before a batch has ended, then each that would end too late', () => {
    // from 10 on: one runs and two wait, so the next would end 40 ms after it came
    const came = at(0, 0.1, 0.2, 0.3, 11, 12)
    expect(refusals(came, deadlines, { classes })).toEqual([
      none,
      none,
      none,
      none,
      deadline,
      deadline,
    ])
    expect(refusals(came, deadlines, { classes: [{ deadlineMs: 40.1 }] }).slice(4)).toEqual([
      none,
      deadline,
    ])
  })

  test('refuses sooner with a margin, and never refuses a class without a deadline', () => {
    const came = at(0, 0.1, 0.2, 0.3, 11)
    const late = { classes: [{ deadlineMs: 44 }] }
    expect(refusals(came, deadlines, late).at(-1)).toBe(none)
    expect(refusals(came, { deadlineMarginMs: 5 }, late).at(-1)).toBe(deadline)
    expect(refusals(came, deadlines).at(-1)).toBe(none)
  })

  test('refuses no request while an executor is free, however long batches take', () => {
    const came = at(0, 20, 21, 40)
    expect(refusals(came, deadlines, { classes: [{ deadlineMs: 5 }] })).toEqual([
      none,
      none,
      deadline,
      none,
    ])
  })
})

test('the first control that refuses is the reason: priority, deadline, pool, queue, tokens', () => {
  const allControls: Partial<AdmissionPlan> = {
    priorityLimits: [{ priority: 1, limit: 3 }],
    deadlineMarginMs: 0,
    concurrencyLimit: 3,
    tokenBucket: { everyMs: 1000, burst: 3, per: 'pool' },
  }
  const came = at(0, 10.5, 11, 11.5, 12)
  const poolSettings = { classes: [{ deadlineMs: 25 }], maxLength: 1 }
  const last = (changes: Partial<AdmissionPlan>) =>
    refusals(came, { ...allControls, ...changes }, poolSettings).at(-1)
  // one runs and one waits: with room for two only
  expect(last({ priorityLimits: [{ priority: 1, limit: 2 }] })).toBe(priority)
  expect(last({ concurrencyLimit: 2 })).toBe(deadline)
  expect(last({ concurrencyLimit: 2, deadlineMarginMs: null })).toBe(concurrency)
  expect(last({ deadlineMarginMs: null })).toBe(queue)
  const roomy = { ...poolSettings, maxLength: 9 }
  const bucket = { everyMs: 1000, burst: 3, per: 'pool' } as const
  expect(refusals(came, { tokenBucket: bucket }, roomy).slice(-2)).toEqual([tokens, tokens])
})

describe('adaptive LIFO', () => {
  const adaptive = { adaptiveLifo: { intervalMs: 25, targetMs: 12 } }
  const order = ({ dispatched, outcome }: ReturnType<typeof rowsOf>) =>
    [...dispatched.keys()]
      .filter((key) => outcome[key] === OUTCOME.served)
      .sort((a, b) => dispatched[a]! - dispatched[b]!)

  test('a queue that empties within the interval is FIFO', () => {
    expect(order(rowsOf(at(0, 1, 2, 25, 26, 27), adaptive))).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('a queue that has not been empty for the interval is LIFO until it empties', () => {
    // not empty from 1 on: in turn at 10 and 20, the newest first at 30; empty from 37 on
    const came = at(0, 1, 2, 11, 12, 29, 60, 61, 62)
    expect(order(rowsOf(came, adaptive))).toEqual([0, 1, 2, 5, 6, 7, 8])
  })

  test('requests that arrive in overload wait at most the target, others the interval', () => {
    const came = at(0, 1, 2, 3, 4, 27, 28, 28.5)
    const { outcome, done } = rowsOf(came, adaptive)
    const lost = [...outcome.keys()].filter((key) => outcome[key] === OUTCOME.timedOut)
    expect(lost.map((key) => [key, done[key]! - came[key]!.at])).toEqual([
      [3, 25],
      [4, 25],
      [5, 12],
      [6, 12],
    ])
  })
})

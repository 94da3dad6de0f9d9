import { describe, expect, test } from 'vitest'
import { planOf, requestsOf, serve } from '../../../test/small-system.ts'
import { ANY_CLASS, type ClassPlan, PLAIN_QUEUE, type PoolPlan } from '../plan.ts'
import { OUTCOME } from '../ports.ts'

interface Came {
  readonly at?: number
  readonly class?: number
  readonly length?: number
}

/** Keys in the order of service: the first request holds the only executor until all have come. */
function served(
  came: readonly Came[],
  pool: Partial<PoolPlan>,
  classes: readonly Partial<ClassPlan>[] = [{}],
): readonly number[] {
  const { outcome, dispatched } = columnsOf(came, pool, classes)
  return [...dispatched.keys()]
    .filter((key) => outcome[key] === OUTCOME.served)
    .sort((a, b) => dispatched[a]! - dispatched[b]!)
}

function columnsOf(
  came: readonly Came[],
  pool: Partial<PoolPlan>,
  classes: readonly Partial<ClassPlan>[],
) {
  const requests = requestsOf(
    came.map(({ at }, i) => at ?? i * 0.001),
    {
      lengths: came.map(({ length }) => length ?? 1),
      classes: came.map((arrival) => arrival.class ?? 0),
    },
  )
  const plan = planOf([pool], {
    classes: classes.map((partialClass) => ({ ...ANY_CLASS, ...partialClass })),
  })
  return serve({ plan, requests, work: [{ law: 'constant', ms: 10 }] }).rows.columns
}

test('fifo: in the order of arrival', () => {
  expect(served([{}, {}, {}, {}], {})).toEqual([0, 1, 2, 3])
})

test('lifo: the newest first', () => {
  expect(served([{}, {}, {}, {}], { order: { discipline: 'lifo' } })).toEqual([0, 3, 2, 1])
})

describe('priority', () => {
  const two = [{ priority: 2 }, { priority: 1 }]
  const strict = { discipline: 'priority', ageingMs: Number.POSITIVE_INFINITY } as const

  test('the highest level first, FIFO within a level', () => {
    const came = [{}, { class: 0 }, { class: 1 }, { class: 0 }, { class: 1 }]
    expect(served(came, { order: strict }, two)).toEqual([0, 2, 4, 1, 3])
  })

  test('a running request is not interrupted', () => {
    expect(served([{ class: 0 }, { class: 1 }], { order: strict }, two)).toEqual([0, 1])
  })

  test('ageing: a wait of ageingMs is worth a level', () => {
    const came = [{}, { at: 1, class: 0 }, { at: 5.9, class: 1 }]
    const later = [{}, { at: 1, class: 0 }, { at: 6.1, class: 1 }]
    const order = { discipline: 'priority', ageingMs: 5 } as const
    expect(served(came, { order }, two)).toEqual([0, 2, 1])
    expect(served(later, { order }, two)).toEqual([0, 1, 2])
  })
})

test('earliest-deadline: by deadline, requests without a deadline last', () => {
  const classes = [{ deadlineMs: 100 }, { deadlineMs: 50 }, {}]
  const came = [{}, { at: 1, class: 2 }, { at: 2, class: 0 }, { at: 3, class: 1 }]
  expect(served(came, { order: { discipline: 'earliest-deadline' } }, classes)).toEqual([
    0, 3, 2, 1,
  ])
  const late = [{}, { at: 1, class: 0 }, { at: 9, class: 1 }, { at: 9.5, class: 0 }]
  expect(served(late, { order: { discipline: 'earliest-deadline' } }, classes)).toEqual([
    0, 2, 1, 3,
  ])
})

describe('shortest-job', () => {
  const came = [{}, ...[30, 10, 20, 10].map((length) => ({ length }))]

  test('the shortest first, FIFO among equals', () => {
    const order = { discipline: 'shortest-job', predictionCv: 0 } as const
    expect(served(came, { order })).toEqual([0, 2, 4, 3, 1])
  })

  test('by predictions that are often wrong', () => {
    const order = { discipline: 'shortest-job', predictionCv: 5 } as const
    const arrivals = [{}, ...Array.from({ length: 60 }, (_, i) => ({ length: 1 + (i % 30) }))]
    const byLength = served(arrivals, { order: { ...order, predictionCv: 0 } })
    expect(served(arrivals, { order })).not.toEqual(byLength)
    expect(served(arrivals, { order }).toSorted()).toEqual(byLength.toSorted())
  })
})

describe('deficit-round-robin', () => {
  const two = [{ tenant: 'a' }, { tenant: 'b' }]
  const order = (quantum: number) => ({
    order: { discipline: 'deficit-round-robin', quantum } as const,
  })

  test('tenants take turns, however many requests one of them has', () => {
    const came = [{}, {}, {}, {}, {}, { class: 1 }, { class: 1 }]
    expect(served(came, order(1), two)).toEqual([0, 1, 5, 2, 6, 3, 4])
  })

  test('a turn is a length, not a number of requests', () => {
    const long = { length: 30 }
    const short = { class: 1, length: 10 }
    const came = [{}, long, long, short, short, short, short, short, short]
    expect(served(came, order(30), two)).toEqual([0, 1, 3, 4, 5, 2, 6, 7, 8])
  })

  test('the unused part of a turn is kept for the next one', () => {
    const came = [
      {},
      { length: 20 },
      { length: 20 },
      ...[1, 1, 1, 1].map(() => ({ class: 1, length: 10 })),
    ]
    // a: 10, 20 goes, 10, 20 goes; b: one a turn
    expect(served(came, order(10), two)).toEqual([0, 3, 1, 4, 5, 2, 6])
  })

  test('turns are proportional to the weight', () => {
    const came = [
      {},
      ...Array.from({ length: 6 }, () => ({})),
      ...[1, 1, 1].map(() => ({ class: 1 })),
    ]
    const weighted = [{ tenant: 'a', weight: 2 }, { tenant: 'b' }]
    expect(served(came, order(1), weighted)).toEqual([0, 1, 2, 7, 3, 4, 8, 5, 6, 9])
  })
})

describe('virtual-token-counter', () => {
  const two = [{ tenant: 'a' }, { tenant: 'b' }]
  const order = { order: { discipline: 'virtual-token-counter' } } as const

  test('the tenant served least goes next', () => {
    const came = [
      { length: 5 },
      ...[10, 10, 10].map((length) => ({ length })),
      ...Array.from({ length: 5 }, () => ({ class: 1, length: 5 })),
    ]
    // a has 5 at first and b is lifted to it; of equals a goes first
    expect(served(came, order, two)).toEqual([0, 1, 4, 5, 2, 6, 7, 3, 8])
  })

  test('nothing is saved up while a tenant is away', () => {
    const busy = Array.from({ length: 10 }, () => ({ length: 10 }))
    const came = [{}, ...busy, ...[1, 1, 1].map(() => ({ at: 55, class: 1, length: 10 }))]
    const order55 = served(came, order, two)
    // b does not get all its three requests served at once
    expect(order55.slice(6, 10)).toEqual([6, 11, 7, 12])
  })

  test('of equal counters, the tenant of the first class goes first', () => {
    const came = [{}, { class: 1, length: 10 }, { length: 10 }]
    expect(served(came, order, two.toReversed())).toEqual([0, 2, 1])
    expect(served([{ class: 1 }, { length: 10 }, { class: 1, length: 10 }], order, two)).toEqual([
      0, 1, 2,
    ])
  })

  test('a tenant that joins an empty queue is lifted to the counter of the tenant that waited last', () => {
    // a is served 30 and leaves; b comes alone at 35, and a right after it: both have 30
    const came = [
      { length: 30 },
      { at: 35, class: 1, length: 10 },
      { at: 36, class: 1, length: 10 },
      { at: 37, length: 10 },
      { at: 38, class: 1, length: 10 },
    ]
    expect(served(came, order, two)).toEqual([0, 1, 3, 2, 4])
  })

  test('service counts by weight', () => {
    const came = [
      {},
      ...Array.from({ length: 6 }, () => ({ length: 10 })),
      ...[1, 1, 1].map(() => ({ class: 1, length: 10 })),
    ]
    const weighted = [{ tenant: 'a', weight: 2 }, { tenant: 'b' }]
    const first = served(came, order, weighted).slice(1, 7)
    expect(first.filter((key) => key >= 7)).toHaveLength(2)
  })
})

describe("Triton's queue policies", () => {
  const strict = { discipline: 'priority', ageingMs: Number.POSITIVE_INFINITY } as const
  const levels = [{ priority: 1 }, { priority: 2 }]

  test('max_queue_size: of a level', () => {
    const level = { ...PLAIN_QUEUE, priority: 2, maxLength: 1 }
    const came = [{}, { class: 1 }, { class: 1 }, { class: 0 }, { class: 0 }]
    const { outcome } = columnsOf(came, { order: strict, levels: [level] }, levels)
    const { served: ok, shed } = OUTCOME
    expect([...outcome]).toEqual([ok, ok, shed, ok, ok])
  })

  test('timeout_action REJECT: a request that has waited so long is dropped', () => {
    expect(served([{}, {}, { at: 5 }], { queueTimeoutMs: 8 })).toEqual([0, 2])
  })

  test('timeout_action DELAY: it waits behind the others, without a second time-out', () => {
    const pool = { queueTimeoutMs: 8, timeoutAction: 'delay' } as const
    expect(served([{}, {}, { at: 5 }, { at: 6 }], pool)).toEqual([0, 2, 1, 3])
  })

  test('timeout_action DELAY: delayed requests are in the order of their time-outs', () => {
    const pool = { queueTimeoutMs: 18, timeoutAction: 'delay', timeoutOverride: true } as const
    const sooner = [{}, { queueTimeoutMs: 5 }]
    // the time of the third is over at 19, that of the fourth at 7; at 20 the last is in time
    const came = [{}, {}, { at: 1 }, { at: 2, class: 1 }, { at: 15 }]
    expect(served(came, pool, sooner)).toEqual([0, 1, 4, 3, 2])
  })

  test('timeout_action DELAY: behind the others of its own level only', () => {
    const pool = { order: strict, queueTimeoutMs: 8, timeoutAction: 'delay' } as const
    const came = [{}, { class: 0 }, { at: 5, class: 1 }, { at: 6, class: 0 }]
    expect(served(came, pool, levels)).toEqual([0, 3, 1, 2])
  })

  test('allow_timeout_override: a request may shorten its time-out', () => {
    const pool = { queueTimeoutMs: 30, timeoutOverride: true }
    const classes = [{}, { queueTimeoutMs: 5 }]
    expect(served([{}, { class: 1 }, {}], pool, classes)).toEqual([0, 2])
  })

  test('allow_timeout_override: a request may not lengthen its time-out, nor set one where there is none', () => {
    const classes = [{}, { queueTimeoutMs: 50 }]
    const pool = { queueTimeoutMs: 8, timeoutOverride: true }
    expect(served([{}, { class: 1 }, { at: 5 }], pool, classes)).toEqual([0, 2])
    const endless = { timeoutOverride: true }
    expect(served([{}, { class: 1 }], endless, [{}, { queueTimeoutMs: 5 }])).toEqual([0, 1])
  })

  test('allow_timeout_override: only where it is allowed', () => {
    const classes = [{}, { queueTimeoutMs: 5 }]
    expect(served([{}, { class: 1 }], { queueTimeoutMs: 30 }, classes)).toEqual([0, 1])
  })

  test('priority_queue_policy: a level has its own time-outs', () => {
    const level = { ...PLAIN_QUEUE, priority: 2, queueTimeoutMs: 5 }
    const came = [{}, { class: 1 }, { class: 0 }]
    expect(served(came, { order: strict, levels: [level] }, levels)).toEqual([0, 2])
  })
})

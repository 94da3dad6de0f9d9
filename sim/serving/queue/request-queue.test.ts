import { describe, expect, test } from 'vitest'
import { Random } from '../../kernel/index.ts'
import { Batcher } from '../batching/index.ts'
import { ANY_CLASS, PLAIN_QUEUE, type PoolPlan, type QueuePlan } from '../plan.ts'
import { Requests } from '../requests.ts'
import { RequestQueue } from './request-queue.ts'

const ORDERS: readonly QueuePlan[] = [
  { discipline: 'fifo' },
  { discipline: 'lifo' },
  { discipline: 'earliest-deadline' },
  { discipline: 'priority', ageingMs: Number.POSITIVE_INFINITY },
  { discipline: 'priority', ageingMs: 5 },
  { discipline: 'shortest-job', predictionCv: 0.5 },
  { discipline: 'deficit-round-robin', quantum: 20 },
  { discipline: 'virtual-token-counter' },
]
/** The order of what is left does not depend on what was removed. */
const MEMORYLESS = ORDERS.slice(0, 6)

const classes = [
  { ...ANY_CLASS, priority: 1, deadlineMs: 10, tenant: 'a' },
  { ...ANY_CLASS, priority: 2, deadlineMs: 50, tenant: 'b' },
]

function queueOf(order: QueuePlan, poolChanges: Partial<PoolPlan> = {}) {
  const pool = {
    ...PLAIN_QUEUE,
    order,
    batching: { policy: 'none' },
    padTo: 1,
    ragged: false,
    ...poolChanges,
  } as PoolPlan
  const requests = new Requests(64)
  const batcher = new Batcher(pool.batching)
  return { requests, queue: new RequestQueue(pool, classes, requests, { batcher, outlook: null }) }
}

/** Pushes forty requests, of which some leave; returns the order in which the others are taken. */
function orderTaken(
  order: QueuePlan,
  how: { readonly without?: boolean; readonly rest?: Partial<PoolPlan> },
): number[] {
  const { requests, queue } = queueOf(order, how.rest)
  const random = new Random('removed')
  const gone: number[] = []
  for (let i = 0; i < 40; i++) {
    requests.class[i] = random.integer(2)
    requests.inputTokens[i] = 1 + random.integer(30)
    requests.at[i] = requests.enqueued[i] = i
    requests.key[i] = i
    requests.leaves[i] = Number.POSITIVE_INFINITY
    const leaves = random.integer(3) === 0
    if (leaves && how.without === true) continue
    queue.push(i, i)
    if (leaves) gone.push(i)
  }
  // some have timed out and wait on
  expect(queue.takeTimedOut(30)).toBe(-1)
  for (const request of gone) queue.remove(request)
  const left = queue.length
  const order_: number[] = []
  while (queue.length > 0) order_.push(queue.shift(100, 0))
  expect(order_).toHaveLength(left)
  expect(queue.nextTimeOut).toBe(Number.POSITIVE_INFINITY)
  return order_
}

const delaying = { queueTimeoutMs: 12, timeoutAction: 'delay' } as const

describe.each([
  { name: 'without time-outs', rest: {} },
  { name: 'with requests that wait on after their time', rest: delaying },
])('$name, requests that are removed leave the others in their order', ({ rest }) => {
  test.each(MEMORYLESS)('$discipline', (order) => {
    const left = orderTaken(order, { rest })
    expect(left.length).toBeGreaterThan(20)
    expect(left).toEqual(orderTaken(order, { rest, without: true }))
  })

  test.each(ORDERS)('$discipline: each is taken once', (order) => {
    const left = orderTaken(order, { rest })
    expect(new Set(left).size).toBe(left.length)
    expect(left.toSorted((a, b) => a - b)).toEqual(
      orderTaken(order, { rest, without: true }).toSorted((a, b) => a - b),
    )
  })
})

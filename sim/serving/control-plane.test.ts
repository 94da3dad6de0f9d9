import { describe, expect, test } from 'vitest'
import type { Work } from '../../scenarios/schema/schema.ts'
import { patient, planOf, requestsOf, type SmallSystem, serve } from '../../test/small-system.ts'
import { assemble, NO_TRAFFIC } from './assemble.ts'
import type { BatchingPlan } from './batching/batching-plan.ts'
import { ANY_CLASS, type PoolPlan, type ServingPlan } from './plan.ts'
import { type Batch, type Observer, OUTCOME, STATUS, type Status } from './ports.ts'
import { Requests } from './requests.ts'

const batching: BatchingPlan = { policy: 'dynamic', maxBatch: 2, preferred: [], maxDelayMs: 5 }
const constant = (ms: number): Work => ({ law: 'constant', ms })

function rowsOf(
  at: number[],
  ms: number,
  pool: Partial<PoolPlan>,
  planChanges: Partial<ServingPlan> = {},
) {
  const system = {
    plan: planOf([pool], planChanges),
    requests: requestsOf(at),
    work: [constant(ms)],
  }
  return columnsOf(system)
}

function columnsOf(system: SmallSystem) {
  const { columns } = serve(system).rows
  const outcomes = Object.entries(OUTCOME)
  return {
    dispatched: Array.from(columns.dispatched),
    done: Array.from(columns.done),
    executor: Array.from(columns.executor),
    pool: Array.from(columns.pool),
    batchWait: Array.from(columns.batchWait),
    padded: Array.from(columns.padded),
    outcome: Array.from(
      columns.outcome,
      (code) => outcomes.find(([, outcomeCode]) => outcomeCode === code)![0],
    ),
  }
}

describe('timelines worked by hand', () => {
  test('D/D/1: each waits until those before it are done', () => {
    const { dispatched, done } = rowsOf([0, 1, 2, 10], 3, {})
    expect(dispatched).toEqual([0, 3, 6, 10])
    expect(done).toEqual([3, 6, 9, 13])
  })

  test('of executors freed at one instant, the one whose batch was dispatched first is first', () => {
    const system = {
      plan: planOf([{ replicas: 2 }]),
      // the first batches go at 0 and 1 and end at 2 and 6, the third goes at 2 and ends at 6
      requests: requestsOf([0, 1, 2, 7, 7.5], { lengths: [2, 5, 4, 1, 1] }),
      work: [{ law: 'linear', base_ms: 0, per_item_ms: 0, per_token_ms: 1 } as const],
    }
    const { executor, done } = columnsOf(system)
    expect(done.slice(0, 3)).toEqual([2, 6, 6])
    expect(executor).toEqual([0, 1, 0, 1, 0])
  })

  test('D/D/2, one queue: whichever executor is free first', () => {
    const { dispatched, executor } = rowsOf([0, 1, 2, 3, 4], 3, { replicas: 2 })
    expect(dispatched).toEqual([0, 1, 3, 4, 6])
    expect(executor).toEqual([0, 1, 0, 1, 0])
  })

  test('D/D/2, a queue each, round-robin: a request waits though another executor is free', () => {
    const pool = { replicas: 2, perReplicaQueues: true, routing: 'round-robin' } as const
    const { dispatched, executor } = rowsOf([0, 1, 2, 9, 9.5], 3, pool)
    expect(executor).toEqual([0, 1, 0, 1, 0])
    expect(dispatched).toEqual([0, 1, 3, 9, 9.5])
  })

  test('D/D/2, a queue each, least-loaded: of equals the first', () => {
    const pool = { replicas: 2, perReplicaQueues: true } as const
    const { executor } = rowsOf([0, 1, 2, 3.5, 9], 3, pool)
    // at 2 both have one; at 3.5 the first has one again, and so has the second
    expect(executor).toEqual([0, 1, 0, 0, 0])
  })

  test('a batch that ends at the instant of an arrival has made its executor free', () => {
    expect(rowsOf([0, 3], 3, { maxLength: 1 }).dispatched).toEqual([0, 3])
  })

  test('pools are chosen by their load for each executor', () => {
    const { pool } = columnsOf({
      plan: planOf([{ replicas: 1 }, { replicas: 2 }]),
      requests: requestsOf([0, 1, 2, 3, 4]),
      work: [constant(50), constant(50)],
    })
    // loads before each: 0/0, 1/0, 1/0.5, 1/1, 2/1
    expect(pool).toEqual([0, 1, 1, 0, 1])
  })

  test('classes with one model share its pools and their round-robin order', () => {
    const classes = [[0, 1], [2], [0, 1]].map((pools) => ({ ...ANY_CLASS, pools }))
    const { pool } = columnsOf({
      plan: planOf([{}, {}, {}], { routing: 'round-robin', classes }),
      requests: requestsOf([0, 1, 2, 3, 4, 5], { classes: [0, 1, 2, 1, 0, 2] }),
      work: [constant(1), constant(1), constant(1)],
    })
    expect(pool).toEqual([0, 2, 1, 2, 0, 1])
  })

  test('a batch is padded to its longest member, and that to a multiple of pad_to', () => {
    const { padded } = columnsOf({
      plan: planOf([{ batching: { policy: 'fixed', batch: 2 }, padTo: 8 }]),
      requests: requestsOf([0, 0, 1, 1, 2], { lengths: [3, 17, 8, 1, 1] }),
      work: [constant(1)],
    })
    expect(padded).toEqual([24, 24, 8, 8, 8])
  })

  test('batch wait is the part of a wait in which an executor was free', () => {
    const { dispatched, batchWait } = rowsOf([0, 1, 3, 8], 6, { batching })
    expect(dispatched).toEqual([1, 1, 8, 14])
    // 0 waits for company only; 2 is blocked up to 7, and from then on waits for its window to
    // close
    expect(batchWait).toEqual([1, 0, 1, 0])
  })
})

describe('a bounded queue', () => {
  test('sheds requests that arrive while it is full; a request in service takes no room', () => {
    const { outcome, done } = rowsOf([0, 1, 2, 3, 11], 10, { maxLength: 2 })
    expect(outcome).toEqual(['served', 'served', 'served', 'shed', 'served'])
    expect(done[3]).toBe(3)
  })

  test('is bounded for each replica if queues are per replica', () => {
    const pool = { replicas: 2, perReplicaQueues: true, maxLength: 1 } as const
    const { outcome } = rowsOf([0, 0, 1, 1, 2, 2], 10, pool)
    expect(outcome).toEqual(['served', 'served', 'served', 'served', 'shed', 'shed'])
  })
})

describe('the time-out of the server', () => {
  test('removes a request at exactly its deadline, be it 0.1 + 0.2', () => {
    const { outcome, done } = rowsOf([0, 0.1, 0.15], 10, { queueTimeoutMs: 0.2 })
    expect(outcome).toEqual(['served', 'timedOut', 'timedOut'])
    expect(done).toEqual([10, 0.1 + 0.2, 0.15 + 0.2])
  })

  test('does not touch a request that is being served', () => {
    expect(rowsOf([0], 10, { queueTimeoutMs: 2 }).outcome).toEqual(['served'])
  })

  test('applies at its own instant, even if an executor becomes free then', () => {
    expect(rowsOf([0, 5], 10, { queueTimeoutMs: 5 }).outcome).toEqual(['served', 'timedOut'])
    expect(rowsOf([0, 5.001], 10, { queueTimeoutMs: 5 }).outcome).toEqual(['served', 'served'])
  })

  test('precedes an arrival of the same instant, which takes its room', () => {
    const pool = { queueTimeoutMs: 5, maxLength: 1 }
    expect(rowsOf([0, 1, 6], 10, pool).outcome).toEqual(['served', 'timedOut', 'served'])
  })

  test('does not delay the requests behind it', () => {
    const pool = { queueTimeoutMs: 4, maxLength: 2 }
    const { outcome } = rowsOf([0, 1, 2, 3, 5.5, 6.5], 10, pool)
    expect(outcome).toEqual(['served', 'timedOut', 'timedOut', 'shed', 'timedOut', 'served'])
  })
})

describe('the client timeout', () => {
  test('ends at exactly its limit: the work is done, the request abandoned', () => {
    const planChanges = { classes: patient(5) }
    const { outcome, dispatched } = rowsOf([0, 0.5, 20], 3, {}, planChanges)
    expect(outcome).toEqual(['served', 'abandoned', 'served'])
    expect(dispatched).toEqual([0, 3, 20])
    expect(rowsOf([0, 1], 3, {}, planChanges).outcome).toEqual(['served', 'abandoned'])
    expect(rowsOf([0, 1.001], 3, {}, planChanges).outcome).toEqual(['served', 'served'])
  })

  test('depends on the class', () => {
    const { outcome } = columnsOf({
      plan: planOf([{}], { classes: patient(2, Number.POSITIVE_INFINITY) }),
      requests: requestsOf([0, 10], { classes: [0, 1] }),
      work: [constant(3)],
    })
    expect(outcome).toEqual(['abandoned', 'served'])
  })
})

describe('events of a world', () => {
  /** A control plane whose timers and batches are only noted. */
  function bare(pool: Partial<PoolPlan>) {
    const requests = new Requests()
    const timers = new Map<number, number>()
    const started: Batch[] = []
    const ended: number[] = []
    const observer: Observer = {
      batch: (_, batch) => ended.push(requests.outcome[batch.members[0]!]!),
      lost: (_, request) => ended.push(requests.outcome[request]!),
    }
    const { control } = assemble({
      plan: planOf([pool]),
      source: NO_TRAFFIC,
      requests,
      world: () => ({
        driver: null,
        timers: {
          arm: (id: number, at: number) => timers.set(id, at),
          disarm: (id: number) => timers.delete(id),
        },
        backend: { start: (batch: Batch) => started.push({ ...batch }) },
      }),
      observe: () => [observer],
    })
    const arrive = (now: number) => {
      const request = requests.acquire()
      requests.at[request] = now
      requests.inputTokens[request] = 1
      control.onArrival(now, request)
    }
    return { control, arrive, timers, started, ended, requests }
  }

  test.each([
    [STATUS.ok, OUTCOME.served],
    [STATUS.outOfMemory, OUTCOME.failed],
    [STATUS.died, OUTCOME.failed],
  ] as [Status, number][])(
    'a batch that ends with status %i gives outcome %i',
    (status, outcome) => {
      const { control, arrive, ended, requests } = bare({})
      arrive(0)
      control.onDone(4, 0, 1, 3, status)
      expect(ended).toEqual([outcome])
      expect(requests.inUse).toBe(0)
    },
  )

  test('an overdue request makes room for an arrival even where its timer is late', () => {
    const { arrive, ended } = bare({ maxLength: 1, queueTimeoutMs: 5 })
    arrive(0)
    arrive(1)
    arrive(6)
    expect(ended).toEqual([OUTCOME.timedOut])
  })

  test('a timer is armed for the window of the oldest, and disarmed when nothing waits', () => {
    const { arrive, timers, started } = bare({ batching })
    arrive(1)
    expect(timers.get(0)).toBe(6)
    arrive(2)
    expect(timers.size).toBe(0)
    expect(started.map(({ size, dispatched }) => [size, dispatched])).toEqual([[2, 2]])
  })

  test('a late or unnecessary timer changes no decision', () => {
    const { control, arrive, timers, started } = bare({ batching })
    control.onTimer(0.5, 0)
    arrive(1)
    control.onTimer(3, 0)
    expect([started.length, timers.get(0)]).toEqual([0, 6])
    control.onTimer(8, 0)
    expect(started.map(({ size, dispatched }) => [size, dispatched])).toEqual([[1, 8]])
  })

  test('the requests that wait are counted over all queues', () => {
    const full: BatchingPlan = { policy: 'fixed', batch: 9 }
    const { control, arrive } = bare({ replicas: 2, perReplicaQueues: true, batching: full })
    arrive(0)
    arrive(1)
    arrive(2)
    expect(control.waiting).toBe(3)
    control.onEnd(3)
    expect(control.waiting).toBe(0)
  })
})

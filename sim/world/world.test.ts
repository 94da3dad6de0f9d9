import { describe, expect, test } from 'vitest'
import { Random } from '../kernel/index.ts'
import {
  type Batch,
  type ControlPlanePort,
  type Ms,
  type Source,
  STATUS,
  trafficOf,
} from '../serving/index.ts'
import { ListSource, RequestList } from '../traffic/index.ts'
import { IDEAL_MACHINE, type Machine, machineOf } from './machine/machine.ts'
import { type OverheadModel, Overheads } from './machine/overheads.ts'
import { NEVER } from './machine/stalls.ts'
import { NO_WAKE } from './machine/work.ts'
import { SimulatedWorld } from './world.ts'

/** Time from an end until an awake dispatcher sees it, ms, and a sleeping one. */
const AWAKE_MS = 0.002
const ASLEEP_MS = 0.05

const classes = new Overheads({
  lag: [0],
  timer: [0],
  completion: [
    { atMs: 0.12, table: [AWAKE_MS] },
    { atMs: 0.25, table: [ASLEEP_MS] },
  ],
  dispatch: [{ atMs: 0, table: [0] }],
})

/** An event due at 1.99 ms is 5 ms late: it happens long after the end of the batch. */
const late: OverheadModel = {
  sendDelay: (_, at) => (at === 1.99 ? 5 : 0),
  timer: (_, at) => (at === 1.99 ? 5 : 0),
  completion: () => 0,
  dispatch: () => 0,
}

interface Case {
  /** the first request's batch starts at once and takes 2 ms; the others are never dispatched */
  readonly arrivals: readonly Ms[]
  /** armed one after another at the first arrival; null disarms a timer */
  readonly timers?: readonly (readonly [timer: number, at: Ms | null])[]
  /** of requests and timers; null for none */
  readonly lateness?: OverheadModel | null
  readonly overheads?: OverheadModel | null
  readonly machine?: Machine
}

/** When the dispatcher sees the end of the batch, ms, and the order of events. */
function observed(testCase: Case): { readonly done: Ms; readonly order: readonly string[] } {
  const { arrivals, timers = [], lateness = null, overheads = classes } = testCase
  const batch: Batch = {
    executor: 0,
    members: new Int32Array(1),
    size: 1,
    length: 1,
    tokens: 1,
    oldestEnqueued: 0,
    dispatched: 0,
    started: 0,
    ended: 0,
    status: STATUS.ok,
  }
  const list = RequestList.allocate(arrivals.length)
  list.columns.at.set(arrivals)
  const world = new SimulatedWorld({
    ...trafficOf(new ListSource(list)),
    hardware: [{ work: { of: () => 2 }, wake: NO_WAKE, overheads }],
    machine: testCase.machine ?? IDEAL_MACHINE,
    random: { service: new Random('service'), overheads: new Random('overheads') },
    sendDelay: lateness,
    timer: lateness,
  })
  const order: string[] = []
  let done = Number.NaN
  const control: ControlPlanePort = {
    onArrival() {
      order.push('arrival')
      if (order.length > 1) return
      world.executors.start(batch)
      for (const [timer, at] of timers) {
        if (at === null) world.disarm(timer)
        else world.arm(timer, at)
      }
    },
    onTimer: () => void order.push('timer'),
    onDone(now, _executor, started, ended) {
      order.push('done')
      expect([started, ended]).toEqual([0, 2])
      done = now
    },
    onLoaded() {},
    onExecutor() {},
    onSteps: () => {},
    waiting: 0,
    onDelivered: () => {},
    onEnd: () => {},
  }
  world.attach(control)
  expect(world.advance(100)).toBe('drained')
  return { done, order }
}

describe('an end is seen at once by a dispatcher that is awake because an event is due soon', () => {
  const AWAKE = 2 + AWAKE_MS

  test('a request', () => {
    const { done, order } = observed({ arrivals: [0, 2.05] })
    expect(done).toBe(AWAKE)
    expect(order).toEqual(['arrival', 'done', 'arrival'])
  })

  test('a timer, with the next request far away or absent', () => {
    for (const arrivals of [[0], [0, 9]]) {
      const { done, order } = observed({ arrivals, timers: [[0, 2.05]] })
      expect(done).toBe(AWAKE)
      expect(order.slice(0, 3)).toEqual(['arrival', 'done', 'timer'])
    }
  })

  test('the first of several timers', () => {
    for (const timers of [
      [[0, 7] as const, [2, 2.05] as const],
      [[0, 2.05] as const, [1, 7] as const],
    ]) {
      expect(observed({ arrivals: [0, 9], timers }).done).toBe(AWAKE)
    }
  })

  test('an event that was due before and is late', () => {
    const request = observed({ arrivals: [0, 1.99], lateness: late })
    expect(request).toEqual({ done: AWAKE, order: ['arrival', 'done', 'arrival'] })
    const timer = observed({ arrivals: [0, 9], timers: [[0, 1.99]], lateness: late })
    expect(timer).toEqual({ done: AWAKE, order: ['arrival', 'done', 'timer', 'arrival'] })
  })
})

describe('an end wakes a sleeping dispatcher', () => {
  const ASLEEP = 2 + ASLEEP_MS

  test('that waits for a request far away', () => {
    const { done, order } = observed({ arrivals: [0, 9] })
    expect(done).toBe(ASLEEP)
    expect(order).toEqual(['arrival', 'done', 'arrival'])
  })

  test('after the last request', () => {
    expect(observed({ arrivals: [0] }).done).toBe(ASLEEP)
  })

  test('even if a request arrived shortly before the end', () => {
    expect(observed({ arrivals: [0, 1.99, 9] }).done).toBe(ASLEEP)
  })

  test.each([
    ['fired before the end', 1.9, 1.9],
    ['was put off', 2.05, 7],
    ['was switched off', 2.05, null],
  ])('even if a timer %s', (_, first, then) => {
    const timers = [[0, first] as const, [0, then] as const]
    expect(observed({ arrivals: [0, 9], timers }).done).toBe(ASLEEP)
  })

  test('that waits for an event later than it stays awake for', () => {
    // classes at 0.12 and 0.25 ms meet at 0.1732 ms
    expect(observed({ arrivals: [0, 2.173] }).done).toBe(2 + AWAKE_MS)
    expect(observed({ arrivals: [0, 2.174] }).done).toBe(ASLEEP)
  })
})

test('without overheads an end is seen at its instant', () => {
  for (const arrivals of [[0], [0, 2.05], [0, 9]]) {
    expect(observed({ arrivals, overheads: null }).done).toBe(2)
  }
})

test('a stalled dispatcher sees an end when its stall is over, awake or not', () => {
  const dispatcher = { from: [1], to: [5] }
  const machine = machineOf({ executors: [{ times: [0], speeds: [1] }], dispatcher, intake: NEVER })
  for (const arrivals of [[0], [0, 2.05], [0, 9]])
    expect(observed({ arrivals, machine }).done).toBe(5)
})

test('a starved world handles no event until its source is refilled', () => {
  const times: number[] = [0, Number.NaN, 3]
  const source: Source = {
    reactsUntil: 0,
    peek: () => times[0] ?? Number.POSITIVE_INFINITY,
    take(requests, slot) {
      requests.at[slot] = times.shift()!
      return true
    },
    settled: () => {},
  }
  const world = new SimulatedWorld({
    ...trafficOf(source),
    hardware: [{ work: { of: () => 2 }, wake: NO_WAKE, overheads: null }],
    machine: IDEAL_MACHINE,
    random: { service: new Random('service'), overheads: new Random('overheads') },
    sendDelay: null,
    timer: null,
  })
  const order: string[] = []
  world.attach({
    onArrival(now) {
      order.push(`arrival ${now}`)
      if (now === 0) world.arm(0, 1)
    },
    onTimer: (now) => void order.push(`timer ${now}`),
    onDone: () => {},
    onLoaded() {},
    onExecutor() {},
    onSteps: () => {},
    waiting: 0,
    onDelivered: () => {},
    onEnd: (now) => void order.push(`end ${now}`),
  })
  const advance = () => world.advance(100)
  // the first request is taken, but handed over only once the next one is known
  expect([advance(), advance(), order]).toEqual(['starved', 'starved', []])
  times.shift()
  expect(advance()).toBe('drained')
  expect(order).toEqual(['arrival 0', 'timer 1', 'arrival 3', 'end 3'])
})

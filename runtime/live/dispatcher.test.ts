import { describe, expect, test } from 'vitest'
import { trafficOf } from '../../sim/serving/assemble.ts'
import { type Batch, type ControlPlanePort, type Ms, STATUS } from '../../sim/serving/ports.ts'
import { Requests } from '../../sim/serving/requests.ts'
import { ListSource } from '../../sim/traffic/requests/request-list.ts'
import { requestsOf } from '../../test/small-system.ts'
import { Dispatcher, type LivePort } from './dispatcher.ts'

/** The events that a control plane received, as [now, what]. */
type Told = [now: Ms, what: string]

/** Runs a dispatcher on a clock that reads `readings` in turn, and then goes on with sleeps. */
function run(at: number[], { readings = [0], ends = [] as (readonly [Ms, number])[] } = {}) {
  const told: Told[] = []
  const slept: Ms[] = []
  const requests = new Requests()
  let now = 0
  let reading = 0
  let finished = 0
  let deciding = false
  /** whether it was deciding when it read the clock, and while it slept */
  const waits = { read: new Set<boolean>(), slept: new Set<boolean>() }
  const port: LivePort = {
    deciding: (is) => (deciding = is),
    now: () => {
      waits.read.add(deciding)
      return reading < readings.length ? (now = readings[reading++]!) : now
    },
    sleep: (until) => {
      waits.slept.add(deciding)
      slept.push(until)
      now = Math.min(until, ends[finished]?.[0] ?? Number.POSITIVE_INFINITY)
    },
    start: () => {},
    load: () => {},
    unload: () => {},
    takeFinished: () => {
      const end = ends[finished]
      // an executor may end between a reading of the clock and this look
      if (end === undefined || end[0] > now + 0.5) return -1
      finished++
      return end[1]
    },
    finished: () => {
      return { order: 'run', status: STATUS.ok, started: 0, ended: ends[finished - 1]![0] }
    },
  }
  const dispatcher = new Dispatcher(port, trafficOf(new ListSource(requestsOf(at)), requests))
  const held: number[] = []
  const control: ControlPlanePort = {
    onArrival: (t, request) => {
      told.push([t, 'arrival'])
      held.push(request)
      if (ends.length === 0) requests.release(held.pop()!)
      else dispatcher.start({} as Batch)
      dispatcher.arm(1, t + 3)
      dispatcher.arm(0, t + 3)
    },
    onTimer: (t, timer) => {
      told.push([t, `timer ${timer}`])
    },
    onDone: (t, executor) => {
      told.push([t, `done ${executor}`])
      requests.release(held.pop()!)
    },
    onLoaded() {},
    onExecutor() {},
    onSteps: () => {},
    waiting: 0,
    onDelivered: () => {},
    onEnd: (t) => {
      told.push([t, 'end'])
    },
  }
  dispatcher.run(control)
  return { told, slept, fired: dispatcher.fired, waits }
}

describe('the dispatcher', () => {
  test('a request at time 0 waits for the end of the lead-in, when the clock is below 0', () => {
    const { told, slept } = run([0], { readings: [-50] })
    expect(slept[0]).toBe(0)
    expect(told[0]).toEqual([0, 'arrival'])
  })

  test('tells executors that it decides before it reads the clock, and not while it sleeps', () => {
    const { waits } = run([1, 1, 2])
    expect([...waits.read]).toEqual([true])
    expect([...waits.slept]).toEqual([false])
  })

  test('reports requests when they are due, and the end after the last one', () => {
    expect(run([1, 1, 2]).told).toEqual([
      [1, 'arrival'],
      [1, 'arrival'],
      [2, 'arrival'],
      [2, 'end'],
    ])
  })

  test('ends a run without requests at once', () => {
    expect(run([]).told).toEqual([[0, 'end']])
  })

  test('at one instant ends precede timers, and timers precede arrivals', () => {
    const { told } = run([0, 3], {
      ends: [
        [3, 7],
        [5, 8],
      ],
    })
    expect(told).toEqual([
      [0, 'arrival'],
      [3, 'done 7'],
      // that was armed first
      [3, 'timer 1'],
      [3, 'timer 0'],
      [3, 'arrival'],
      [3, 'end'],
      [5, 'done 8'],
    ])
  })

  test('reports overdue requests late, and how late timers were', () => {
    const { told, fired } = run([0, 20], { readings: [0, 0, 10, 10] })
    expect(told.slice(0, 3)).toEqual([
      [0, 'arrival'],
      [10, 'timer 1'],
      [10, 'timer 0'],
    ])
    expect(fired.slice(0, 2)).toEqual([
      [3, 10],
      [3, 10],
    ])
  })

  test('never reports an end before its time, nor a falling time', () => {
    // the clock reads 1, the executor then ends at 1.25, and the clock next reads 1.1
    const { told } = run([0.5, 2], {
      readings: [0.5, 1, 1.1],
      ends: [
        [1.25, 0],
        [4, 0],
      ],
    })
    expect(told.slice(0, 3)).toEqual([
      [0.5, 'arrival'],
      [1.25, 'done 0'],
      [2, 'arrival'],
    ])
    expect(told.every(([now], i) => i === 0 || now >= told[i - 1]![0])).toBe(true)
  })

  test('ends no run during a load, and does not report unloads', () => {
    const requests = new Requests()
    const told: Told[] = []
    let orders: { executor: number; order: 'load' | 'unload'; ended: Ms }[] = []
    let last: (typeof orders)[number] | undefined
    let now = 0
    const port: LivePort = {
      now: () => now,
      sleep: (until) => {
        now = Math.min(until, orders[0]?.ended ?? Number.POSITIVE_INFINITY)
      },
      start: () => {},
      load: (executor) => orders.push({ executor, order: 'load', ended: now + 20 }),
      unload: (executor) => orders.push({ executor, order: 'unload', ended: now + 4 }),
      takeFinished: () => {
        last = orders.find(({ ended }) => ended <= now)
        orders = orders.filter((one) => one !== last)
        return last?.executor ?? -1
      },
      finished: () => {
        const { order, ended } = last!
        const status = order === 'load' ? STATUS.outOfMemory : STATUS.ok
        return { order, status, started: ended - 1, ended }
      },
    }
    const dispatcher = new Dispatcher(port, trafficOf(new ListSource(requestsOf([0])), requests))
    dispatcher.run({
      onArrival: (_, request) => {
        requests.release(request)
        dispatcher.unload(3)
        dispatcher.load(5)
      },
      onTimer: () => {},
      onDone: (t) => told.push([t, 'done']),
      onLoaded: (t, executor, ok) => told.push([t, `loaded ${executor} ${ok}`]),
      onExecutor() {},
      onSteps: () => {},
      waiting: 0,
      onDelivered: () => {},
      onEnd: (t) => told.push([t, 'end']),
    })
    expect(told).toEqual([
      [0, 'end'],
      [20, 'loaded 5 false'],
    ])
    const at = { asked: 0 }
    expect(dispatcher.moves).toEqual([
      { ...at, executor: 3, kind: 'unload', started: 3, ended: 4, done: 4, ok: true },
      { ...at, executor: 5, kind: 'load', started: 19, ended: 20, done: 20, ok: false },
    ])
  })

  test('notes how late a timer was when a completion overtook it', () => {
    const requests = new Requests()
    let now = 0
    let ended = false
    const port: LivePort = {
      now: () => now,
      sleep: () => {
        now = 10
      },
      start: () => {},
      load: () => {},
      unload: () => {},
      takeFinished: () => {
        if (ended || now < 10) return -1
        ended = true
        return 0
      },
      finished: () => ({ order: 'run', status: STATUS.ok, started: 0, ended: 9 }),
    }
    const dispatcher = new Dispatcher(port, trafficOf(new ListSource(requestsOf([0])), requests))
    dispatcher.run({
      onArrival: () => {
        dispatcher.start({} as Batch)
        dispatcher.arm(0, 3)
        dispatcher.arm(1, 11)
      },
      onTimer: () => {
        throw new Error('Expected no timer to fire')
      },
      onDone: () => {
        dispatcher.disarm(0)
        dispatcher.disarm(1)
        requests.release(0)
      },
      onLoaded() {},
      onExecutor() {},
      onSteps: () => {},
      waiting: 0,
      onDelivered: () => {},
      onEnd: () => {},
    })
    expect(dispatcher.fired).toEqual([[3, 10]])
  })
})

test('a source that is open ends no run, and its end is declared once it has closed', () => {
  const requests = new Requests()
  const told: Told[] = []
  let now = 0
  let isOpen = true
  const list = new ListSource(requestsOf([1]))
  const source = {
    reactsUntil: 0,
    peek: () => list.peek(),
    take: (...of: Parameters<typeof list.take>) => list.take(...of),
    settled: () => {},
    get isOpen() {
      return isOpen
    },
  }
  const port: LivePort = {
    now: () => now,
    sleep: (until) => {
      now = Math.min(until, now + 10)
      if (now > 50) isOpen = false
    },
    start: () => {},
    load: () => {},
    unload: () => {},
    takeFinished: () => -1,
    finished: () => ({ order: 'run', status: STATUS.ok, started: 0, ended: 0 }),
  }
  const dispatcher = new Dispatcher(port, trafficOf(source, requests), { forgets: true })
  dispatcher.run({
    onArrival: (t, request) => {
      told.push([t, 'arrival'])
      dispatcher.arm(0, t + 5)
      requests.release(request)
    },
    onTimer: (t) => told.push([t, 'timer']),
    onDone: () => {},
    onLoaded() {},
    onExecutor() {},
    onSteps: () => {},
    waiting: 0,
    onDelivered: () => {},
    onEnd: (t) => told.push([t, 'end']),
  })
  expect(told).toEqual([
    [1, 'arrival'],
    [6, 'timer'],
    [56, 'end'],
  ])
  // it may go on for months
  expect(dispatcher.fired).toEqual([])
})

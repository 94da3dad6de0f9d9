import { expect, test } from 'vitest'
import { Requests, STATUS } from '../../sim/serving/index.ts'
import { WallClock } from './clock.ts'
import { MailboxPort } from './live-port.ts'
import { Mailbox, mailboxMemory } from './mailbox.ts'

/** A port and the executors' ends of its mailboxes, all on one device. */
function ports(executors: number) {
  const signal = new SharedArrayBuffer(4)
  const memories = Array.from({ length: executors }, () => mailboxMemory(1, signal))
  const port = new MailboxPort({
    clock: new WallClock(process.hrtime.bigint()),
    origin: 100,
    signal,
    mailboxes: memories.map((memory) => new Mailbox(memory)),
    deviceOf: new Int32Array(executors),
    requests: new Requests(),
  })
  return { port, ends: memories.map((memory) => new Mailbox(memory)) }
}

test('the result of an order is kept while its executor already runs the next one', () => {
  const { port, ends } = ports(1)
  const [executor] = ends
  port.unload(0)
  port.load(0)
  expect(executor!.receive()!.order).toBe('unload')
  executor!.finish({ started: 101, ended: 102, status: STATUS.ok })
  expect(port.takeFinished()).toBe(0)
  // the executor runs its next order before the port has read the first result
  expect(executor!.receive()!.order).toBe('load')
  executor!.finish({ started: 103, ended: 109, status: STATUS.outOfMemory })
  const unloaded = { order: 'unload', status: STATUS.ok, started: 1, ended: 2 }
  expect(port.finished(0)).toMatchObject(unloaded)
  expect(port.takeFinished()).toBe(0)
  const failed = { order: 'load', status: STATUS.outOfMemory, started: 3, ended: 9 }
  expect(port.finished(0)).toMatchObject(failed)
  expect(port.takeFinished()).toBe(-1)
})

test('a load is posted when the unload that frees its memory has ended', () => {
  const { port, ends } = ports(2)
  port.unload(0)
  port.load(1)
  expect(ends[0]!.receive()!.order).toBe('unload')
  // nothing has been posted to executor 1: its order has the default value
  expect(ends[1]!.order).toBe('run')
  ends[0]!.finish({ started: 101, ended: 102, status: STATUS.ok })
  expect(port.takeFinished()).toBe(0)
  expect(ends[1]!.receive()!.order).toBe('load')
})

test('the control kernel is timed on every executor, and is no order of a run', () => {
  const { port, ends } = ports(2)
  // both ends of a mailbox are in this thread, so the results are there before they are awaited
  ends[0]!.finish({ started: 0, ended: 1.5, status: STATUS.ok })
  ends[1]!.finish({ started: 0, ended: 2.5, status: STATUS.ok })
  expect(port.timeControl()).toEqual([1.5, 2.5])
  expect(ends.map((end) => end.receive()!.order)).toEqual(['control', 'control'])
  expect(port.takeFinished()).toBe(-1)
})

test('the time goes on from where it is set', () => {
  const { port } = ports(1)
  port.setNow(-50)
  const now = port.now()
  expect(now).toBeGreaterThanOrEqual(-50)
  port.setNow(1e9)
  expect(port.now()).toBeGreaterThanOrEqual(1e9)
})

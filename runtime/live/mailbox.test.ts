import { describe, expect, test } from 'vitest'
import { STATUS } from '../../sim/serving/ports.ts'
import { Mailbox, mailboxMemory, postBatch } from './mailbox.ts'

/** Both ends of one mailbox, and the signal that a dispatcher sleeps on. */
function ends(maxBatch = 4) {
  const signal = new SharedArrayBuffer(4)
  const memory = mailboxMemory(maxBatch, signal)
  return {
    dispatcher: new Mailbox(memory),
    executor: new Mailbox(memory),
    signal: new Int32Array(signal),
  }
}

describe('a mailbox', () => {
  test('carries a batch with the lengths and keys of its requests to its executor', () => {
    const { dispatcher, executor } = ends()
    const members = Int32Array.of(2, 0, 9, 9)
    const batch = { members, size: 2, length: 64 }
    postBatch(dispatcher, batch, {
      inputTokens: Int32Array.of(17, 1, 60),
      key: Uint32Array.of(5, 6, 2 ** 32 - 1),
    })
    expect(executor.receive()).toEqual({ order: 'run', size: 2, length: 64 })
    expect(Array.from(executor.lengths.subarray(0, 2))).toEqual([60, 17])
    expect(Array.from(executor.keys.subarray(0, 2))).toEqual([2 ** 32 - 1, 5])
  })

  test('reports each ended order once, with its times and status, and raises the signal', () => {
    const { dispatcher, executor, signal } = ends()
    for (let i = 0; i < 3; i++) {
      expect(dispatcher.takeFinished()).toBe(false)
      dispatcher.post(1, i + 1)
      expect(executor.receive()).toEqual({ order: 'run', size: 1, length: i + 1 })
      expect(dispatcher.takeFinished()).toBe(false)
      const as = i === 1 ? STATUS.died : STATUS.ok
      executor.finish({ started: i + 0.25, ended: i + 0.75, status: as })
      expect(signal[0]).toBe(i + 1)
      expect(dispatcher.takeFinished()).toBe(true)
      const { started, ended, status } = dispatcher
      expect([started, ended]).toEqual([i + 0.25, i + 0.75])
      expect(status).toBe(i === 1 ? STATUS.died : STATUS.ok)
    }
  })

  test('carries loads and unloads between batches', () => {
    const { dispatcher, executor } = ends()
    for (const order of ['load', 'unload'] as const) {
      dispatcher.post(1, 1)
      expect(executor.receive()?.order).toBe('run')
      executor.finish({ started: 0, ended: 1, status: STATUS.ok })
      expect([dispatcher.takeFinished(), dispatcher.order]).toEqual([true, 'run'])
      dispatcher.postOrder(order)
      expect(executor.receive()?.order).toBe(order)
      executor.finish({ started: 1, ended: 2, status: STATUS.ok })
      expect([dispatcher.takeFinished(), dispatcher.order]).toEqual([true, order])
    }
  })

  test('gives its executor no more orders once it is stopped', () => {
    const { dispatcher, executor } = ends()
    dispatcher.stop()
    expect(executor.receive()).toBe(null)
  })

  test('shares only the signal with other mailboxes', () => {
    const signal = new SharedArrayBuffer(4)
    const memories = [mailboxMemory(2, signal), mailboxMemory(2, signal)]
    const [first, second] = memories.map((memory) => new Mailbox(memory))
    first!.post(2, 8)
    new Mailbox(memories[0]!).receive()
    new Mailbox(memories[0]!).finish({ started: 1, ended: 2, status: STATUS.ok })
    expect([first!.takeFinished(), second!.takeFinished()]).toEqual([true, false])
    expect(new Int32Array(signal)[0]).toBe(1)
  })

  test('holds as many requests as its largest batch', () => {
    const { dispatcher } = ends(32)
    expect([dispatcher.lengths.length, dispatcher.keys.length]).toEqual([32, 32])
  })
})

test('a batch is run as it should be, unless its executor is impaired', () => {
  const memory = mailboxMemory(1, new SharedArrayBuffer(4))
  const [dispatcher, executor] = [new Mailbox(memory), new Mailbox(memory)]
  dispatcher.post(1, 8)
  expect(executor.impairment).toBe(null)
  const [slow, failing] = [
    { factor: 3, afterMs: null },
    { factor: 1, afterMs: 0 },
  ]
  for (const impairment of [slow, failing, null]) {
    dispatcher.impair(impairment)
    expect(executor.impairment).toEqual(impairment)
  }
})

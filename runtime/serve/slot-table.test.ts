import { expect, test } from 'vitest'
import { OUTCOME } from '../../sim/serving/index.ts'
import { SlotTable, slotMemory } from './slot-table.ts'

function tables(slots = 4) {
  const signal = new SharedArrayBuffer(4)
  const memory = slotMemory(slots, signal)
  return {
    clients: new SlotTable(memory),
    dispatcher: new SlotTable(memory),
    signal: new Int32Array(signal),
  }
}

const arrival = (slot: number) => ({ slot, class: slot % 2, length: 10 + slot, at: 100 + slot })

test('requests arrive in the order in which they were sent, and each wakes the dispatcher', () => {
  const { clients, dispatcher, signal } = tables()
  expect(dispatcher.next).toBe(-1)
  for (const slot of [2, 0, 3]) clients.send(arrival(slot))
  expect(signal[0]).toBe(3)
  const taken: number[] = []
  for (let slot = dispatcher.next; slot >= 0; slot = dispatcher.next) {
    expect([dispatcher.class[slot], dispatcher.length[slot]]).toEqual([slot % 2, 10 + slot])
    dispatcher.take(dispatcher.at[slot]! - 100)
    expect(dispatcher.at[slot]).toBe(slot)
    taken.push(slot)
  }
  expect(taken).toEqual([2, 0, 3])
})

test('the rings go on for any number of requests, and the key of a slot changes with each', () => {
  const { clients, dispatcher } = tables(2)
  const keys = new Set<number>()
  for (let i = 0; i < 100; i++) {
    const slot = i % 3 === 0 ? 1 : 0
    clients.send(arrival(slot))
    expect(dispatcher.next).toBe(slot)
    const key = dispatcher.keyOf(slot)
    expect(dispatcher.slotOf(key)).toBe(slot)
    keys.add(key)
    dispatcher.take(i)
    dispatcher.settle(slot, OUTCOME.served, i)
    expect([clients.takeSettled(), clients.takeSettled()]).toEqual([slot, -1])
  }
  expect(keys.size).toBe(100)
})

test('a request that settles wakes the thread of its client', async () => {
  const { clients, dispatcher } = tables()
  clients.send(arrival(1))
  dispatcher.take(5)
  const woken = clients.someSettled()
  dispatcher.settle(1, OUTCOME.shed, 7)
  await woken
  expect(clients.takeSettled()).toBe(1)
  expect([clients.outcome[1], clients.settled[1]]).toEqual([OUTCOME.shed, 7])
  // settled before the wait
  clients.send(arrival(2))
  dispatcher.take(8)
  dispatcher.settle(2, OUTCOME.served, 9)
  await clients.someSettled()
  expect(clients.takeSettled()).toBe(2)
})

test('a table closes once, after what was sent', () => {
  const { clients, dispatcher, signal } = tables()
  clients.send(arrival(0))
  clients.close()
  expect(signal[0]).toBe(2)
  expect([dispatcher.closed, dispatcher.next]).toEqual([true, 0])
})

test('the number of slots is a power of two', () => {
  expect(() => slotMemory(6, new SharedArrayBuffer(4))).toThrow('Expected a power of two of slots')
})

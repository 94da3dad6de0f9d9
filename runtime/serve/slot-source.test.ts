import { expect, test } from 'vitest'
import { type Batch, OUTCOME, Requests, STATUS } from '../../sim/serving/index.ts'
import { SlotObserver, SlotSource } from './slot-source.ts'
import { SlotTable, slotMemory } from './slot-table.ts'

function source() {
  const memory = slotMemory(4, new SharedArrayBuffer(4))
  const [clients, dispatcher] = [new SlotTable(memory), new SlotTable(memory)]
  return { clients, dispatcher, source: new SlotSource(dispatcher, (clock) => clock - 1000) }
}

test('a request is taken at the time of its arrival, and its outcome reaches its slot', () => {
  const { clients, dispatcher, source: requestsOf } = source()
  expect(requestsOf.peek()).toBe(Number.POSITIVE_INFINITY)
  clients.send({ slot: 3, class: 1, length: 40, at: 1007 })
  expect(requestsOf.peek()).toBe(7)
  const requests = new Requests()
  const request = requests.acquire()
  expect(requestsOf.take(requests, request)).toBe(true)
  expect(requestsOf.peek()).toBe(Number.POSITIVE_INFINITY)
  expect(requests.at[request]).toBe(7)
  expect(requests.inputTokens[request]).toBe(40)
  expect(requests.class[request]).toBe(1)
  const times = { dispatched: 8, started: 9, ended: 12, oldestEnqueued: 7 }
  const batch: Batch = {
    ...{ executor: 5, members: Int32Array.of(request), size: 1, length: 40, tokens: 40 },
    ...{ ...times, status: STATUS.ok },
  }
  new SlotObserver(dispatcher, requests, null).batch(13, batch)
  requestsOf.settled(1, requests.key[request]!, OUTCOME.served, 13)
  expect(clients.takeSettled()).toBe(3)
  const columns = ['at', 'dispatched', 'started', 'ended', 'settled', 'size', 'executor'] as const
  expect(columns.map((name) => clients[name][3])).toEqual([7, 8, 9, 12, 13, 1, 5])
})

test('clients may react until the table is closed', () => {
  const { clients, source: requestsOf } = source()
  expect([requestsOf.isOpen, requestsOf.reactsUntil]).toEqual([true, Number.POSITIVE_INFINITY])
  clients.close()
  expect([requestsOf.isOpen, requestsOf.reactsUntil]).toEqual([false, 0])
})

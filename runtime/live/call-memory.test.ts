import { expect, test } from 'vitest'
import { Requests } from '../../sim/serving/index.ts'
import { CallMemory, callMemory } from './call-memory.ts'

test('a connection gets a request as it is, and the dispatcher what came of it', () => {
  const parts = callMemory()
  const [dispatcher, connection] = [new CallMemory(parts), new CallMemory(parts)]
  const requests = new Requests()
  const slot = requests.acquire()
  requests.key[slot] = 0xffffffff
  requests.class[slot] = 3
  requests.inputTokens[slot] = 1030
  requests.outputTokens[slot] = 7
  dispatcher.write(slot, requests)
  const sizes = { inputTokens: 1030, outputTokens: 7 }
  expect(connection.read()).toEqual({ key: 0xffffffff, class: 3, prefix: null, ...sizes })
  requests.prefixes.set(slot, Int32Array.of(5, 6, 7))
  dispatcher.write(slot, requests)
  expect(connection.read().prefix).toEqual(Int32Array.of(5, 6, 7))
  connection.finish({ firstToken: 12.5, uncounted: true })
  expect(dispatcher.answered).toEqual({ firstToken: 12.5, uncounted: true })
})

test('of a prefix that is longer than its room the beginning remains', () => {
  const memory = new CallMemory(callMemory())
  const requests = new Requests()
  const slot = requests.acquire()
  const long = Int32Array.from({ length: 5000 }, (_, i) => i)
  requests.prefixes.set(slot, long)
  memory.write(slot, requests)
  expect(memory.read().prefix).toEqual(long.subarray(0, 2048))
})

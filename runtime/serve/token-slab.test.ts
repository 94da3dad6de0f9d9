import { expect, test } from 'vitest'
import { TokenSlab, tokenMemory } from './token-slab.ts'

test('each request has its prompt, and its tokens as they come', () => {
  const memory = tokenMemory(2, 4)
  const [clients, dispatcher, executor] = [0, 1, 2].map(() => new TokenSlab(memory))
  clients!.write(1, Int32Array.of(7, 8))
  clients!.write(0, Int32Array.of(9))
  dispatcher!.assign(0, 1)
  dispatcher!.assign(1, 0)
  expect([...dispatcher!.prompt(0, 2)]).toEqual([7, 8])
  expect([...dispatcher!.prompt(1, 1)]).toEqual([9])
  executor!.add([
    { sequence: 0, token: 3 },
    { sequence: 1, token: 4 },
  ])
  executor!.add([{ sequence: 0, token: 5 }])
  expect([...clients!.after(1, 0)]).toEqual([3, 5])
  expect([...clients!.after(1, 1)]).toEqual([5])
  expect([...clients!.after(0, 0)]).toEqual([4])
  // the next request of the slot
  clients!.write(1, Int32Array.of(1))
  expect([...clients!.after(1, 0)]).toEqual([])
})

test('a wait for tokens ends when some come, and at once where they have come before', async () => {
  const memory = tokenMemory(1, 4)
  const [clients, executor] = [new TokenSlab(memory), new TokenSlab(memory)]
  const before = clients.came
  const waiting = clients.someCame(before)
  executor.add([{ sequence: 0, token: 1 }])
  await waiting
  await clients.someCame(before)
  expect(clients.came).toBe(before + 1)
})

test('contexts that are too long for so many requests are refused', () => {
  expect(() => tokenMemory(65_536, 2 ** 15)).toThrow('use --max-requests 32768 at most')
})

import { expect, test } from 'vitest'
import { stream } from '../kernel/index.ts'
import { Chunks } from './chunks.ts'
import { Device } from './device.ts'
import { FreeChunks } from './free-chunks.ts'

const SEARCHES = 1000

/** Mean number of chunks that a search among `count` visits. */
function visited(count: number): number {
  const random = stream(1, 0, 'free chunks')
  const chunks = new Chunks(new Device(Number.POSITIVE_INFINITY))
  const free = new FreeChunks(chunks)
  for (let i = 0; i < count; i++) free.add(chunks.open(1 + random.integer(1e9)))
  let visits = 0
  chunks.bytes = new Proxy(chunks.bytes, {
    get(sizes, key) {
      visits++
      return sizes[Number(key)]
    },
  })
  for (let i = 0; i < SEARCHES; i++) free.fit(random.integer(1e9))
  return visits / SEARCHES
}

test('a search visits a number of chunks that grows with the logarithm of their number', () => {
  // the expected depth of a random treap is at most 2 ln n = 1.39 log2 n
  for (const count of [100, 1000, 10_000, 100_000]) {
    expect(visited(count)).toBeLessThan(1.5 * Math.log2(count))
    expect(visited(count)).toBeGreaterThan(Math.log2(count) - 1)
  }
})

test('chunks added in the order of their sizes do not degrade the tree to a list', () => {
  const chunks = new Chunks(new Device(Number.POSITIVE_INFINITY))
  const free = new FreeChunks(chunks)
  for (let i = 1; i <= 10_000; i++) free.add(chunks.open(i))
  let visits = 0
  chunks.bytes = new Proxy(chunks.bytes, {
    get(sizes, key) {
      visits++
      return sizes[Number(key)]
    },
  })
  expect(free.fit(5000)).toBe(4999)
  expect(visits).toBeLessThan(60)
})

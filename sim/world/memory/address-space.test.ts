import { expect, test } from 'vitest'
import { AddressSpace, type ReplicaChunk } from './address-space.ts'

const chunk = (replica: number, region: number, offset: number, bytes: number, owner = 'free') =>
  ({ replica, region, offset, bytes, owner }) satisfies ReplicaChunk
const layoutOf = (space: AddressSpace, chunks: readonly ReplicaChunk[]) =>
  space.layOut(chunks).map(({ address, bytes, owner }) => `${address} +${bytes} ${owner}`)

test('a held region keeps its address, and a new one takes the lowest free address', () => {
  const space = new AddressSpace()
  const [a, b, c] = [chunk(0, 0, 0, 10), chunk(1, 0, 0, 20), chunk(0, 10, 0, 30)]
  expect(layoutOf(space, [a, b, c])).toEqual(['0 +10 free', '10 +20 free', '30 +30 free'])
  expect(layoutOf(space, [a, c])).toEqual(['0 +10 free', '30 +30 free'])
  const [d, e] = [chunk(1, 20, 0, 21), chunk(1, 41, 0, 15)]
  const layout = ['0 +10 free', '10 +15 free', '30 +30 free', '60 +21 free']
  expect(layoutOf(space, [a, c, d, e])).toEqual(layout)
})

test('a model that was evicted and loaded again has new regions, even where old ones began', () => {
  const space = new AddressSpace()
  const neighbour = chunk(1, 0, 0, 20)
  expect(layoutOf(space, [chunk(0, 0, 0, 10), neighbour])).toEqual(['0 +10 free', '10 +20 free'])
  expect(layoutOf(space, [chunk(0, 0, 0, 15), neighbour])).toEqual(['10 +20 free', '30 +15 free'])
})

test('neighbours with one owner are one chunk, but free chunks of two regions stay two', () => {
  const chunks = [
    ...[chunk(0, 0, 0, 5, 'weights'), chunk(0, 5, 0, 6, 'weights')],
    ...[chunk(0, 11, 0, 4, 'batch 1 x 1'), chunk(0, 11, 4, 4, 'batch 1 x 1')],
    ...[chunk(0, 11, 8, 2), chunk(0, 21, 0, 9)],
  ]
  expect(layoutOf(new AddressSpace(), chunks)).toEqual([
    ...['0 +11 weights', '11 +8 batch 1 x 1', '19 +2 free', '21 +9 free'],
  ])
})

test('of very many chunks the smallest are merged, and no byte is lost', () => {
  const chunks = Array.from({ length: 3000 }, (_, i) =>
    chunk(0, 0, 10 * i + (i === 0 ? 0 : 5000), i === 0 ? 5010 : 10, `batch ${i} x 1`),
  )
  const laidOut = new AddressSpace().layOut(chunks)
  expect(laidOut.length).toBeLessThanOrEqual(400)
  expect(laidOut.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(35_000)
  expect(laidOut[0]).toMatchObject({ address: 0, owner: 'batch 0 x 1' })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RequestHash } from './request-hash.ts'

const request = fc.record({
  at: fc.double({ min: 0, max: 1e7, noNaN: true }),
  length: fc.integer({ min: 1, max: 1e9 }),
  output: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1e9 })),
  number: fc.integer({ min: 0, max: 249 }),
})
const requests = fc.array(request, { minLength: 1, maxLength: 30 })
type Request = { at: number; length: number; output: number; number: number }

const columnsOf = (list: readonly Request[]) => ({
  at: Float64Array.from(list, ({ at }) => at),
  inputTokens: Int32Array.from(list, ({ length }) => length),
  outputTokens: Int32Array.from(list, ({ output }) => output),
  class: Uint8Array.from(list, ({ number }) => number),
})

function hash(list: readonly Request[]): string {
  const running = new RequestHash()
  for (const row of list.keys()) running.add(columnsOf(list), row)
  return running.digest()
}

/** The next larger double. */
function nextUp(x: number): number {
  const words = new BigInt64Array(1)
  const value = new Float64Array(words.buffer)
  value[0] = x
  words[0]!++
  return value[0]!
}

test('the hash has 16 hexadecimal digits and depends on the requests alone', () => {
  fc.assert(
    fc.property(requests, (list) => {
      expect(hash(list)).toMatch(/^[0-9a-f]{16}$/)
      expect(hash(list)).toBe(hash(list.map((request) => ({ ...request }))))
    }),
  )
})

test('reading the digest does not change it, and it covers the requests so far', () => {
  fc.assert(
    fc.property(requests, (list) => {
      const running = new RequestHash()
      list.forEach((_, i) => {
        running.add(columnsOf(list), i)
        expect(running.digest()).toBe(hash(list.slice(0, i + 1)))
      })
    }),
  )
})

test('the smallest change of any field of any request changes the hash', () => {
  fc.assert(
    fc.property(requests, fc.nat(), (list, index) => {
      const i = index % list.length
      const request = list[i]!
      const changes: Request[] = [
        { ...request, at: nextUp(request.at) },
        { ...request, length: request.length + 1 },
        { ...request, output: request.output + 1 },
        { ...request, number: request.number + 1 },
      ]
      const hashes = changes.map((change) => hash(list.with(i, change)))
      expect(new Set([...hashes, hash(list)]).size).toBe(5)
    }),
    { numRuns: 300 },
  )
})

test('another order, or one request more or less, changes the hash', () => {
  fc.assert(
    fc.property(requests, request, (list, more) => {
      expect(hash([...list, more])).not.toBe(hash(list))
      const last = list.at(-1)!
      fc.pre(
        Object.keys(last).some((key) => last[key as keyof Request] !== more[key as keyof Request]),
      )
      expect(hash([...list, more])).not.toBe(hash([...list.slice(0, -1), more, last]))
    }),
    { numRuns: 300 },
  )
})

test('hashes of 100,000 similar lists all differ', () => {
  const hashes = new Set<string>()
  for (let i = 0; i < 100_000; i++)
    hashes.add(hash([{ at: i / 8, length: 1 + (i % 7), output: 0, number: 0 }]))
  expect(hashes.size).toBe(100_000)
})

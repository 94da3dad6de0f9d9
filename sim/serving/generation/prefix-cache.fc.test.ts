import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KvLedger } from './kv-ledger.ts'
import { PrefixCache } from './prefix-cache.ts'

const BLOCKS = 24
const BLOCK_TOKENS = 4

interface Request {
  /** what its known blocks hold */
  readonly keys: readonly number[]
  /** blocks of its prompt and answer, known or not */
  readonly blocks: number
}

/** A known block, and the sequences that use it. */
interface Known {
  readonly key: number
  readonly users: number[]
}

/** The rules told once more on plain lists. */
class NaiveCache {
  /** known blocks, the most recently used last */
  known: Known[] = []
  readonly requests: readonly Request[]
  readonly #forgetsFirst: boolean
  /** private blocks of each request that has a place */
  readonly own = new Map<number, number>()

  constructor(requests: readonly Request[], forgetsFirst: boolean) {
    this.requests = requests
    this.#forgetsFirst = forgetsFirst
  }

  get used(): number {
    const own = [...this.own.values()].reduce((sum, blocks) => sum + blocks, 0)
    return own + this.known.filter(({ users }) => users.length > 0).length
  }

  get kept(): number {
    return this.known.filter(({ users }) => users.length === 0).length
  }

  found(request: number, tokens: number): Known[] {
    const found: Known[] = []
    for (const key of this.requests[request]!.keys.slice(0, Math.floor(tokens / BLOCK_TOKENS))) {
      const known = this.known.find((one) => one.key === key)
      if (known === undefined) break
      found.push(known)
    }
    return found
  }

  take(request: number, tokens: number): void {
    const found = this.found(request, tokens)
    for (const { users } of found) users.push(request)
    const own = this.requests[request]!.blocks - found.length
    while (BLOCKS - this.used - this.kept < own) {
      const unused = this.known.filter(({ users }) => users.length === 0)
      const gone = unused.at(this.#forgetsFirst ? 0 : -1)
      this.known = this.known.filter((one) => one !== gone)
    }
    this.own.set(request, own)
  }

  computed(request: number): void {
    for (const key of this.requests[request]!.keys) {
      const known = this.known.find((one) => one.key === key)
      if (known?.users.includes(request)) continue
      this.own.set(request, this.own.get(request)! - 1)
      if (known === undefined) this.known.push({ key, users: [request] })
      else known.users.push(request)
    }
  }

  leave(request: number): void {
    this.own.delete(request)
    const mine = this.requests[request]!.keys.map((key) =>
      this.known.find((one) => one.key === key && one.users.includes(request)),
    ).filter((one) => one !== undefined)
    for (const known of mine.reverse()) {
      known.users.splice(known.users.indexOf(request), 1)
      this.known = [...this.known.filter((one) => one !== known), known]
    }
  }
}

/** Requests of a few beginnings, which part sooner or later. */
const requests: fc.Arbitrary<Request[]> = fc.array(
  fc
    .record({
      path: fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 5 }),
      more: fc.integer({ min: 0, max: 3 }),
    })
    .map(({ path, more }) => {
      let key = 1
      const keys = path.map((branch) => (key = 2 * key + branch))
      return { keys, blocks: keys.length + 1 + more }
    }),
  { minLength: 4, maxLength: 12 },
)

const events = fc.array(
  fc.record({
    kind: fc.constantFrom('take', 'take', 'computed', 'leave'),
    who: fc.nat(),
  }),
  { maxLength: 80, size: 'large' },
)

/** Runs a cache beside its rules on lists; returns hits, blocks shared and blocks forgotten. */
function compare(forgetsFirst: boolean): { hits: number; sharedUses: number; forgotten: number } {
  const seen = { hits: 0, sharedUses: 0, forgotten: 0 }
  fc.assert(
    fc.property(requests, events, (all, steps) => {
      const kv = new KvLedger({ blocks: BLOCKS, blockTokens: BLOCK_TOKENS })
      const cache = new PrefixCache(kv, {
        count: (request, tokens) =>
          Math.min(all[request]!.keys.length, Math.floor(tokens / BLOCK_TOKENS)),
        key: (request, block) => all[request]!.keys[block]!,
      })
      const naive = new NaiveCache(all, forgetsFirst)
      const computed = new Set<number>()
      for (const { kind, who } of steps) {
        const request = who % all.length
        const { blocks } = all[request]!
        const tokens = BLOCK_TOKENS * blocks - 1
        if (kind === 'take' && !naive.own.has(request)) {
          cache.find(request, tokens)
          const found = naive.found(request, tokens)
          expect(cache.hits).toBe(found.length)
          const inUse = found.filter(({ users }) => users.length > 0).length
          expect(cache.hitsInUse).toBe(inUse)
          if (blocks - inUse > kv.room) continue
          const before = kv.kept
          cache.take(request)
          cache.evictUntilFree(blocks - cache.hits)
          kv.take(blocks - cache.hits)
          seen.forgotten += before - kv.kept - (cache.hits - inUse)
          seen.hits += cache.hits
          naive.take(request, tokens)
        } else if (kind === 'computed' && naive.own.has(request) && !computed.has(request)) {
          computed.add(request)
          cache.computed(request, tokens)
          naive.computed(request)
        } else if (kind === 'leave' && naive.own.has(request)) {
          kv.release(blocks - cache.leave(request))
          naive.leave(request)
          computed.delete(request)
        }
        expect([kv.used, kv.kept]).toEqual([naive.used, naive.kept])
        expect(kv.free).toBe(BLOCKS - naive.used - naive.kept)
        const sharedUses = naive.known.map(({ users }) => Math.max(0, users.length - 1))
        expect(cache.sharedUses).toBe(sharedUses.reduce((sum, one) => sum + one, 0))
        seen.sharedUses += cache.sharedUses
      }
    }),
    { numRuns: 500, endOnFailure: !forgetsFirst },
  )
  return seen
}

test('blocks are found, shared, kept and evicted as in a model that uses lists', () => {
  const { hits, sharedUses, forgotten } = compare(true)
  expect(Math.min(hits, sharedUses, forgotten)).toBeGreaterThan(100)
})

test('a cache that evicts the most recently used block fails the comparison', () => {
  expect(() => compare(false)).toThrow()
})

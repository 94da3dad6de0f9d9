import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KvLedger } from './kv-ledger.ts'
import { PrefixCache } from './prefix-cache.ts'

const BLOCKS = 24
const BLOCK_TOKENS = 4

interface Request {
  /** of its blocks that can be shared */
  readonly keys: readonly number[]
  /** blocks of its prompt and answer, shared or not */
  readonly blocks: number
}

/** A block that the cache holds by its key, and the sequences that use it. */
interface SharedBlock {
  readonly key: number
  readonly users: number[]
}

/** The same rules on plain lists. */
class NaiveCache {
  /** blocks that are held by their keys, the most recently used last */
  shared: SharedBlock[] = []
  readonly requests: readonly Request[]
  readonly #forgetsFirst: boolean
  /** how many blocks of each request that has a slot are its alone */
  readonly unshared = new Map<number, number>()

  constructor(requests: readonly Request[], forgetsFirst: boolean) {
    this.requests = requests
    this.#forgetsFirst = forgetsFirst
  }

  get used(): number {
    const unshared = [...this.unshared.values()].reduce((sum, blocks) => sum + blocks, 0)
    return unshared + this.shared.filter(({ users }) => users.length > 0).length
  }

  get kept(): number {
    return this.shared.filter(({ users }) => users.length === 0).length
  }

  hits(request: number, tokens: number): SharedBlock[] {
    const hits: SharedBlock[] = []
    for (const key of this.requests[request]!.keys.slice(0, Math.floor(tokens / BLOCK_TOKENS))) {
      const block = this.shared.find((block) => block.key === key)
      if (block === undefined) break
      hits.push(block)
    }
    return hits
  }

  take(request: number, tokens: number): void {
    const hits = this.hits(request, tokens)
    for (const { users } of hits) users.push(request)
    const unshared = this.requests[request]!.blocks - hits.length
    while (BLOCKS - this.used - this.kept < unshared) {
      const unused = this.shared.filter(({ users }) => users.length === 0)
      const gone = unused.at(this.#forgetsFirst ? 0 : -1)
      this.shared = this.shared.filter((block) => block !== gone)
    }
    this.unshared.set(request, unshared)
  }

  computed(request: number): void {
    for (const key of this.requests[request]!.keys) {
      const block = this.shared.find((block) => block.key === key)
      if (block?.users.includes(request)) continue
      this.unshared.set(request, this.unshared.get(request)! - 1)
      if (block === undefined) this.shared.push({ key, users: [request] })
      else block.users.push(request)
    }
  }

  leave(request: number): void {
    this.unshared.delete(request)
    const mine = this.requests[request]!.keys.map((key) =>
      this.shared.find((block) => block.key === key && block.users.includes(request)),
    ).filter((block) => block !== undefined)
    for (const block of mine.reverse()) {
      block.users.splice(block.users.indexOf(request), 1)
      this.shared = [...this.shared.filter((kept) => kept !== block), block]
    }
  }
}

/** Requests of a few beginnings, which part sooner or later. */
const requests: fc.Arbitrary<Request[]> = fc.array(
  fc
    .record({
      path: fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 5 }),
      unshared: fc.integer({ min: 0, max: 3 }),
    })
    .map(({ path, unshared }) => {
      let key = 1
      const keys = path.map((branch) => (key = 2 * key + branch))
      return { keys, blocks: keys.length + 1 + unshared }
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
  const totals = { hits: 0, sharedUses: 0, forgotten: 0 }
  fc.assert(
    fc.property(requests, events, (drawn, steps) => {
      const kv = new KvLedger({ blocks: BLOCKS, blockTokens: BLOCK_TOKENS })
      const cache = new PrefixCache(kv, {
        count: (request, tokens) =>
          Math.min(drawn[request]!.keys.length, Math.floor(tokens / BLOCK_TOKENS)),
        key: (request, block) => drawn[request]!.keys[block]!,
      })
      const naive = new NaiveCache(drawn, forgetsFirst)
      const computed = new Set<number>()
      for (const { kind, who } of steps) {
        const request = who % drawn.length
        const { blocks } = drawn[request]!
        const tokens = BLOCK_TOKENS * blocks - 1
        if (kind === 'take' && !naive.unshared.has(request)) {
          cache.find(request, tokens)
          const hits = naive.hits(request, tokens)
          expect(cache.hits).toBe(hits.length)
          const inUse = hits.filter(({ users }) => users.length > 0).length
          expect(cache.hitsInUse).toBe(inUse)
          if (blocks - inUse > kv.room) continue
          const before = kv.kept
          cache.take(request)
          cache.evictUntilFree(blocks - cache.hits)
          kv.take(blocks - cache.hits)
          totals.forgotten += before - kv.kept - (cache.hits - inUse)
          totals.hits += cache.hits
          naive.take(request, tokens)
        } else if (kind === 'computed' && naive.unshared.has(request) && !computed.has(request)) {
          computed.add(request)
          cache.computed(request, tokens)
          naive.computed(request)
        } else if (kind === 'leave' && naive.unshared.has(request)) {
          kv.release(blocks - cache.leave(request))
          naive.leave(request)
          computed.delete(request)
        }
        expect([kv.used, kv.kept]).toEqual([naive.used, naive.kept])
        expect(kv.free).toBe(BLOCKS - naive.used - naive.kept)
        const sharedUses = naive.shared.map(({ users }) => Math.max(0, users.length - 1))
        expect(cache.sharedUses).toBe(sharedUses.reduce((sum, uses) => sum + uses, 0))
        totals.sharedUses += cache.sharedUses
      }
    }),
    { numRuns: 500, endOnFailure: !forgetsFirst },
  )
  return totals
}

test('blocks are found, shared, kept and evicted as in a model that uses lists', () => {
  const { hits, sharedUses, forgotten } = compare(true)
  expect(Math.min(hits, sharedUses, forgotten)).toBeGreaterThan(100)
})

test('a cache that evicts the most recently used block fails the comparison', () => {
  expect(() => compare(false)).toThrow()
})

import { expect, test } from 'vitest'
import { planOf, requestsOf, serve } from '../../../test/small-system.ts'
import { stream } from '../../kernel/index.ts'
import { ANY_CLASS, type KvUse } from '../index.ts'

interface Prompt {
  readonly tokens: number
  /** one for every 512 tokens, the last of which may be fewer; empty where it is not known */
  readonly numbers: readonly number[]
}

interface Cache {
  readonly blocks: number
  readonly blockTokens: number
  readonly sharedPrefixTokens?: number
}

/** How an engine ends that has these prompts, one after another or all at once. */
function lastUse(prompts: readonly Prompt[], cache: Cache, gapMs = 1e5): KvUse {
  const { blocks, blockTokens, sharedPrefixTokens = 0 } = cache
  let last: KvUse | null = null
  serve(
    {
      plan: planOf(
        [
          {
            generation: {
              policy: 'continuous',
              maxSequences: 64,
              tokenBudget: 1e6,
              chunked: true,
              first: 'decode',
              kv: { blocks, blockTokens, watermark: 0, contiguous: false, prefixCache: true },
              swapMsPerToken: null,
              preemptsByPriority: false,
              handOver: null,
            },
          },
        ],
        { classes: [{ ...ANY_CLASS, sharedPrefixTokens }] },
      ),
      requests: requestsOf(
        prompts.map((_, i) => i * gapMs),
        {
          lengths: prompts.map(({ tokens }) => tokens),
          outputs: prompts.map(() => 1),
          prefixes: prompts.map(({ numbers }) =>
            numbers.length > 0 ? Int32Array.from(numbers) : null,
          ),
        },
      ),
      work: [
        {
          law: 'generation',
          base_ms: 1,
          per_sequence_ms: 0,
          per_prefill_token_ms: 0.001,
          per_context_token_ms: 0,
        },
      ],
    },
    {
      observe: () => ({
        kv: (_now, use) => (last = { ...use }),
      }),
    },
  )
  return last!
}

/** Prompts as those of Mooncake's traces: sessions that grow, begun from a few system prompts. */
function sessions(count: number): Prompt[] {
  const random = stream(7, 0, 'prompts')
  const upTo = (n: number) => Math.floor(random.uniform() * n)
  const open: number[][] = []
  let fresh = 100
  return Array.from({ length: count }, () => {
    const beginning = upTo(4) > 0 && open.length > 0 ? open[upTo(open.length)]! : [upTo(3)]
    const numbers = [...beginning, ...Array.from({ length: upTo(6) }, () => fresh++)]
    open.push(numbers)
    // a conversation that goes on has the last block as a whole; a new number is of fewer tokens
    return { numbers: [...numbers, fresh++], tokens: 512 * numbers.length + 1 + upTo(510) }
  })
}

const PROMPTS = sessions(400)
const TOKENS = PROMPTS.reduce((sum, { tokens }) => sum + tokens, 0)

test('with room for all blocks, every repeated prefix is a hit', () => {
  const sentNumbers = new Set<number>()
  let expected = 0
  for (const { numbers } of PROMPTS) {
    const wholeBlocks = numbers.slice(0, -1)
    const first = wholeBlocks.findIndex((number) => !sentNumbers.has(number))
    expected += 512 * (first < 0 ? wholeBlocks.length : first)
    for (const number of wholeBlocks) sentNumbers.add(number)
  }
  for (const blockTokens of [512, 64]) {
    const use = lastUse(PROMPTS, { blocks: 1e6, blockTokens })
    expect(use.promptTokens).toBe(TOKENS)
    // in smaller blocks also what a last number has of whole ones is known, but never again found
    expect(use.hitTokens).toBe(expected)
  }
  expect(expected / TOKENS).toBeGreaterThan(0.3)
})

test.each([20, 40, 80, 160])('with %i blocks the hits are those of LRU eviction', (blocks) => {
  // the most recently used last; a sequence that leaves has used its first block last
  let cached: number[] = []
  let expected = 0
  for (const { numbers } of PROMPTS) {
    // longer ones are refused
    if (numbers.length > blocks) continue
    const wholeBlocks = numbers.slice(0, -1)
    let hits = 0
    while (hits < wholeBlocks.length && cached.includes(wholeBlocks[hits]!)) hits++
    expected += 512 * hits
    const mine = wholeBlocks.slice(0, hits)
    cached = cached.filter((number) => !mine.includes(number))
    // the last number's block is not whole, and taken as well
    cached = cached.slice(Math.max(0, cached.length + numbers.length - blocks))
    // a block that was known behind one that was not is there already, as old as it is now
    cached = cached.filter((number) => !wholeBlocks.includes(number))
    cached.push(...wholeBlocks.toReversed())
  }
  const { hitTokens } = lastUse(PROMPTS, { blocks, blockTokens: 512 })
  expect(hitTokens).toBe(expected)
  expect(expected).toBeGreaterThan(0)
})

test('the shared prefix of a class is cached in whole blocks, and a token is always computed', () => {
  const prompts = [100, 100, 20, 64].map((tokens) => ({ tokens, numbers: [] }))
  const cache = { blocks: 100, blockTokens: 16, sharedPrefixTokens: 70 }
  // four blocks; one; three, as the fourth would leave nothing to compute
  expect(lastUse(prompts, cache).hitTokens).toBe(64 + 16 + 48)
  expect(lastUse(prompts, { ...cache, sharedPrefixTokens: 0 }).hitTokens).toBe(0)
  // sequences that start in one step find nothing, and their duplicates are freed
  const together = lastUse([{ tokens: 9, numbers: [] }, ...prompts], cache, 0)
  expect([together.hitTokens, together.kept, together.free]).toEqual([0, 4, 96])
})

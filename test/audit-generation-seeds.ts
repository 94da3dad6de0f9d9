import { Random } from '../sim/kernel/index.ts'
import { ANY_CLASS, OUTCOME, REFUSAL } from '../sim/serving/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
import { keyOf, oneRequest, type Seed, shedFor, write } from './row-surgery.ts'
import { planOf, requestsOf, type SmallSystem } from './small-system.ts'

const PAGES = { blocks: 30, blockTokens: 4, watermark: 0, contiguous: false, prefixCache: false }
const CACHING = { ...PAGES, prefixCache: true }

/**
 * A loaded replica with four sequences and this memory. Prompts share a prefix of this length, or
 * all those with the same number do.
 */
function engine(
  kv = PAGES,
  { sharedPrefixTokens = 0, numbers = 0 }: { sharedPrefixTokens?: number; numbers?: number } = {},
): SmallSystem {
  const random = new Random('seeded engines')
  let at = 0
  const times = Array.from({ length: 300 }, () => (at += 9 * random.exponential()))
  return {
    plan: planOf(
      [
        {
          generation: {
            policy: 'continuous',
            maxSequences: 4,
            tokenBudget: 64,
            chunked: true,
            first: 'decode',
            kv,
            swapMsPerToken: null,
            preemptsByPriority: false,
            handOver: null,
          },
        },
      ],
      { classes: [{ ...ANY_CLASS, sharedPrefixTokens }] },
    ),
    requests: requestsOf(times, {
      lengths: times.map(() => 1 + random.integer(40)),
      outputs: times.map(() => 1 + random.integer(30)),
      prefixes: times.map((_, key) => (numbers === 0 ? null : Int32Array.of(key % numbers))),
    }),
    work: [
      {
        law: 'generation',
        base_ms: 1,
        per_sequence_ms: 0.1,
        per_prefill_token_ms: 0.05,
        per_context_token_ms: 0,
      },
    ],
  }
}

/** Rows of replicas that miscount sequences, blocks or tokens. */
export function generationSeeds(): Seed[] {
  const system = engine()
  const steady = (c: RowColumns, key: number) => c.preemptions[key] === 0 && c.batch[key]! >= 0
  return [
    {
      rule: 'sequence-slots',
      what: 'one sequence too many',
      system,
      spoil(c) {
        // all start at once, one after the other
        const keys = [...c.at.keys()].filter((key) => key > 50 && steady(c, key)).slice(0, 5)
        const [first] = keys
        for (const key of keys) {
          c.dispatched[key] = c.dispatched[first!]!
          c.done[key] = c.done[keys[4]!]!
        }
        return keys
      },
    },
    oneRequest(
      { rule: 'kv-cache', what: 'prompts too long for the blocks', system },
      steady,
      (c, key) => (c.inputTokens[key] = 121),
    ),
    oneRequest(
      {
        rule: 'kv-cache',
        what: 'prompts too long for the blocks beside shared ones',
        system: engine(CACHING, { sharedPrefixTokens: 8 }),
      },
      steady,
      (c, key) => (c.inputTokens[key] = 121),
    ),
    {
      rule: 'kv-cache',
      what: 'prompts with unshared numbers that have no blocks',
      system: engine(CACHING, { numbers: 2 }),
      spoil(c) {
        // sixteen blocks each
        const beside = (key: number) => steady(c, key) && c.done[key]! > c.dispatched[key + 1]!
        const key = keyOf(c, (k) => beside(k) && steady(c, k + 1))
        const two = [key, key + 1]
        write(c, two, 'inputTokens', 64)
        return two
      },
    },
    tooLong('let in, though it could never be held', { ...system, requests: two(200) }),
    tooLong('let in, though it is longer than a reservation', {
      ...engine({ ...PAGES, blocks: 8, blockTokens: 50, contiguous: true }),
      requests: two(60),
    }),
    oneRequest(
      { rule: 'kv-cache', what: 'shed, although it would have fit', system },
      steady,
      shedFor(REFUSAL.memory),
    ),
    oneRequest(
      { rule: 'tokens', what: 'a first token after the end', system },
      steady,
      (c, key) => (c.firstToken[key] = c.done[key]! + 1e-9),
    ),
    oneRequest(
      { rule: 'tokens', what: 'all tokens at once', system },
      (c, key) => steady(c, key) && c.outputTokens[key]! > 1,
      (c, key) => (c.firstToken[key] = c.done[key]!),
    ),
    oneRequest(
      { rule: 'tokens', what: 'no end with the only token', system },
      (c, key) => steady(c, key) && c.outputTokens[key]! === 1,
      (c, key) => (c.firstToken[key]! -= 1e-9),
    ),
  ]
}

/** A request of this length, and a short one. */
const two = (length: number) => requestsOf([0, 1000], { lengths: [length, 4], outputs: [1, 1] })

/** Admits the first request, which was shed. */
const tooLong = (what: string, system: SmallSystem): Seed => ({
  rule: 'kv-cache',
  what,
  system,
  spoil(c) {
    c.outcome[0] = OUTCOME.timedOut
    return [0]
  },
})

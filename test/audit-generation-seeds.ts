import { Random } from '../sim/kernel/index.ts'
import { ANY_CLASS, OUTCOME, REFUSAL } from '../sim/serving/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
import { keyOf, type Seed } from './row-surgery.ts'
import { planOf, requestsOf, type SmallSystem } from './small-system.ts'

const PAGES = { blocks: 30, blockTokens: 4, watermark: 0, contiguous: false, prefixCache: false }

/** One engine of four places and that memory, under load; prompts begin with so much alike. */
function engine(kv = PAGES, sharedPrefixTokens = 0): SmallSystem {
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

/** Rows as engines would leave them that keep no account. */
export function generationSeeds(): Seed[] {
  const system = engine()
  const steady = (c: RowColumns, key: number) => c.preemptions[key] === 0 && c.batch[key]! >= 0
  return [
    {
      rule: 'places',
      what: 'one place more than there are',
      system,
      spoil(c) {
        // all go at once, one after the other
        const keys = [...c.at.keys()].filter((key) => key > 50 && steady(c, key)).slice(0, 5)
        const [first] = keys
        for (const key of keys) {
          c.dispatched[key] = c.dispatched[first!]!
          c.done[key] = c.done[keys[4]!]!
        }
        return keys
      },
    },
    {
      rule: 'kv-cache',
      what: 'longer prompts than there are blocks for',
      system,
      spoil(c) {
        const key = keyOf(c, (k) => steady(c, k))
        c.length[key] = 121
        return [key]
      },
    },
    {
      rule: 'kv-cache',
      what: 'let in, though it could never be held',
      system: {
        ...system,
        requests: requestsOf([0, 1000], { lengths: [200, 4], outputs: [1, 1] }),
      },
      spoil(c) {
        c.outcome[0] = OUTCOME.timedOut
        return [0]
      },
    },
    {
      rule: 'kv-cache',
      what: 'let in, though it is longer than a reservation',
      system: {
        ...engine({ ...PAGES, blocks: 8, blockTokens: 50, contiguous: true }),
        requests: requestsOf([0, 1000], { lengths: [60, 4], outputs: [1, 1] }),
      },
      spoil(c) {
        c.outcome[0] = OUTCOME.timedOut
        return [0]
      },
    },
    {
      rule: 'kv-cache',
      what: 'longer prompts than there are blocks for, beside those that are shared',
      system: engine({ ...PAGES, prefixCache: true }, 8),
      spoil(c) {
        const key = keyOf(c, (k) => steady(c, k))
        c.length[key] = 129
        return [key]
      },
    },
    {
      rule: 'kv-cache',
      what: 'shed, though it could have been held',
      system,
      spoil(c) {
        const key = keyOf(c, (k) => steady(c, k))
        c.batch[key] = -1
        c.outcome[key] = OUTCOME.shed
        c.refusal[key] = REFUSAL.memory
        c.done[key] = c.sent[key]!
        return [key]
      },
    },
    {
      rule: 'tokens',
      what: 'a first token after the end',
      system,
      spoil(c) {
        const key = keyOf(c, (k) => steady(c, k))
        c.firstToken[key] = c.done[key]! + 1e-9
        return [key]
      },
    },
    {
      rule: 'tokens',
      what: 'all tokens at once',
      system,
      spoil(c) {
        const key = keyOf(c, (k) => steady(c, k) && c.output[k]! > 1)
        c.firstToken[key] = c.done[key]!
        return [key]
      },
    },
    {
      rule: 'tokens',
      what: 'no end with the only token',
      system,
      spoil(c) {
        const key = keyOf(c, (k) => steady(c, k) && c.output[k]! === 1)
        c.firstToken[key]! -= 1e-9
        return [key]
      },
    },
  ]
}

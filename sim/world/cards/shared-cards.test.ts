import { describe, expect, test } from 'vitest'
import { planOf, requestsOf, type SmallSystem, serve } from '../../../test/small-system.ts'
import { ANY_CLASS, type PoolPlan } from '../../serving/index.ts'
import { declaredSteps } from '../machine/work.ts'

const classes = [
  { ...ANY_CLASS, pools: [0] },
  { ...ANY_CLASS, pools: [1] },
]
const sharedCard = [{ executors: [0, 1], switchShare: 0 }]

/** Requests at these times, ms, and the pool of each. */
function onCard(pools: Partial<PoolPlan>[], calls: readonly (readonly [number, number])[]) {
  const requests = requestsOf(
    calls.map(([at]) => at),
    {
      classes: calls.map(([, pool]) => pool),
      lengths: calls.map(() => 10),
      outputs: calls.map(() => (pools[0]!.generation ? 8 : 0)),
    },
  )
  return { plan: planOf(pools, { classes }), requests }
}

describe('batches of two pools', () => {
  const system: SmallSystem = {
    ...onCard(
      [{}, {}],
      [
        [0, 0],
        [4, 1],
        [5, 1],
        [100, 0],
      ],
    ),
    work: [
      { law: 'constant', ms: 10 },
      { law: 'constant', ms: 3 },
    ],
    cards: sharedCard,
  }
  const endsOf = (smallSystem: SmallSystem) => [...serve(smallSystem).rows.columns.done]

  test('delay one another while they run together', () => {
    // the second pool runs from 4 to 10 and from 10 to 16; the first has 3 ms left at 10, 0 at 16
    expect(endsOf(system)).toEqual([16, 10, 16, 110])
  })

  test('do not without a shared card', () => {
    const { cards: _, ...unshared } = system
    expect(endsOf(unshared)).toEqual([10, 7, 10, 110])
  })

  test('on cards of their own replicas are as fast as without sharing', () => {
    const cards = [0, 1].map((executor) => ({ executors: [executor], switchShare: 0.3 }))
    expect(endsOf({ ...system, cards })).toEqual([10, 7, 10, 110])
  })

  test('have the same rows and decisions in every run', () => {
    const [first, second] = [serve(system), serve(system)]
    expect(second.rows.columns).toEqual(first.rows.columns)
    expect(second.journal).toEqual(first.journal)
  })
})

describe('engines on one card', () => {
  const generation = {
    policy: 'continuous',
    maxSequences: 8,
    tokenBudget: 64,
    chunked: false,
    first: 'decode',
    kv: { watermark: 0, prefixCache: false, blocks: 256, blockTokens: 16, contiguous: false },
    swapMsPerToken: null,
    preemptsByPriority: false,
    handOver: null,
  } as const
  const work = [
    { law: 'generation', base_ms: 10, per_sequence_ms: 1, per_prefill_token_ms: 0.5 },
    { law: 'generation', base_ms: 6, per_sequence_ms: 0.25, per_prefill_token_ms: 0.1 },
  ].map((law) => ({ per_context_token_ms: 0.03125, ...law })) as SmallSystem['work'][number][]
  const calls = [
    [0, 0],
    [35, 1],
  ] as const
  const system: SmallSystem = {
    ...onCard([{ generation }, { generation }], calls),
    work,
    cards: sharedCard,
  }

  /**
   * One step after another of an answer of 8 tokens to a prompt of 10: each at the share of the
   * card at its beginning. Both are alone in their engine.
   */
  function stepped(): number[] {
    const engines = calls.map(([at], i) => ({ at, tokens: 0, law: declaredSteps(work[i]!)! }))
    const active = new Set<number>()
    for (;;) {
      const left = engines.filter(({ tokens }) => tokens < 8)
      if (left.length === 0) return engines.map(({ at }) => at)
      const next = left.reduce((a, b) => (b.at < a.at ? b : a))
      active.add(engines.indexOf(next))
      // one that has generated its last token by now has left
      for (const i of active)
        if (engines[i]!.tokens === 8 && engines[i]!.at <= next.at) active.delete(i)
      const { tokens } = next
      const batch =
        tokens === 0
          ? { decodes: 0, prefills: 1, prefillTokens: 10, context: 0 }
          : { decodes: 1, prefills: 0, prefillTokens: 0, context: 10 + tokens - 1 }
      next.at += active.size * next.law.stepMs(batch)
      next.tokens++
    }
  }

  test('take steps at the share of the card at the beginning of each', () => {
    const { done } = serve(system).rows.columns
    const expected = stepped()
    expect(done[0]).toBeCloseTo(expected[0]!, 9)
    expect(done[1]).toBeCloseTo(expected[1]!, 9)
    // negative control: without a shared card both are faster
    const { cards: _, ...unshared } = system
    const alone = serve(unshared).rows.columns.done
    expect(alone[0]).toBeLessThan(0.8 * done[0]!)
    expect(alone[1]! - 35).toBeLessThan(0.7 * (done[1]! - 35))
  })

  test('alone on it are as fast as with a card of their own', () => {
    const farApart: SmallSystem = {
      ...onCard(
        [{ generation }, { generation }],
        [
          [0, 0],
          [1000, 1],
        ],
      ),
      work,
    }
    const shared = serve({ ...farApart, cards: sharedCard }).rows.columns.done
    expect([...shared]).toEqual([...serve(farApart).rows.columns.done])
  })
})

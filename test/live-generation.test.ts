import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { Fleet } from '../runtime/live/fleet.ts'
import type { GenerationOptions } from '../runtime/live/generation/generation-options.ts'
import { Failure } from '../scenarios/index.ts'
import { ANY_CLASS, OUTCOME } from '../sim/serving/index.ts'
import { expectPromisesKept, generatedFaults } from './kept-promises.ts'
import { generatingSystem } from './random-generation.ts'
import { enginesOf, expectRightTokens, smallDecoder } from './small-decoder.ts'
import { CONTINUOUS, planOf, requestsOf, type SmallSystem } from './small-system.ts'

const decoder = smallDecoder()
afterAll(() => decoder.remove())

const SYSTEMS = 10

const ENGINE = {
  ...CONTINUOUS,
  maxSequences: 4,
  tokenBudget: 64,
  kv: { blocks: 30, blockTokens: 16, watermark: 0, contiguous: false, prefixCache: true },
} as const

/** Its engines have a cache that ends, and nothing is swapped out. */
const isLive = ({ plan }: SmallSystem) =>
  plan.pools.every(({ generation }) => {
    const { kv, swapMsPerToken } = generation!
    return kv.blocks < Number.POSITIVE_INFINITY && swapMsPerToken === null
  })

/** A replay on executors that may be other ones than the plan believes. */
async function replayed(
  system: SmallSystem,
  changed: Partial<GenerationOptions['cache']> = {},
  mortal = false,
) {
  const { plan, requests } = system
  const { signal } = new AbortController()
  const engines = enginesOf(plan, decoder).map((engine) => {
    const { generation } = engine
    const cache = { ...generation.cache, ...changed }
    return { ...engine, mortal, generation: { ...generation, cache } }
  })
  const fleet = await Fleet.open(plan, engines, signal)
  try {
    return await fleet.replay(plan, requests, { decisionLog: true })
  } finally {
    await fleet.close()
  }
}

describe.each(['continuous', 'static'] as const)('random systems that generate, %s', (policy) => {
  const systems = fc.sample(generatingSystem({ policy }).filter(isLive), {
    numRuns: SYSTEMS,
    seed: 34,
  })

  test('keep every promise, with the blocks and tokens that they should have', async () => {
    for (const system of systems) {
      const { plan, requests } = system
      const run = await replayed(system)
      const { rows, generated } = run
      expectPromisesKept({ ...system, rows })
      expect(generatedFaults(plan, requests, run)).toEqual([])
      const { answers } = generated!
      const isServed = (key: number) => rows.columns.outcome[key] === OUTCOME.served
      expect(await expectRightTokens(plan, requests, answers, isServed)).toBeLessThan(3)
    }
  })
})

describe('an executor is noticed', () => {
  /** The first random system of a kind, with some traffic. */
  function systemWith(policy: 'continuous' | 'static', is: (system: SmallSystem) => boolean) {
    const systems = fc.sample(generatingSystem({ policy }).filter(isLive), {
      ...{ numRuns: 200, seed: 34 },
    })
    return systems.find((system) => system.requests.count > 20 && is(system))!
  }

  test('that has other blocks', async () => {
    const system = systemWith('static', ({ plan }) => plan.pools[0]!.generation!.kv.blocks > 10)
    const run = await replayed(system, { blocks: 120 })
    const faults = generatedFaults(system.plan, system.requests, run)
    expect(faults.join()).toContain('executor-blocks: after the run')
  })

  test('that has no cache of prefixes: it cannot follow, or has other blocks', async () => {
    const system = systemWith('continuous', ({ plan }) => {
      const { kv } = plan.pools[0]!.generation!
      const shares = plan.classes.every(({ sharedPrefixTokens }) => sharedPrefixTokens === 32)
      return kv.prefixCache && kv.blockTokens === 16 && shares
    })
    const found = replayed(system, { prefixCache: false }).then(
      (run) => generatedFaults(system.plan, system.requests, run).join(),
      ({ message }: Error) => message,
    )
    expect(await found).toMatch(/executor-blocks: after the run|found fewer prefixes/)
  })
})

describe.each([
  ['in the thread of its executor', false],
  ['in a process of its own', true],
])('an engine %s that cannot follow is refused by name', (_, mortal) => {
  /** Two prompts that begin alike, one long after the other. */
  const system = (prefixCache: boolean): SmallSystem => ({
    plan: planOf([{ generation: { ...ENGINE, kv: { ...ENGINE.kv, prefixCache } } }], {
      classes: [{ ...ANY_CLASS, sharedPrefixTokens: 32 }],
    }),
    requests: requestsOf([0, 2000], { lengths: [50, 50], outputs: [5, 5] }),
    work: [],
  })

  test.each<[string, boolean, Partial<GenerationOptions['cache']>, RegExp]>([
    ['without a cache of prefixes', true, { prefixCache: false }, /found fewer prefixes/],
    ['with one that the plan lacks', false, { prefixCache: true }, /50 tokens .* 18 are left/],
    ['with fewer blocks', true, { blocks: 2 }, /all 2 blocks are in use/],
  ])('%s', async (_, prefixCache, changed, what) => {
    const failure = await replayed(system(prefixCache), changed, mortal).catch((error) => error)
    expect(failure).toBeInstanceOf(Failure)
    expect(failure.message).toMatch(/^the KV cache of an executor differs from the one that/)
    expect(failure.message).toMatch(what)
    expect(failure.message).toMatch(/a fault of Spillway: please report this with the scenario;/)
  })
})

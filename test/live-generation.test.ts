import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { Fleet } from '../runtime/live/fleet.ts'
import type { GenerationOptions } from '../runtime/live/generation/generation-options.ts'
import { OUTCOME } from '../sim/serving/index.ts'
import { expectPromisesKept, generatedFaults } from './kept-promises.ts'
import { generatingSystem } from './random-generation.ts'
import { enginesOf, expectRightTokens, smallDecoder } from './small-decoder.ts'
import type { SmallSystem } from './small-system.ts'

const decoder = smallDecoder()
afterAll(() => decoder.remove())

const SYSTEMS = 10

/** Its engines have a cache that ends, and nothing is swapped out. */
const isLive = ({ plan }: SmallSystem) =>
  plan.pools.every(({ generation }) => {
    const { kv, swapMsPerToken } = generation!
    return kv.blocks < Number.POSITIVE_INFINITY && swapMsPerToken === null
  })

/** A replay on executors that may be other ones than the plan believes. */
async function replayed(system: SmallSystem, changed: Partial<GenerationOptions['cache']> = {}) {
  const { plan, requests } = system
  const { signal } = new AbortController()
  const engines = enginesOf(plan, decoder).map((engine) => {
    const { generation } = engine
    return { ...engine, generation: { ...generation, cache: { ...generation.cache, ...changed } } }
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

test.each([
  ['other blocks', { blockTokens: 8, blocks: 120 }],
  ['no cache of prefixes', { prefixCache: false }],
] as const)('an executor with %s is noticed', async (_, changed) => {
  const [system] = fc
    .sample(generatingSystem().filter(isLive), { numRuns: 200, seed: 34 })
    .filter(({ plan, requests }) => {
      const { kv } = plan.pools[0]!.generation!
      const shares = plan.classes.every(({ sharedPrefixTokens }) => sharedPrefixTokens === 32)
      return kv.prefixCache && kv.blockTokens === 16 && shares && requests.count > 20
    })
  const faults = generatedFaults(system!.plan, system!.requests, await replayed(system!, changed))
  expect(faults.join()).toContain('executor-blocks: after the run')
})

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { auditScenario, fuzzAudited } from '../tools/fuzz/audited.ts'
import { Workshop, withRunners } from '../tools/fuzz/inputs.ts'
import { expectBuilt } from './command-line.ts'

/** A fixed small share of `npm run fuzz -- audited`, and every scenario that once failed. */

const FOUND = fileURLToPath(new URL('fuzz/scenarios', import.meta.url))
const SEED = 20261130
const SCENARIOS = 120
/** Limit of processor time for a scenario, ms. */
const LIMIT_MS = 20_000
/** Longest time of a test on a busy machine, ms. */
const SLOW_MS = 300_000

let shop: Workshop
beforeAll(() => {
  expectBuilt()
  shop = new Workshop(LIMIT_MS)
}, SLOW_MS)
afterAll(() => shop?.close())

test(
  'every scenario that once failed is refused, or is simulated to what the audit confirms',
  async () => {
    const left = existsSync(FOUND) ? readdirSync(FOUND) : []
    expect(left.length).toBeGreaterThan(0)
    const faultTexts: string[] = []
    await withRunners(shop, async (runner) => {
      for (let name = left.pop(); name !== undefined; name = left.pop()) {
        const text = readFileSync(join(FOUND, name), 'utf8')
        const { faults } = await auditScenario(shop, runner, text)
        faultTexts.push(...faults.map((fault) => `${name}: ${fault}`))
      }
    })
    expect(faultTexts).toEqual([])
  },
  SLOW_MS,
)

test(
  `of ${SCENARIOS} mutated scenarios those that run pass the audit, and no share exceeds the whole`,
  async () => {
    const { findings, ends } = await fuzzAudited(shop, { seed: SEED, count: SCENARIOS })
    expect(findings.map(({ number, faults }) => `number ${number}: ${faults.join('; ')}`)).toEqual(
      [],
    )
    // meaningful only if some run, and others are refused
    expect(ends.ran).toBeGreaterThan(SCENARIOS / 6)
    expect(ends.refused).toBeGreaterThan(0)
  },
  SLOW_MS,
)

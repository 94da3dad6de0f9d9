import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fuzzBaselines } from '../tools/fuzz/baselines.ts'
import { type FuzzInput, readSeed } from '../tools/fuzz/input.ts'
import { fuzzInputs, Workshop, withRunners } from '../tools/fuzz/inputs.ts'
import { kills } from '../tools/fuzz/kills.ts'
import { BOMBS } from '../tools/fuzz/kinds/scenarios.ts'
import { faultOf } from '../tools/fuzz/outcome.ts'
import { fuzzRefs } from '../tools/fuzz/refs.ts'
import { expectBuilt } from './command-line.ts'

/** A fixed small share of `npm run fuzz -- inputs`, and every input that once failed. */

const SEEDS = fileURLToPath(new URL('fuzz/seeds', import.meta.url))
const SEED = 20261126
const INPUTS = 200
/** Number of repetitions in such a scenario. */
const REPEATED = 20_000
/** Limit of processor time for an input, ms. */
const LIMIT_MS = 10_000

/** Longest time of a test on a busy machine, ms. */
const SLOW_MS = 300_000

let shop: Workshop
beforeAll(() => {
  expectBuilt()
  shop = new Workshop(LIMIT_MS)
}, SLOW_MS)
afterAll(() => shop?.close())

const seedFiles = readdirSync(SEEDS).filter((name) => name.endsWith('.json'))

test(
  'every input that once failed is accepted, or refused with a message',
  async () => {
    const left = [...seedFiles]
    const faults: string[] = []
    await withRunners(shop, async (runner) => {
      for (let name = left.pop(); name !== undefined; name = left.pop()) {
        const input = readSeed(join(SEEDS, name))
        const outcome = await runner.run(input)
        const fault = faultOf(input.args, outcome)
        if (fault !== null) faults.push(`${name}: ${fault}\n${outcome.stderr.slice(0, 300)}`)
      }
    })
    expect(seedFiles.length).toBeGreaterThan(0)
    expect(faults).toEqual([])
  },
  SLOW_MS,
)

test(
  `${INPUTS} mutated inputs are accepted, or refused with a message`,
  async () => {
    const { findings, codes } = await fuzzInputs(shop, {
      seed: SEED,
      count: INPUTS,
      sample: 50,
    })
    const faults = findings.map(({ kind, number, fault }) => `${kind}, number ${number}: ${fault}`)
    expect(faults).toEqual([])
    // meaningful only if some inputs are accepted, and others refused
    const ended = [...codes.values()].flatMap((counts) => [...counts.keys()])
    expect(ended).toContain('0')
    expect(ended).toContain('3')
  },
  SLOW_MS,
)

test(
  'scenarios that are small to write and large to read are refused or read quickly',
  async () => {
    const left = BOMBS.map((text, i) => ({ i, text: text(REPEATED) }))
    const faults: string[] = []
    await withRunners(shop, async (runner) => {
      for (let bomb = left.pop(); bomb !== undefined; bomb = left.pop()) {
        const args = ['simulate', 's.yaml', '--replications', '1', '--workers', '1']
        const outcome = await runner.run({ args, files: { 's.yaml': bomb.text } })
        const fault = faultOf(args, outcome)
        if (fault !== null) faults.push(`${bomb.i}: ${fault}`)
      }
    })
    expect(faults).toEqual([])
  },
  SLOW_MS,
)

test(
  'a command that is killed leaves its folder whole, and no process',
  async () => {
    const { outcomes } = await kills(shop, 2, SEED, ['simulate'], () => {})
    expect(outcomes.flatMap(({ faults }) => faults)).toEqual([])
    expect(outcomes).toHaveLength(2)
  },
  SLOW_MS,
)

test(
  'a gate against a forged baseline judges its figures, or refuses it',
  async () => {
    const outcomes = await fuzzBaselines(shop, 120, SEED)
    const faults = outcomes.filter(({ fault }) => fault !== null)
    expect(faults.map(({ number, fault }) => `${number}: ${fault}`)).toEqual([])
    // meaningful only if some are refused, and others pass and fail
    const codes = outcomes.map(({ code }) => code)
    for (const code of [0, 3, 4, 6]) expect(codes).toContain(code)
  },
  SLOW_MS,
)

test(
  'a hostile name of a version is no code and no option',
  async () => {
    const outcomes = await fuzzRefs(8, SEED)
    expect(outcomes.filter(({ faults }) => faults.length > 0)).toEqual([])
    expect(new Set(outcomes.map(({ kind }) => kind)).size).toBeGreaterThan(1)
  },
  SLOW_MS,
)

test(
  'the runner ends as a process does',
  async () => {
    const inputs: readonly FuzzInput[] = [
      { args: ['simulate', 'declared.yaml', '--replications', '1'] },
      { args: ['simulate', 'gone.yaml'] },
      { args: ['audit', 'kept'] },
    ]
    await withRunners(shop, async (runner) => {
      for (const input of inputs) {
        const { code, stdout, stderr } = await runner.run(input)
        const ended = await shop.process(input)
        expect(ended).toMatchObject({ code, stdout, stderr })
      }
    })
  },
  SLOW_MS,
)

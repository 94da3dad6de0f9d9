import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeGenerated } from '../runtime/folders/generated-files.ts'
import { replaceFiles } from '../runtime/folders/replace-files.ts'
import { readRuns, readScenario } from '../runtime/folders/run-folder.ts'
import { audit } from '../runtime/jobs/audit.ts'
import { calibrate } from '../runtime/jobs/calibrate.ts'
import { compare } from '../runtime/jobs/compare.ts'
import { replicaWarnings } from '../runtime/jobs/extrapolation.ts'
import { writeReplays } from '../runtime/jobs/kept-replays.ts'
import { keptSides } from '../runtime/jobs/kept-sides.ts'
import { prepare, resolveSystem, type System } from '../runtime/jobs/prepare.ts'
import { replay } from '../runtime/jobs/replay.ts'
import { simulate } from '../runtime/jobs/simulate.ts'
import type { GeneratedColumns } from '../sim/audit/index.ts'
import type { Result } from '../sim/documents/index.ts'

/** Longest time of a test on a busy machine, ms. */
const SLOW_MS = 300_000

const SCENARIO = `
spillway: 1
name: chat
seed: 3
duration_s: 2
models:
  small: { builtin: transformer-decoder, layers: 2, hidden: 64, heads: 4, kv_heads: 2, vocabulary: 512, context: 160 }
traffic:
  - class: chat
    arrivals: { process: poisson, rate_rps: 30 }
    shared_prefix_tokens: 32
    input_tokens: { distribution: uniform, min: 33, max: 90 }
    output_tokens: { distribution: uniform, min: 1, max: 30 }
pools:
  - name: engine
    replicas: 2
    model: small
    generation:
      policy: continuous
      max_sequences: 4
      token_budget: 32
      kv_cache: { blocks: 24, prefix_cache: true }
`

const folder = mkdtempSync(join(tmpdir(), 'spillway-chat-'))
const kept = join(folder, 'kept')
let system: System
let simulated: Result
let measured: Result
/** what is said of replicas before the rehearsals of a calibration, and after them */
let alone: readonly string[]
let rehearsed: readonly string[]

beforeAll(async () => {
  const path = join(folder, 'chat.yaml')
  writeFileSync(path, SCENARIO)
  const prepared = await prepare(path, {})
  const { pools } = prepared.scenario
  const profile = await calibrate([prepared], {
    ...{ seconds: 2, occasions: 2, rehearsals: 1 },
    onMeasured: ({ models }) => {
      alone = replicaWarnings(pools, models)
    },
  })
  rehearsed = replicaWarnings(pools, profile.models)
  system = resolveSystem(prepared, profile)
  simulated = await simulate(system, { replications: 3 })
  const [side] = await replay([system], { replays: 2, warmUp: { shapesMs: 0, trafficMs: 500 } })
  measured = side!.result
  await writeReplays(kept, [side!])
}, SLOW_MS)
afterAll(() => rmSync(folder, { recursive: true }))

test(
  'a decoder is calibrated, simulated and replayed, and its replays pass the audit',
  async () => {
    const [own, of] = [measured, simulated].map(({ classes }) => classes[0]!.tokens!)
    for (const name of ['ttft', 'tpot', 'itl'] as const) {
      expect(own![name].mean.value).toBeGreaterThan(0)
      expect(of![name].mean.value).toBeGreaterThan(0)
    }
    for (const { pools } of [measured, simulated]) {
      expect(pools[0]!.kv_blocks!.value).toBeGreaterThan(4)
      expect(pools[0]!.prefix_hit_rate!.value).toBeGreaterThan(0.1)
    }
    for (const [{ token_tails }, tails] of [
      [measured, 2],
      [simulated, 0],
    ] as const) {
      expect(token_tails!.ttft.tail.length).toBeGreaterThan(5)
      expect(token_tails!.tpot.tail.at(-1)!.value).toBeGreaterThan(0)
      expect(token_tails!.ttft.tails).toHaveLength(tails)
    }
    const { verdict, reason, runs } = await audit(kept)
    expect([verdict, reason]).toEqual(['PASS', reason])
    expect(runs).toHaveLength(2)
    for (const { rules, journal } of runs) {
      expect(journal!.differences).toEqual([])
      const checked = new Map(rules.map((rule) => [rule.rule, rule.checked]))
      for (const rule of ['answers', 'executor-blocks', 'right-tokens']) {
        expect(checked.get(rule), rule).toBeGreaterThan(20)
      }
    }
  },
  SLOW_MS,
)

test('a profile without rehearsals does not know how replicas slow each other down', () => {
  expect(alone).toEqual([
    expect.stringContaining('pool engine: steps of small were measured with one replica, so how 2'),
  ])
  expect(rehearsed).toEqual([])
})

test(
  'a change is replayed beside it, and its effect on times of tokens is predicted',
  async () => {
    const path = join(folder, 'chat.yaml')
    const { profile } = system
    const withSet = async (...set: readonly string[]) =>
      resolveSystem(
        await prepare(path, { set: ['traffic.chat.arrivals.rate_rps=60', ...set] }),
        profile,
      )
    const changed = await withSet('pools.engine.generation.max_sequences=2')
    const options = { replays: 2, warmUp: { shapesMs: 0, trafficMs: 200 } }
    const [first, second] = await replay([await withSet(), changed], options)
    const { what_if, steps } = await compare(first!, second!, { replications: 2 })
    expect(steps!.engines).toHaveLength(2)
    for (const side of ['measured', 'simulated'] as const) {
      const counts = steps!.engines.map((engine) => engine[side].ms.length)
      expect(Math.min(...counts), side).toBeGreaterThan(3)
    }
    // whole replays: answers take longer than the gaps between slices
    expect(what_if).toMatchObject({ rounds: 2, slice_ms: null })
    const { ttft, tpot } = what_if!.token_times!
    for (const { percentiles } of [ttft, tpot!]) {
      expect(percentiles[0]!.measured.value).toBeGreaterThan(0)
      expect(percentiles[0]!.predicted.value).toBeGreaterThan(0)
    }
  },
  SLOW_MS,
)

describe('what is forged in a folder is found', () => {
  /** Audits the folder with other columns in the first replay, which are put back. */
  async function auditedWith(change: (columns: GeneratedColumns) => GeneratedColumns) {
    const [run] = await readRuns(kept, 'replay', await readScenario(kept))
    const write = (columns: GeneratedColumns) =>
      replaceFiles(kept, (files) => writeGenerated(files, 'replay-1', columns, async () => {}))
    await write(change(run!.generated!))
    const { verdict, reason } = await audit(kept).finally(() => write(run!.generated!))
    return { verdict, reason }
  }

  const changedAt = (values: ArrayLike<number>, at: number) =>
    Array.from(values, (value, i) => (i === at ? value + 1 : value))

  test.each<[string, string, (columns: GeneratedColumns) => GeneratedColumns]>([
    [
      'another token',
      'right-tokens',
      ({ answers, blocks }) => ({
        answers: { ...answers, tokens: changedAt(answers.tokens, 5) },
        blocks,
      }),
    ],
    [
      'the token of another request',
      'answers',
      ({ answers, blocks }) => ({
        answers: { ...answers, keys: changedAt(answers.keys, 5) },
        blocks,
      }),
    ],
    [
      'one block more',
      'executor-blocks',
      ({ answers, blocks }) => ({
        answers,
        blocks: { ...blocks, used: changedAt(blocks.used, 5) },
      }),
    ],
  ])(
    '%s',
    async (_, rule, change) => {
      const { verdict, reason } = await auditedWith(change)
      expect(verdict).toBe('FAIL')
      expect(reason).toContain(rule)
    },
    SLOW_MS,
  )

  test(
    'a decision log that is gone, or has another step',
    async () => {
      const path = join(kept, 'replay-2.journal.jsonl')
      const log = readFileSync(path, 'utf8')
      rmSync(path)
      await expect(audit(kept)).rejects.toThrow('replay-2.journal.jsonl')
      await expect(keptSides(kept)).rejects.toThrow('replay-2.journal.jsonl')
      const lines = log.split('\n')
      writeFileSync(path, lines.filter((line) => !line.includes('"step"')).join('\n'))
      await expect(keptSides(kept)).rejects.toThrow('does not have the times of all runs')
      const at = lines.findIndex((line) => line.includes('"steps"'))
      writeFileSync(path, lines.filter((_, i) => i !== at).join('\n'))
      expect((await audit(kept)).verdict).toBe('FAIL')
      await expect(keptSides(kept)).rejects.toThrow('does not lead to its rows')
      writeFileSync(path, log)
      expect((await audit(kept)).verdict).toBe('PASS')
    },
    SLOW_MS,
  )
})

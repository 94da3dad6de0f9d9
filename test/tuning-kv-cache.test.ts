import { describe, expect, test } from 'vitest'
import { auditRows } from '../sim/audit/index.ts'
import { Random } from '../sim/kernel/index.ts'
import type { TuningPlan } from '../sim/serving/index.ts'
import type { SettingChange } from '../sim/stats/index.ts'
import { planOf, requestsOf, type SmallSystem, serve } from './small-system.ts'

/** A KV cache whose blocks are tuned: how many of them admission and cached prompts may fill. */

const BLOCKS = 100
const BUDGET = 40

interface Options {
  readonly blocks?: number
  /** budgets that AIMD may choose */
  readonly range?: readonly [number, number] | null
  /** longest answer */
  readonly outputs?: number
  readonly prefixCache?: boolean
  readonly targetMs?: number
}

/** The first request comes alone, so that the budget is changed before the others come. */
function systemOf({
  blocks = BLOCKS,
  range = null,
  outputs = 1,
  prefixCache = false,
  targetMs = 300,
}: Options) {
  const random = new Random('budgets')
  let at = 1000
  const times = [0, ...Array.from({ length: 3000 }, () => (at += 6 * random.exponential()))]
  const tuning: TuningPlan[] =
    range === null
      ? []
      : [
          {
            name: 'pools.pool-0.generation.kv_cache.blocks',
            setting: 'kv-blocks',
            pool: 0,
            everyMs: 500,
            targetMs,
            whole: true,
            start: blocks,
            controller: 'aimd',
            min: range[0],
            max: range[1],
            percentile: 95,
            increase: 4,
            decrease: 0.8,
          },
        ]
  const kv = { blocks, blockTokens: 4, watermark: 0, contiguous: false, prefixCache }
  const engine = {
    policy: 'continuous',
    maxSequences: 32,
    tokenBudget: 400,
    chunked: true,
    first: 'decode',
    kv,
    swapMsPerToken: null,
    preemptsByPriority: false,
    handOver: null,
  } as const
  const plan = planOf([{ generation: engine }], { tuning })
  return {
    plan,
    requests: requestsOf(times, {
      lengths: times.map(() => 1 + random.integer(40)),
      outputs: times.map((_, i) => (i === 0 ? 1 : 1 + random.integer(outputs))),
      prefixes: times.map((_, key) => (prefixCache ? Int32Array.of(key % 12) : null)),
    }),
    work: [
      {
        law: 'generation',
        base_ms: 1,
        per_sequence_ms: 0.1,
        per_prefill_token_ms: 0.15,
        per_context_token_ms: 0,
      },
    ],
  } satisfies SmallSystem
}

/** Rows, changes of the budget, and the fullest that the cache was after the first change. */
function ran(options: Options) {
  const system = systemOf(options)
  const settings: SettingChange[] = []
  let [mostKept, mostUsed] = [0, 0]
  const { rows } = serve(system, {
    observe: () => ({
      tuned: (at, { tuner, to }) => settings.push({ at, tuner, to }),
      kv: (now, { used, kept }) => {
        mostUsed = Math.max(mostUsed, used)
        if (now > 1000 && used <= BUDGET) mostKept = Math.max(mostKept, used + kept)
      },
    }),
  })
  return { system, columns: rows.columns, settings, mostKept, mostUsed }
}

const once = [BUDGET, BUDGET] as const

describe('a KV cache whose blocks are tuned', () => {
  test('of answers of one token is as if it had only these blocks', () => {
    const { columns, settings, mostUsed } = ran({ range: once })
    expect(settings.map(({ to }) => to)).toEqual([BUDGET])
    expect(columns).toEqual(ran({ blocks: BUDGET }).columns)
    expect(mostUsed).toBeLessThanOrEqual(BUDGET)
    expect(ran({}).mostUsed).toBeGreaterThan(BUDGET)
  })

  test('leaves the rest for answers that grow, so fewer sequences are preempted', () => {
    const preempted = (options: Options) =>
      ran({ outputs: 80, ...options }).columns.preemptions.reduce((sum, n) => sum + n, 0)
    const tuned = preempted({ range: [80, 80] })
    expect(tuned).toBeGreaterThan(0)
    expect(tuned).toBeLessThan(0.7 * preempted({}))
    expect(tuned).toBeLessThan(0.7 * preempted({ blocks: 80 }))
  })

  test('keeps no more cached prompts than the budget allows', () => {
    expect(ran({ range: once, prefixCache: true }).mostKept).toBe(BUDGET)
    expect(ran({ prefixCache: true }).mostKept).toBeGreaterThan(BUDGET)
  })

  test.each([false, true])('is audited by the changes, prefix cache %s', (prefixCache) => {
    const range = [12, BLOCKS] as const
    const options = { range, outputs: 20, prefixCache, targetMs: prefixCache ? 30 : 300 }
    const { system, columns, settings } = ran(options)
    expect(settings.length).toBeGreaterThan(5)
    const reportOf = (changes?: readonly SettingChange[]) =>
      auditRows(system.plan, columns, system.requests.columns, [], changes).rules.find(
        ({ rule }) => rule === 'kv-cache',
      )!
    expect(reportOf(settings)).toMatchObject({ violations: 0 })
    const lower = settings.map((setting) => ({ ...setting, to: Math.ceil(setting.to / 2) }))
    expect(reportOf(lower).violations).toBeGreaterThan(0)
    expect(reportOf().checked).toBe(0)
  })
})

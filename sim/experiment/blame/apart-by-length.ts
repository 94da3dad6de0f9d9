import { type Pool, poolSchema, type Scenario } from '../../../scenarios/schema/schema.ts'
import { takesLength } from '../../../scenarios/schema/takes-length.ts'
import type { RowColumns } from '../../stats/index.ts'
import type { NextChange } from './next-changes.ts'

/**
 * A router that sends long requests elsewhere than short ones: to half of the replicas of a single
 * pool, or to another one beside a single replica, or to the second of two pools of one model. The
 * threshold gives replicas of both equal work (SITA-E; Harchol-Balter, Crovella and Murta 1999).
 * Engines delay first tokens by long prompts, however little work these are: `delayed` is the class
 * that waits longest for them, above whose prompts is another threshold. None where it would not
 * part anything.
 */
export function apartByLength(
  scenario: Scenario,
  runs: readonly RowColumns[],
  delayed: number | null = null,
): NextChange[] {
  const { pools, models, router } = scenario
  const [first, second] = pools
  if (router.policy === 'length-threshold' || pools.length > 2) return []
  if (pools.some(({ model }) => model !== first!.model)) return []
  if (pools.some((pool) => pool.scaling !== undefined || handsOver(pool))) return []
  if (!takesLength(models[first!.model]!)) return []
  const parts = second === undefined ? halves(first!) : { short: first!, long: second, values: [] }
  const { short, long, values } = parts
  const isMore = second === undefined && first!.replicas === 1
  const byWork = thresholdOf(runs, short.replicas / (short.replicas + long.replicas))
  const byPrompts = delayed === null ? null : promptsBelow(runs, delayed)
  return [
    { what: 'requests', thresholdTokens: byWork },
    { what: 'prompts', thresholdTokens: byPrompts === byWork ? null : byPrompts },
  ].flatMap(({ what, thresholdTokens }) => {
    if (thresholdTokens === null) return []
    const name = isMore ? `one-more-replica-for-long-${what}` : `long-${what}-apart`
    const router = {
      policy: 'length-threshold',
      threshold_tokens: thresholdTokens,
      short: short.name,
      long: long.name,
    }
    return [{ name, values: [...values, { path: ['router'], value: router }] }]
  })
}

const handsOver = ({ generation }: Pool) =>
  generation?.policy === 'continuous' && generation.hand_over !== undefined

/** A pool as two, of which the first one keeps its name. A single replica gets another one. */
function halves(pool: Pool) {
  const more = Math.max(1, Math.floor(pool.replicas / 2))
  const short = { ...pool, replicas: Math.max(1, pool.replicas - more) }
  const long = { ...pool, name: `${pool.name}-long`, replicas: more }
  const value = [short, long].map(stated)
  return { short, long, values: [{ path: ['pools'], value }] }
}

/** What a scenario states of a pool: the rest is what it has anyway. */
function stated(pool: Pool): Readonly<Record<string, unknown>> {
  const { name, model } = pool
  const plain = poolSchema.parse({ name, model })
  return { name, model, ...without(pool, plain) }
}

/** The entries that differ, and those of them within. */
function without(pool: object, plain: object): Readonly<Record<string, unknown>> {
  const entries = Object.entries(pool).flatMap(([key, value]) => {
    const usual: unknown = Reflect.get(plain, key)
    if (value === undefined || JSON.stringify(value) === JSON.stringify(usual)) return []
    return [[key, isRecord(value) && isRecord(usual) ? without(value, usual) : value]]
  })
  return Object.fromEntries(entries) as Record<string, unknown>
}

const isRecord = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The length up to which requests take so much of all work; null where all are equally long. */
function thresholdOf(runs: readonly RowColumns[], share: number): number | null {
  const work = new Map<number, number>()
  for (const rows of runs) {
    for (const [key, length] of rows.inputTokens.entries()) {
      if (rows.batch[key]! >= 0) work.set(length, (work.get(length) ?? 0) + workOf(rows, key))
    }
  }
  const lengths = [...work.keys()].sort((a, b) => a - b)
  const total = lengths.reduce((sum, length) => sum + work.get(length)!, 0)
  let [below, best, distance] = [0, Number.NaN, Number.POSITIVE_INFINITY]
  for (const length of lengths.slice(0, -1)) {
    below += work.get(length)!
    const off = Math.abs(below / total - share)
    if (off < distance) {
      best = length
      distance = off
    }
  }
  // requests without a length are not parted by one
  return best >= 1 ? best : null
}

/** Nearly all prompts of a class are at most so long; null where no other class has longer ones. */
function promptsBelow(runs: readonly RowColumns[], number: number): number | null {
  const prompts = (isIncluded: (ofClass: number) => boolean) =>
    runs.flatMap((rows) =>
      Array.from(rows.inputTokens).filter((_, key) => isIncluded(rows.class[key]!)),
    )
  const ofClass = prompts((other) => other === number).sort((a, b) => a - b)
  const most = ofClass[Math.ceil(0.99 * ofClass.length) - 1] ?? 0
  const isLonger = prompts((other) => other !== number).some((length) => length > most)
  return most >= 1 && isLonger ? most : null
}

/** Its part of the time of its batch; of an engine its tokens. */
function workOf(rows: RowColumns, key: number): number {
  const output = rows.outputTokens[key]!
  if (output > 0) return rows.inputTokens[key]! + output
  return (rows.ended[key]! - rows.started[key]!) / rows.batchSize[key]!
}

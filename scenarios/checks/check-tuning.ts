import type { Path } from '../parse/located.ts'
import { didYouMean } from '../parse/nearest.ts'
import type { Tuned } from '../schema/schema-tuning.ts'
import type { Draft, PoolDraft } from './draft.ts'
import { checkRising } from './ordered.ts'

const OF_POOLS = [
  'batching.max_batch',
  'batching.max_delay_ms',
  'admission.concurrency.limit',
  'generation.kv_cache.blocks',
]
const OF_ROUTER = 'router.threshold_tokens'

/** Checks that tuned settings exist, and that controllers may set the values that they choose. */
export function checkTuning(draft: Draft): void {
  const settings = new Set<string>()
  for (const [i, tuned] of draft.tuning.entries()) {
    if (tuned === null) continue
    const path = ['tuning', i]
    checkSetting(tuned, path, draft)
    if (settings.has(tuned.setting)) {
      draft.refuse([...path, 'setting'], 'a setting that no entry before it tunes')
    }
    settings.add(tuned.setting)
    checkValues(tuned, path, draft)
    if (tuned.target_ms >= 1000 * tuned.every_s) {
      draft.refuse([...path, 'target_ms'], `less than every_s, which is ${1000 * tuned.every_s} ms`)
    }
  }
}

function checkSetting(tuned: Tuned, path: Path, draft: Draft): void {
  const at = [...path, 'setting']
  const { setting } = tuned
  if (setting === OF_ROUTER) {
    if (draft.router === null || draft.router.policy === 'length-threshold') return
    draft.refuse(at, 'a setting of another part, as the router has no policy length-threshold')
    return
  }
  const named = draft.pools.flatMap(({ name }) => name ?? [])
  const ofPools = named.flatMap((name) => OF_POOLS.map((key) => `pools.${name}.${key}`))
  if (!ofPools.includes(setting)) {
    if (named.length < draft.pools.length) return
    const paths = `pools.NAME.KEY with KEY one of ${OF_POOLS.join(', ')}; or ${OF_ROUTER}`
    draft.refuse(at, paths, `"${setting}"${didYouMean(setting, [...ofPools, OF_ROUTER])}`)
    return
  }
  const pool = draft.pools.find(({ name }) => setting.startsWith(`pools.${name}.`))!
  if (setting.endsWith('.limit')) checkLimit(pool, at, draft)
  else if (setting.endsWith('.blocks')) checkBlocks(tuned, pool, path, draft)
  else checkBatches(tuned, pool, path, draft)
}

function checkLimit(pool: PoolDraft, at: Path, draft: Draft): void {
  if (pool.admission === null || pool.admission.concurrency !== undefined) return
  draft.refuse(at, `another setting, or admission.concurrency.limit in pool ${pool.name}`)
}

function checkBatches(tuned: Tuned, pool: PoolDraft, path: Path, draft: Draft): void {
  const at = [...path, 'setting']
  const { batching, name } = pool
  if (draft.generates(pool) || (batching !== null && batching.policy !== 'dynamic')) {
    draft.refuse(at, `a setting of a pool with batching of policy dynamic; ${name} has another`)
    return
  }
  if (pool.admission?.deadline !== undefined) {
    draft.refuse(at, `another setting, as admission.deadline of pool ${name} predicts batches`)
  }
  if (batching === null || !tuned.setting.endsWith('.max_batch')) return
  const { max_batch: most } = batching
  checkHighest(tuned, most, `at most max_batch ${most} of pool ${name}`, path, draft)
}

/** Rows do not show how KV caches of prefill pools are used. */
function checkBlocks(tuned: Tuned, pool: PoolDraft, path: Path, draft: Draft): void {
  const { generation, name } = pool
  if (generation === null) return
  const most = generation?.kv_cache?.blocks
  if (most === undefined) {
    const text = `another setting, or generation.kv_cache.blocks in pool ${name}`
    draft.refuse([...path, 'setting'], text)
    return
  }
  if (pool.handOver !== null || draft.decodePools.includes(name!)) {
    const text = `a setting of a pool that computes prompts and decodes; ${name} does one of both`
    draft.refuse([...path, 'setting'], text)
  }
  checkHighest(tuned, most, `at most kv_cache.blocks ${most} of pool ${name}`, path, draft)
}

function checkHighest(
  tuned: Tuned,
  most: number,
  expected: string,
  path: Path,
  draft: Draft,
): void {
  if ('max' in tuned && tuned.max > most) draft.refuse([...path, 'max'], expected)
  if (!('values' in tuned) || tuned.values.at(-1)! <= most) return
  draft.refuse([...path, 'values', tuned.values.length - 1], expected)
}

function checkValues(tuned: Tuned, path: Path, draft: Draft): void {
  const whole = !tuned.setting.endsWith('_delay_ms')
  const check = (value: number, at: Path) => {
    if (whole && (value < 1 || !Number.isInteger(value))) {
      draft.refuse(at, `a whole number of at least 1 for ${tuned.setting}`)
    }
  }
  if ('values' in tuned) {
    const at = (i: number) => [...path, 'values', i]
    for (const [i, value] of tuned.values.entries()) check(value, at(i))
    checkRising(tuned.values, at, 'the value before it', draft)
  }
  if (!('min' in tuned)) return
  check(tuned.min, [...path, 'min'])
  check(tuned.max, [...path, 'max'])
  if (tuned.min >= tuned.max) draft.refuse([...path, 'min'], `less than max ${tuned.max}`)
}

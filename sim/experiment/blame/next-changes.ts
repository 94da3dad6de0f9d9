import type { Pool, Scenario } from '../../../scenarios/schema/schema.ts'
import { isAccelerated } from '../../../scenarios/schema/takes-length.ts'
import type { LengthGroup } from './length-groups.ts'

/** A value of a scenario; entries of lists are named. */
export interface NewValue {
  readonly path: readonly string[]
  readonly value: unknown
}

/** A single change of a scenario that may help. */
export interface NextChange {
  readonly name: string
  readonly values: readonly NewValue[]
}

/** A change of one value. */
const change = (name: string, value: unknown, ...path: readonly string[]): NextChange => ({
  name,
  values: [{ path, value }],
})

const LOWER_PRECISION: Readonly<Partial<Record<Pool['precision'], Pool['precision']>>> = {
  fp32: 'int8',
  tf32: 'fp16',
  fp16: 'fp8',
  fp8: 'int4',
}

/**
 * Changes of one pool, each by itself: capacity, batching, order, memory, precision, and the link.
 * Those that the scenario has no use for are left out; whether one helps only a simulation shows.
 */
export function nextChanges(
  scenario: Scenario,
  index: number,
  groups: readonly LengthGroup[],
): NextChange[] {
  const pool = scenario.pools[index]!
  const { link, traffic } = scenario
  const poolGroups = groups.filter((group) => {
    const { model } = traffic[group.class]!
    return model === undefined || model === pool.model
  })
  return [
    ...replicaChanges(pool),
    ...batchChanges(pool, poolGroups),
    ...engineChanges(pool),
    ...orderChange(pool, poolGroups),
    ...memoryChange(scenario, pool),
    ...precisionChange(scenario, pool),
    ...(link && link.delay_ms > 0
      ? [change('half-the-link-delay', link.delay_ms / 2, 'link', 'delay_ms')]
      : []),
  ]
}

/** Of a scaled pool also that replicas start at once, from a warm pool. */
function replicaChanges({ name, replicas, scaling }: Pool): NextChange[] {
  if (scaling === undefined) {
    return [change('one-more-replica', replicas + 1, 'pools', name, 'replicas')]
  }
  const at = ['pools', name, 'scaling']
  return [
    ...(scaling.min < scaling.max
      ? [change('one-more-at-least', scaling.min + 1, ...at, 'min')]
      : []),
    change('two-more-in-a-warm-pool', scaling.warm + 2, ...at, 'warm'),
  ]
}

function batchChanges(pool: Pool, groups: readonly LengthGroup[]): NextChange[] {
  const { batching, name } = pool
  if (pool.generation !== undefined || !('max_batch' in batching)) return []
  const at = ['pools', name, 'batching']
  const most = batching.max_batch
  const edges = inner(groups)
  const window = 'max_delay_ms' in batching ? batching.max_delay_ms : 0
  const bucketed = { policy: 'length-bucketed', max_batch: most, max_delay_ms: window, edges }
  return [
    ...(window > 0 ? [change('no-batch-window', 0, ...at, 'max_delay_ms')] : []),
    change('batches-twice-as-large', 2 * most, ...at, 'max_batch'),
    ...(most > 3
      ? [change('batches-half-as-large', Math.floor(most / 2), ...at, 'max_batch')]
      : []),
    ...(most > 1 ? [change('no-batching', 1, ...at, 'max_batch')] : []),
    ...(batching.policy === 'dynamic' && most > 1 && edges.length > 0
      ? [change('batches-by-length', bucketed, ...at)]
      : []),
  ]
}

/** Ends of all length groups but the longest. */
function inner(groups: readonly LengthGroup[]): number[] {
  const ends = [...new Set(groups.map(({ to }) => to))].sort((a, b) => a - b)
  return ends.slice(0, -1).filter((end) => end > 0)
}

/** The less of a prompt a step takes, the sooner the others have their tokens. */
const budgets = [
  ['twice-the-token-budget', 2],
  ['half-the-token-budget', 1 / 2],
  ['a-quarter-of-the-token-budget', 1 / 4],
] as const

function engineChanges({ generation, name }: Pool): NextChange[] {
  if (generation === undefined) return []
  const at = ['pools', name, 'generation']
  const { max_sequences: most, kv_cache: kv } = generation
  return [
    change('twice-the-sequences', 2 * most, ...at, 'max_sequences'),
    ...('token_budget' in generation
      ? budgets.map(([name, factor]) =>
          change(name, Math.ceil(factor * generation.token_budget), ...at, 'token_budget'),
        )
      : []),
    ...(kv?.blocks === undefined
      ? []
      : [change('twice-the-kv-cache', 2 * kv.blocks, ...at, 'kv_cache', 'blocks')]),
  ]
}

function orderChange({ queue, name }: Pool, groups: readonly LengthGroup[]): NextChange[] {
  if (queue.discipline !== 'fifo' || inner(groups).length === 0) return []
  return [change('shortest-first', 'shortest-job', 'pools', name, 'queue', 'discipline')]
}

function memoryChange({ devices }: Scenario, { memory, name }: Pool): NextChange[] {
  if (memory === undefined) return []
  const device = devices.find((device) => device.name === memory.device)
  const limit = device?.limit_mib ?? memory.limit_mib
  if (limit === undefined) return []
  const at = device === undefined ? ['pools', name, 'memory'] : ['devices', device.name]
  return [change('twice-the-memory', 2 * limit, ...at, 'limit_mib')]
}

/** Declared times do not depend on the precision. */
function precisionChange({ models }: Scenario, pool: Pool): NextChange[] {
  const model = models[pool.model]!
  const lower = LOWER_PRECISION[pool.precision]
  const depends = !('work' in model) || isAccelerated(model.work)
  if (!depends || lower === undefined) return []
  return [change(`precision-${lower}`, lower, 'pools', pool.name, 'precision')]
}

/** As an override `path=value`. */
export const overrideText = ({ path, value }: NewValue): string =>
  `${path.join('.')}=${typeof value === 'string' ? value : JSON.stringify(value)}`

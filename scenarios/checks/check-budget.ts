import { replicaWatts } from '../schema/pool-accelerator.ts'
import type { Draft, PoolDraft } from './draft.ts'

/** Checks what scaled pools share. */
export function checkBudget(draft: Draft): void {
  const scaled = draft.pools.filter(({ path }) => draft.has([...path, 'scaling']))
  if (scaled.length === 0) draft.unused(['budget'], 'it is shared by pools with scaling')
  const { budget } = draft
  if (budget === null || scaled.length === 0) return
  for (const { path, scaling } of scaled) {
    if (scaling?.advisory !== true) continue
    draft.refuse(
      [...path, 'scaling', 'advisory'],
      'false, as a budget is shared by what scalers do',
    )
  }
  checkPriority(budget.priority ?? [], scaled, draft)
  checkReplicas(budget.replicas, scaled, draft)
  checkWatts(budget.watts, scaled, draft)
}

function checkPriority(
  priority: readonly string[],
  scaled: readonly PoolDraft[],
  draft: Draft,
): void {
  const names = scaled.flatMap(({ name }) => name ?? [])
  for (const [i, name] of priority.entries()) {
    const at = ['budget', 'priority', i]
    if (!names.includes(name)) draft.refuse(at, `a pool with scaling, one of ${names.join(', ')}`)
    else if (priority.indexOf(name) < i) draft.refuse(at, 'each pool once')
  }
}

/** The replicas of a pool before any decision: those that serve at first, and its warm pool. */
function atFirst({ scaling }: PoolDraft): number {
  if (scaling === null) return 0
  return (scaling.initial ?? Math.max(1, scaling.min)) + scaling.warm
}

const WHAT = 'which the scaled pools have at first, with their warm pools'

function checkReplicas(most: number | undefined, scaled: readonly PoolDraft[], draft: Draft): void {
  const sum = scaled.reduce((total, pool) => total + atFirst(pool), 0)
  if (most !== undefined && sum > most)
    draft.refuse(['budget', 'replicas'], `${sum} or more, ${WHAT}`)
}

function checkWatts(most: number | undefined, scaled: readonly PoolDraft[], draft: Draft): void {
  if (most === undefined) return
  let sum = 0
  for (const pool of scaled) {
    if (pool.accelerator === null) return
    const { accelerator, partition, tensor_parallel } = pool
    const watts = replicaWatts({
      accelerator,
      partition: partition ?? undefined,
      tensor_parallel: tensor_parallel ?? undefined,
    })
    if (watts === null) {
      const why = `the accelerator of pool ${pool.name} is this machine, and its power is not known`
      draft.unused(['budget', 'watts'], why)
      return
    }
    sum += atFirst(pool) * watts
  }
  if (sum > most) draft.refuse(['budget', 'watts'], `${sum} or more, ${WHAT}`)
}

import type { Path } from '../parse/located.ts'
import type { Failure } from '../schema/schema.ts'
import { refuseParts } from './check-clients.ts'
import type { Draft, PoolDraft } from './draft.ts'
import { checkLimits, checkRising } from './ordered.ts'

/** Checks failures and deployments against the pools that they concern. */
export function checkFailures(draft: Draft): void {
  for (const [i, failure] of draft.failures.entries()) {
    if (failure === null) continue
    const path = ['failures', i]
    for (const [j, name] of (failure.pools ?? []).entries()) {
      if (draft.pools.some((pool) => pool.name === name)) continue
      draft.refuse([...path, 'pools', j], 'the name of a pool', name)
    }
    const concerned = draft.pools.filter(({ name }) => failure.pools?.includes(name ?? '') ?? true)
    if ('restart_s' in failure) checkLimits(failure.restart_s, [...path, 'restart_s'], draft)
    if (failure.kind !== 'deployment') checkTimes(failure, path, draft)
    for (const pool of concerned) checkPool(failure, path, pool, draft)
  }
  for (const pool of draft.pools) {
    if (pool.heat?.shutdown_c !== undefined) checkRestarts(pool, draft)
  }
}

function checkTimes(
  failure: Exclude<Failure, { kind: 'deployment' }>,
  path: Path,
  draft: Draft,
): void {
  const { every_s, at_s, kind } = failure
  if (every_s === undefined && at_s === undefined) {
    draft.refuse(path, `every_s or at_s, which say when ${kind} happens`, 'neither')
  } else if (every_s !== undefined && at_s !== undefined) {
    draft.unused([...path, 'every_s'], 'at_s says when it happens')
  }
  checkRising(at_s ?? [], (j) => [...path, 'at_s', j], 'the time before it', draft)
}

function checkPool(failure: Failure, path: Path, pool: PoolDraft, draft: Draft): void {
  const replicas = pool.replicas ?? 1
  if (failure.kind !== 'deployment') {
    for (const [j, replica] of (failure.replicas ?? []).entries()) {
      if (replica < replicas) continue
      const at = [...path, 'replicas', j]
      draft.refuse(at, `less than ${replicas}, as replicas of pool ${pool.name} are counted from 0`)
    }
  }
  if ('share' in failure && draft.generates(pool)) {
    const at = draft.has([...path, 'pools']) ? [...path, 'pools'] : [...path, 'kind']
    draft.refuse(at, `pools that run batches, as pool ${pool.name} generates step by step`)
  }
  if ('restart_s' in failure) checkRestarts(pool, draft)
}

/** Checks a pool whose replicas start and stop; `why` states that. */
export function checkRestarts(
  pool: PoolDraft,
  draft: Draft,
  why = `replicas of pool ${pool.name} would start and stop`,
): void {
  if (pool.handOver !== null) {
    const at = [...pool.path, 'generation', 'hand_over']
    draft.unused(at, `${why}, which KV transfers do not cover`)
  }
  if (pool.queue?.mode === 'per-replica') refuseParts(why, draft)
}

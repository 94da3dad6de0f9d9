import type { Path } from '../parse/located.ts'
import type { Pool } from '../schema/schema.ts'
import { checkFills } from './check-batching.ts'
import { checkPriorityKey } from './check-order.ts'
import type { Draft, PoolDraft } from './draft.ts'

type Admission = Pool['admission']

/** Checks that each admission control has the keys that it needs, and could refuse a request. */
export function checkAdmission(draft: Draft): void {
  for (const pool of draft.pools) {
    const { admission } = pool
    if (!admission) continue
    checkPriority(admission, pool, draft)
    checkDeadline(admission, pool, draft)
    checkConcurrency(admission, pool, draft)
    checkParts(admission, pool, draft)
    checkAdaptiveLifo(admission, pool, draft)
  }
}

const within = (pool: PoolDraft, ...keys: readonly string[]): Path => [
  ...pool.path,
  'admission',
  ...keys,
]

function checkPriority(admission: Admission, pool: PoolDraft, draft: Draft): void {
  if (admission.priority === undefined) return
  const path = within(pool, 'priority', 'limits')
  const limits = Object.entries(admission.priority.limits)
    .map(([level, limit]) => ({ level: Number(level), limit }))
    .sort((a, b) => a.level - b.level)
  if (limits.length === 0) draft.refuse(path, 'the limit of a priority', 'an empty map')
  const most = admission.concurrency?.limit ?? Number.POSITIVE_INFINITY
  for (const [i, { level, limit }] of limits.entries()) {
    const at = [...path, `${level}`]
    const above = limits[i - 1]
    checkPriorityKey(at, level, draft)
    if (limit >= most) draft.refuse(at, `less than concurrency.limit ${most}`)
    else if (above !== undefined && limit > above.limit) {
      const why = 'a higher priority is shed at a higher limit'
      draft.refuse(at, `at most ${above.limit}, the limit of priority ${above.level}: ${why}`)
    }
  }
}

function checkDeadline(admission: Admission, pool: PoolDraft, draft: Draft): void {
  if (admission.deadline === undefined) return
  const path = within(pool, 'deadline')
  const predicts = 'the prediction holds only where requests are served in order'
  if (pool.queue?.discipline === 'lifo') {
    draft.unused(path, `${predicts}, and discipline lifo serves the newest first`)
  }
  if (admission.adaptive_lifo) {
    draft.unused(path, `${predicts}, and adaptive_lifo serves the newest first`)
  }
  if (pool.generation) {
    draft.unused(path, 'the prediction counts batches, and the pool has generation')
  }
  const deadlines = draft.classes.map(({ deadlineMs }) => deadlineMs)
  if (deadlines.every((ms) => ms === undefined)) {
    draft.unused(path, 'no class has deadline_ms or a fixed timeout_ms')
  }
  const { margin_ms: margin } = admission.deadline
  const least = Math.min(...deadlines.map((ms) => ms ?? Number.POSITIVE_INFINITY))
  if (margin >= least) {
    draft.refuse([...path, 'margin_ms'], `less than every deadline (${least} ms)`)
  }
}

function checkConcurrency(admission: Admission, pool: PoolDraft, draft: Draft): void {
  const limit = admission.concurrency?.limit ?? Number.POSITIVE_INFINITY
  const most = pool.queue?.max_length
  if (most !== undefined && most >= limit) {
    const text = `less than concurrency.limit ${limit}, which counts waiting requests too`
    draft.refuse([...pool.path, 'queue', 'max_length'], text)
  }
  checkFills(limit, within(pool, 'concurrency', 'limit'), pool, draft)
}

function checkParts(admission: Admission, pool: PoolDraft, draft: Draft): void {
  const { concurrency, token_bucket: bucket, priority } = admission
  const { classes } = draft
  checkAdmits(concurrency?.limit, within(pool, 'concurrency', 'limit'), classes, draft)
  checkAdmits(bucket?.burst, within(pool, 'token_bucket', 'burst'), classes, draft)
  for (const [level, limit] of Object.entries(priority?.limits ?? {})) {
    const ofLevel = classes.filter((traffic) => traffic.priority === Number(level))
    checkAdmits(limit, within(pool, 'priority', 'limits', level), ofLevel, draft)
  }
}

/** All parts of a request arrive at once: a limit below their number would refuse each request. */
export function checkAdmits(
  limit: number | undefined,
  path: Path,
  classes: Draft['classes'],
  draft: Draft,
): void {
  const least = Math.max(1, ...classes.map(({ fan_out }) => fan_out ?? 1))
  if (limit === undefined || limit >= least) return
  draft.refuse(path, `at least ${least}, the fan_out of a class, or each of its requests is shed`)
}

function checkAdaptiveLifo(admission: Admission, pool: PoolDraft, draft: Draft): void {
  if (admission.adaptive_lifo === undefined) return
  const path = within(pool, 'adaptive_lifo')
  const { interval_ms: interval, target_ms: target } = admission.adaptive_lifo
  const { queue, batching } = pool
  if (queue && queue.discipline !== 'fifo') {
    draft.unused(path, `it needs discipline fifo, and the queue has ${queue.discipline}`)
  }
  if (pool.generation) draft.unused(path, 'pools with generation do not support it')
  if (queue?.timeout_action === 'delay') {
    draft.unused(path, 'it drops late requests, and timeout_action is delay')
  }
  if (batching && batching.policy !== 'none' && batching.policy !== 'dynamic') {
    draft.unused(path, `it needs batching none or dynamic, and the pool has ${batching.policy}`)
  }
  const at = [...path, 'target_ms']
  if (target > interval) draft.refuse(at, `at most interval_ms ${interval}`, `${target}`)
  if (batching?.policy === 'dynamic' && target <= batching.max_delay_ms) {
    const delay = `max_delay_ms ${batching.max_delay_ms}`
    draft.refuse(at, `more than ${delay}, or requests time out in the batch window`, `${target}`)
  }
  if (queue?.timeout_ms !== undefined && queue.timeout_ms >= interval) {
    const text = `less than adaptive_lifo.interval_ms ${interval}, which is a time-out too`
    draft.refuse([...pool.path, 'queue', 'timeout_ms'], text)
  }
}

import type { Path } from '../parse/located.ts'
import type { Pool } from '../schema/schema.ts'
import type { Draft, PoolDraft, Report } from './draft.ts'

type Admission = Pool['admission']

/** Checks that each admission control has the keys that it needs, and could refuse a request. */
export function checkAdmission(draft: Draft, report: Report): void {
  for (const pool of draft.pools) {
    const { admission } = pool
    if (!admission) continue
    checkPriority(admission, pool, draft, report)
    checkDeadline(admission, pool, draft, report)
    checkConcurrency(admission, pool, report)
    checkParts(admission, pool, draft, report)
    checkAdaptiveLifo(admission, pool, report)
  }
}

const within = (pool: PoolDraft, ...keys: readonly string[]): Path => [
  ...pool.path,
  'admission',
  ...keys,
]

function checkPriority(admission: Admission, pool: PoolDraft, draft: Draft, report: Report): void {
  if (admission.priority === undefined) return
  const path = within(pool, 'priority', 'limits')
  const limits = Object.entries(admission.priority.limits)
    .map(([level, limit]) => ({ level: Number(level), limit }))
    .sort((a, b) => a.level - b.level)
  if (limits.length === 0) report('value', path, 'the limit of a priority, got an empty map')
  const known = draft.classes.map(({ priority }) => priority)
  const most = admission.concurrency?.limit ?? Number.POSITIVE_INFINITY
  for (const [i, { level, limit }] of limits.entries()) {
    const at = [...path, `${level}`]
    const above = limits[i - 1]
    // an invalid class might have any priority
    if (!known.includes(level) && !known.includes(null)) {
      const levels = [...new Set(known)].join(', ')
      report('key', at, `the priority of a class (${levels}), got "${level}"`)
    }
    if (limit >= most) report('value', at, `less than concurrency.limit ${most}, got ${limit}`)
    else if (above !== undefined && limit > above.limit) {
      const text = `at most ${above.limit}, as of priority ${above.level}, which is shed later`
      report('value', at, `${text}, got ${limit}`)
    }
  }
}

function checkDeadline(admission: Admission, pool: PoolDraft, draft: Draft, report: Report): void {
  if (admission.deadline === undefined) return
  const path = within(pool, 'deadline')
  const nothing = (why: string) => report('key', path, `no deadline ${why}, got "deadline"`)
  if (pool.queue?.discipline === 'lifo') nothing('with discipline lifo: it predicts by turns')
  if (admission.adaptive_lifo) nothing('beside adaptive_lifo: it predicts by turns')
  if (pool.generation) nothing('beside generation: it predicts by batches')
  const deadlines = draft.classes.map(({ deadlineMs }) => deadlineMs)
  if (deadlines.every((ms) => ms === undefined)) {
    nothing('where no class has deadline_ms or timeout_ms')
  }
  const { margin_ms: margin } = admission.deadline
  const least = Math.min(...deadlines.map((ms) => ms ?? Number.POSITIVE_INFINITY))
  if (margin >= least) {
    report('value', [...path, 'margin_ms'], `less than every deadline (${least} ms), got ${margin}`)
  }
}

function checkConcurrency(admission: Admission, pool: PoolDraft, report: Report): void {
  const limit = admission.concurrency?.limit ?? Number.POSITIVE_INFINITY
  const most = pool.queue?.max_length
  if (most !== undefined && most >= limit) {
    const text = `less than concurrency.limit ${limit}, which counts those who wait`
    report('value', [...pool.path, 'queue', 'max_length'], `${text}, got ${most}`)
  }
  const { batching } = pool
  if (batching?.policy === 'fixed' && limit < batching.batch) {
    const text = `at least ${batching.batch}, or a batch never fills`
    report('value', within(pool, 'concurrency', 'limit'), `${text}, got ${limit}`)
  }
}

/**
 * All parts of a request arrive at once: a control that admits fewer would refuse every request.
 */
function checkParts(admission: Admission, pool: PoolDraft, draft: Draft, report: Report): void {
  const { concurrency, token_bucket: bucket, priority } = admission
  const widest = Math.max(1, ...draft.classes.map(({ fanOut }) => fanOut ?? 1))
  const expected = (path: Path, least: number, got: number | undefined) => {
    if (got === undefined || got >= least) return
    const text = `at least ${least}, the parts of a request (fan_out), or none is ever answered`
    report('value', path, `${text}, got ${got}`)
  }
  expected(within(pool, 'concurrency', 'limit'), widest, concurrency?.limit)
  expected(within(pool, 'token_bucket', 'burst'), widest, bucket?.burst)
  for (const [level, limit] of Object.entries(priority?.limits ?? {})) {
    const least = Math.max(
      1,
      ...draft.classes.map((traffic) =>
        traffic.priority === Number(level) ? (traffic.fanOut ?? 1) : 1,
      ),
    )
    expected(within(pool, 'priority', 'limits', level), least, limit)
  }
}

function checkAdaptiveLifo(admission: Admission, pool: PoolDraft, report: Report): void {
  if (admission.adaptive_lifo === undefined) return
  const path = within(pool, 'adaptive_lifo')
  const { interval_ms: interval, target_ms: target } = admission.adaptive_lifo
  const { queue, batching } = pool
  const nothing = (why: string) =>
    report('key', path, `no adaptive_lifo ${why}, got "adaptive_lifo"`)
  if (queue && queue.discipline !== 'fifo') nothing(`with discipline ${queue.discipline}`)
  if (pool.generation) nothing('beside generation')
  if (queue?.timeout_action === 'delay') nothing('with timeout_action delay')
  if (batching && batching.policy !== 'none' && batching.policy !== 'dynamic') {
    nothing(`with batching ${batching.policy}, but only with none or dynamic`)
  }
  if (target > interval) {
    report('value', [...path, 'target_ms'], `at most interval_ms ${interval}, got ${target}`)
  }
  if (batching?.policy === 'dynamic' && target <= batching.max_delay_ms) {
    const text = `more than max_delay_ms ${batching.max_delay_ms}, or who waits for a batch is lost`
    report('value', [...path, 'target_ms'], `${text}, got ${target}`)
  }
  if (queue?.timeout_ms !== undefined && queue.timeout_ms >= interval) {
    const text = `less than adaptive_lifo.interval_ms ${interval}, which is a time-out too`
    report('value', [...pool.path, 'queue', 'timeout_ms'], `${text}, got ${queue.timeout_ms}`)
  }
}

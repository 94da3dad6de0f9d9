import type { Path } from '../parse/located.ts'
import type { Batching, Model } from '../schema/schema.ts'
import { decidedBy } from '../schema/schema-queue.ts'
import { takesLength } from '../schema/takes-length.ts'
import type { Draft, PoolDraft, Report } from './draft.ts'

type Of<P extends Batching['policy']> = Extract<Batching, { policy: P }>

/** Checks that pools support their batching policies and have the keys that these need. */
export function checkBatching(draft: Draft, report: Report): void {
  for (const pool of draft.pools) {
    const model = pool.model === null ? null : (draft.models.get(pool.model) ?? null)
    const { batching } = pool
    const path = [...pool.path, 'batching']
    if (!batching || batching.policy === 'none') continue
    checkSize(batching, pool, model, report)
    if (batching.policy === 'dynamic') checkPreferred(batching, path, report)
    if (batching.policy === 'cork') checkCork(pool, report)
    if (batching.policy === 'length-bucketed') checkBuckets(batching, pool, model, report)
  }
  const byDeadline = draft.pools.some(({ batching }) => batching?.policy === 'deadline-aware')
  if (byDeadline) checkDeadlines(draft, report)
}

function checkSize(
  batching: Exclude<Batching, Of<'none'>>,
  pool: PoolDraft,
  model: Model | null,
  report: Report,
): void {
  const fixed = batching.policy === 'fixed'
  const most = fixed ? batching.batch : batching.max_batch
  if (model && 'onnx' in model && most > 1) {
    const inputs = Object.values(model.inputs)
    if (!inputs.some((input) => input.shape.includes('batch'))) {
      const why = `as no input of model ${pool.model} has a batch dimension`
      const path = [...pool.path, 'batching', fixed ? 'batch' : 'max_batch']
      report('value', path, `1, ${why}, got ${most}`)
    }
  }
  const room = pool.queue?.max_length
  if (fixed && room !== undefined && room < most) {
    const why = `at least ${most}, or a batch never fills`
    report('value', [...pool.path, 'queue', 'max_length'], `${why}, got ${room}`)
  }
}

function checkPreferred({ preferred, max_batch }: Of<'dynamic'>, path: Path, report: Report): void {
  for (const [i, size] of preferred.entries()) {
    const before = preferred[i - 1]
    const at = [...path, 'preferred', i]
    if (size > max_batch) report('value', at, `at most max_batch ${max_batch}, got ${size}`)
    else if (before !== undefined && size <= before) {
      report('value', at, `more than ${before}, the size before, got ${size}`)
    }
  }
}

/** Cork keeps one batch in flight per queue, and drops late requests by its latency limit. */
function checkCork({ path, queue, replicas }: PoolDraft, report: Report): void {
  if (!queue) return
  if (queue.mode === 'shared' && (replicas ?? 1) > 1) {
    const why = 'as cork has one batch in flight for each queue'
    const text = `mode per-replica with ${replicas} replicas, ${why}, got mode shared`
    report('value', [...path, 'queue', 'mode'], text)
  }
  const levels = Object.entries(queue.levels)
  const bounds = [
    { at: [...path, 'queue'], bound: queue },
    ...levels.map(([level, bound]) => ({ at: [...path, 'queue', 'levels', level], bound })),
  ]
  for (const { at, bound } of bounds) {
    if (bound.timeout_action !== 'delay') continue
    const text = 'reject, as cork drops who waits too long, got delay'
    report('value', [...at, 'timeout_action'], text)
  }
}

function checkBuckets(
  { edges }: Of<'length-bucketed'>,
  { path, model: name, queue }: PoolDraft,
  model: Model | null,
  report: Report,
): void {
  for (const [i, edge] of edges.entries()) {
    const before = edges[i - 1]
    if (before === undefined || edge > before) continue
    const at = [...path, 'batching', 'edges', i]
    report('value', at, `more than ${before}, the edge before, got ${edge}`)
  }
  if (model && !takesLength(model)) {
    const text = `another policy, as requests of ${name} have no length, got length-bucketed`
    report('value', [...path, 'batching', 'policy'], text)
  }
  if (queue && decidedBy[queue.discipline] === 'tenant') {
    const { discipline } = queue
    const why = 'as each bucket has an order of its own, which is fair to nobody'
    const text = `another discipline with policy length-bucketed, ${why}, got ${discipline}`
    report('value', [...path, 'queue', 'discipline'], text)
  }
}

function checkDeadlines(draft: Draft, report: Report): void {
  for (const { path, deadlineMs, timeout } of draft.classes) {
    if (deadlineMs !== undefined) continue
    const what = 'deadline_ms or a timeout_ms of all, which policy deadline-aware goes by'
    const drawn = typeof timeout === 'object' && timeout !== null
    report('value', path, `${what}, got ${drawn ? 'a timeout_ms that is drawn' : 'neither'}`)
  }
}

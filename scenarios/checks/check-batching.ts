import type { Path } from '../parse/located.ts'
import type { Batching } from '../schema/schema.ts'
import { decidedBy } from '../schema/schema-queue.ts'
import { LENGTH_LAWS, takesLength } from '../schema/takes-length.ts'
import type { Draft, PoolDraft } from './draft.ts'
import { checkRising } from './ordered.ts'

type Of<P extends Batching['policy']> = Extract<Batching, { policy: P }>

/** Checks that pools support their batching policies and have the keys that these need. */
export function checkBatching(draft: Draft): void {
  for (const pool of draft.pools) {
    const { batching } = pool
    const path = [...pool.path, 'batching']
    if (batching?.policy === 'none') checkSingle(pool, draft)
    if (!batching || batching.policy === 'none') continue
    checkSize(batching, pool, draft)
    if (batching.policy === 'dynamic') checkPreferred(batching, path, draft)
    if (batching.policy === 'cork') checkCork(pool, draft)
    if (batching.policy === 'length-bucketed') checkBuckets(batching, pool, draft)
  }
  const byDeadline = draft.pools.some(({ batching }) => batching?.policy === 'deadline-aware')
  if (byDeadline) checkDeadlines(draft)
}

/** A throughput at many requests in flight is that of batches. */
function checkSingle(pool: PoolDraft, draft: Draft): void {
  const model = draft.modelOf(pool)
  if (!model || !('work' in model) || model.work.law !== 'throughput' || pool.generation) return
  const { concurrency, instances, batch_share: share = 1 / (instances + 1) } = model.work
  const most = concurrency.at(-1)!
  const size = Math.floor(most * share)
  if (size <= 1) return
  const why = `as the throughput of ${pool.model} at concurrency ${most} is that of batches`
  const text = `a policy such as { policy: dynamic, max_batch: ${size} }, ${why}`
  draft.refuse([...pool.path, 'batching'], text, 'policy none')
}

function checkSize(batching: Exclude<Batching, Of<'none'>>, pool: PoolDraft, draft: Draft): void {
  const model = draft.modelOf(pool)
  const fixed = batching.policy === 'fixed'
  const most = fixed ? batching.batch : batching.max_batch
  if (model && 'inputs' in model && most > 1) {
    const inputs = Object.values(model.inputs)
    if (!inputs.some((input) => input.shape.includes('batch'))) {
      const path = [...pool.path, 'batching', fixed ? 'batch' : 'max_batch']
      draft.refuse(path, `1, as no input of model ${pool.model} has a batch dimension`)
    }
  }
  checkFills(pool.queue?.max_length, [...pool.path, 'queue', 'max_length'], pool, draft)
}

/** Checks that a limit of requests lets batches of a fixed size fill. */
export function checkFills(
  limit: number | undefined,
  path: Path,
  { batching }: PoolDraft,
  draft: Draft,
): void {
  if (limit === undefined || batching?.policy !== 'fixed' || limit >= batching.batch) return
  draft.refuse(path, `at least batch ${batching.batch}, or a batch never fills`)
}

function checkPreferred({ preferred, max_batch }: Of<'dynamic'>, path: Path, draft: Draft): void {
  const at = (i: number) => [...path, 'preferred', i]
  for (const [i, size] of preferred.entries()) {
    if (size > max_batch) draft.refuse(at(i), `at most max_batch ${max_batch}`)
  }
  checkRising(preferred, at, 'the size before', draft)
}

/** Cork keeps one batch in flight per queue, and drops late requests by its latency limit. */
function checkCork({ path, queue, replicas }: PoolDraft, draft: Draft): void {
  if (!queue) return
  if (queue.mode === 'shared' && (replicas ?? 1) > 1) {
    const why = 'as cork has one batch in flight for each queue'
    const text = `mode per-replica with ${replicas} replicas, ${why}`
    draft.refuse([...path, 'queue', 'mode'], text, 'mode shared')
  }
  const ofLevels = Object.keys(queue.levels).map((level) => ['levels', level])
  for (const keys of [[], ...ofLevels]) {
    const at = [...path, 'queue', ...keys, 'timeout_action']
    if (draft.stated(at) !== 'delay') continue
    draft.refuse(at, 'reject, as cork drops requests that are too late')
  }
}

function checkBuckets({ edges }: Of<'length-bucketed'>, pool: PoolDraft, draft: Draft): void {
  const { path, queue } = pool
  const model = draft.modelOf(pool)
  checkRising(edges, (i) => [...path, 'batching', 'edges', i], 'the edge before', draft)
  if (model && !takesLength(model)) {
    const hint = 'work' in model ? ` (${LENGTH_LAWS})` : ''
    const text = `another policy, as requests of ${pool.model} have no length${hint}`
    draft.refuse([...path, 'batching', 'policy'], text)
  }
  if (queue && decidedBy[queue.discipline] === 'tenant') {
    const why = 'as each bucket is a queue of its own, which is not fair among tenants'
    const text = `another discipline with policy length-bucketed, ${why}`
    draft.refuse([...path, 'queue', 'discipline'], text)
  }
}

function checkDeadlines(draft: Draft): void {
  for (const { path, deadlineMs, timeout_ms } of draft.classes) {
    if (deadlineMs !== undefined) continue
    const text = 'deadline_ms or a fixed timeout_ms, which policy deadline-aware needs'
    const drawn = typeof timeout_ms === 'object' && timeout_ms !== null
    draft.refuse(path, text, drawn ? 'a timeout_ms that is drawn' : 'neither')
  }
}

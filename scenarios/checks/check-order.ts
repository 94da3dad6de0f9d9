import type { Path } from '../parse/located.ts'
import type { Pool } from '../schema/schema.ts'
import { decidedBy } from '../schema/schema-queue.ts'
import type { Draft, PoolDraft } from './draft.ts'

type Queue = Pool['queue']

/** Whether queues have what their disciplines depend on, and nothing that none depends on. */
export function checkOrder(draft: Draft): void {
  for (const { queue, path } of draft.pools) {
    if (queue) checkQueue(queue, [...path, 'queue'], draft)
  }
  if (draft.pools.some(({ queue, admission }) => queue === null || admission === null)) return
  checkClasses(draft)
  checkWeights(draft)
}

function checkQueue(queue: Queue, path: Path, draft: Draft): void {
  const { discipline } = queue
  if (decidedBy[discipline] !== 'priority') {
    draft.unused([...path, 'levels'], `discipline ${discipline} has none`)
  }
  if (
    decidedBy[discipline] === 'deadline' &&
    draft.classes.length > 0 &&
    draft.classes.every(({ deadlineMs }) => deadlineMs === undefined)
  ) {
    const text = 'another discipline, as no class has deadline_ms or a fixed timeout_ms'
    draft.refuse([...path, 'discipline'], text)
  }
  checkTimeOut(queue, path, draft)
  for (const [priority, level] of Object.entries(queue.levels)) {
    const at = [...path, 'levels', priority]
    checkTimeOut({ ...queue, ...level }, at, draft)
    checkPriorityKey(at, Number(priority), draft)
  }
}

/** Checks that a key of a map by priority is the priority of a class. */
export function checkPriorityKey(path: Path, priority: number, draft: Draft): void {
  const stated = draft.classes.map((traffic) => traffic.priority)
  // an invalid class might have any priority
  if (stated.includes(priority) || stated.includes(null)) return
  draft.refuseKey(path, `the priority of a class (${[...new Set(stated)].join(', ')})`)
}

function checkTimeOut(bounds: Pick<Queue, 'timeout_ms'>, path: Path, draft: Draft): void {
  if (bounds.timeout_ms !== undefined) return
  for (const key of ['timeout_action', 'allow_timeout_override']) {
    draft.unused([...path, key], 'there is no timeout_ms')
  }
}

type Used = Pick<Pool, 'queue' | 'admission'> & Pick<PoolDraft, 'batching'>

/** Keys of a class, and the pools that use them. */
const USED: readonly (readonly [key: string, uses: (pool: Used) => boolean, where: string])[] = [
  [
    'priority',
    ({ queue, admission }) =>
      decidedBy[queue.discipline] === 'priority' || admission.priority !== undefined,
    'no queue or admission depends on priority',
  ],
  [
    'deadline_ms',
    ({ queue, admission, batching }) =>
      decidedBy[queue.discipline] === 'deadline' ||
      admission.deadline !== undefined ||
      batching?.policy === 'deadline-aware',
    'no queue, batching or admission depends on deadlines',
  ],
  [
    'tenant',
    ({ queue, admission }) => isFair(queue) || admission.token_bucket?.per === 'tenant',
    'no queue shares among tenants, and no token bucket is per tenant',
  ],
  ['weight', ({ queue }) => isFair(queue), 'no queue shares among tenants'],
  ['queue_timeout_ms', ({ queue }) => overrides(queue), 'no queue has allow_timeout_override'],
]

function checkClasses(draft: Draft): void {
  for (const [key, uses, why] of USED) {
    if (draft.pools.some((pool) => uses(pool as Used))) continue
    for (const { path } of draft.classes) draft.unused([...path, key], why)
  }
}

function isFair({ discipline }: Queue): boolean {
  return decidedBy[discipline] === 'tenant'
}

function overrides(queue: Queue): boolean {
  return [queue, ...Object.values(queue.levels)].some(
    (bounds) => bounds.allow_timeout_override === true,
  )
}

/** Checks that all classes of a tenant state the same weight. */
function checkWeights(draft: Draft): void {
  const weights = new Map<string, number>()
  for (const { path, name, tenant, weight } of draft.classes) {
    const key = tenant ?? name
    if (key === null || weight === null) continue
    const stated = weights.get(key)
    if (stated === undefined) weights.set(key, weight)
    else if (stated !== weight) {
      draft.refuse([...path, 'weight'], `${stated}, as for tenant ${key} before`, `${weight}`)
    }
  }
}

import type { ClassDraft, Draft } from './draft.ts'
import { checkLimits } from './ordered.ts'

/** Checks that the settings of clients have an effect and can be met. */
export function checkClients(draft: Draft): void {
  const delays = draft.pools.some(({ queue }) =>
    [queue, ...Object.values(queue?.levels ?? {})].some(
      (bounds) => bounds?.timeout_action === 'delay',
    ),
  )
  for (const traffic of draft.classes) {
    const { path, arrivals, timeout_ms } = traffic
    if (!draft.has([...path, 'timeout_ms'])) {
      draft.unused([...path, 'cancel'], 'without timeout_ms no client times out')
    } else if (delays) {
      draft.unused([...path, 'cancel'], 'a queue has timeout_action delay')
    }
    checkFanOut(traffic, draft)
    if (typeof timeout_ms === 'object' && timeout_ms !== null) {
      checkLimits(timeout_ms, [...path, 'timeout_ms'], draft)
    }
    if (arrivals !== null && 'think_time_s' in arrivals) {
      checkLimits(arrivals.think_time_s, [...path, 'arrivals', 'think_time_s'], draft)
    }
    checkSession(traffic, draft)
    checkInFlight(traffic, draft)
  }
}

/** A limit of requests in flight holds back what is scheduled, and nothing else. */
function checkInFlight(traffic: ClassDraft, draft: Draft): void {
  const { path, arrivals } = traffic
  const at = [...path, 'max_in_flight']
  if (!draft.has(at)) return
  if (arrivals !== null && 'users' in arrivals) {
    draft.unused(at, `with process ${arrivals.process} each user has one request in flight`)
    return
  }
  const sent = [
    ['session', 'each turn is scheduled by the answer to the one before'],
    ['retry', 'a client that waits for its backoff would be in flight or not'],
    ['hedge', 'a copy that is held back would be no hedge'],
  ] as const
  for (const [key, reason] of sent) {
    if (!draft.has([...path, key])) continue
    draft.unused(at, `the class has ${key}, and ${reason}`)
    return
  }
  const retrying = draft.poolsOf(traffic).find((pool) => draft.has([...pool.path, 'retry_policy']))
  if (retrying === undefined) return
  const { name } = retrying
  draft.unused(at, `pool ${name} has retry_policy, whose back-off would count as in flight or not`)
}

/** A router may choose any pool of the model, so each of them needs a replica for every part. */
function checkFanOut(traffic: ClassDraft, draft: Draft): void {
  const { path, fan_out } = traffic
  if (fan_out === null || fan_out === 1) return
  const at = [...path, 'fan_out']
  for (const { name, queue, replicas } of draft.poolsOf(traffic)) {
    if (queue?.mode === 'shared') {
      draft.refuse(at, `1, or queue.mode per-replica in pool ${name}, whose replicas share a queue`)
    } else if (replicas !== null && replicas < fan_out) {
      draft.refuse(at, `at most ${replicas}, the replicas of pool ${name}`)
    }
  }
}

/** Refuses requests of several parts, as a pool may not have a replica for each of them. */
export function refuseParts(why: string, draft: Draft): void {
  for (const { path, fan_out } of draft.classes) {
    if ((fan_out ?? 1) === 1) continue
    draft.unused([...path, 'fan_out'], `${why}, and each part needs a replica of its own`)
  }
}

function checkSession(traffic: ClassDraft, draft: Draft): void {
  const { path, arrivals, session, input_tokens, output_tokens } = traffic
  if (!session) return
  const at = [...path, 'session']
  if (arrivals !== null && 'users' in arrivals) {
    draft.unused(
      at,
      `with process ${arrivals.process} each user sends request after request already`,
    )
    return
  }
  checkLimits(session.think_time_s, [...at, 'think_time_s'], draft)
  if (session.carry_context && draft.lengthless) {
    draft.refuse([...at, 'carry_context'], 'false, as no model depends on the length of a request')
  }
  if (input_tokens?.distribution !== 'trace' && output_tokens?.distribution !== 'trace') return
  draft.unused(at, 'a trace has one length for each arrival, and not one for each turn')
}

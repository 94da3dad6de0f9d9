import type { TrafficClass } from '../schema/schema.ts'
import { checkLimits } from './check-limits.ts'
import { type ClassDraft, type Draft, isLengthless, type Report } from './draft.ts'

/** Checks that the settings of clients have an effect and can be met. */
export function checkClients(draft: Draft, report: Report): void {
  const waitsOn = draft.pools.some(({ queue }) =>
    [queue, ...Object.values(queue?.levels ?? {})].some(
      (bounds) => bounds?.timeout_action === 'delay',
    ),
  )
  for (const traffic of draft.classes) {
    checkCancel(traffic, waitsOn, draft, report)
    checkFanOut(traffic, draft, report)
    const { path, arrivals, session, timeout } = traffic
    if (typeof timeout === 'object' && timeout !== null) {
      checkLimits(timeout, [...path, 'timeout_ms'], report)
    }
    if (arrivals?.process === 'closed-loop') {
      checkLimits(arrivals.think_time_s, [...path, 'arrivals', 'think_time_s'], report)
      if (session) {
        const text = 'no session with process closed-loop, whose users go on in any case'
        report('key', [...path, 'session'], `${text}, got "session"`)
      }
    } else if (session) checkSession(traffic, session, draft, report)
  }
}

function checkCancel({ path }: ClassDraft, waitsOn: boolean, draft: Draft, report: Report): void {
  const at = [...path, 'cancel']
  if (!draft.has(at)) return
  if (!draft.has([...path, 'timeout_ms'])) {
    report('key', at, 'no cancel without timeout_ms, as no client ever leaves, got "cancel"')
  } else if (waitsOn) {
    report('key', at, 'no cancel with timeout_action delay in a queue, got "cancel"')
  }
}

/** A router may choose any pool of the model, so each of them needs a replica for every part. */
function checkFanOut({ path, fanOut, model }: ClassDraft, draft: Draft, report: Report): void {
  if (fanOut === null || fanOut === 1) return
  const at = [...path, 'fan_out']
  for (const { name, queue, replicas, model: served } of draft.pools) {
    if (model !== null && served !== model) continue
    if (queue?.mode === 'shared') {
      const text = `1, as replicas of pool ${name} share a queue (mode per-replica parts them)`
      report('value', at, `${text}, got ${fanOut}`)
    } else if (replicas !== null && replicas < fanOut) {
      report('value', at, `at most ${replicas}, the replicas of pool ${name}, got ${fanOut}`)
    }
  }
}

type Session = NonNullable<TrafficClass['session']>

function checkSession(
  { path, lengths, outputs }: ClassDraft,
  session: Session,
  draft: Draft,
  report: Report,
): void {
  checkLimits(session.think_time_s, [...path, 'session', 'think_time_s'], report)
  if (session.carry_context && isLengthless(draft)) {
    const text = 'false, as no pool goes by the length of a request, got true'
    report('value', [...path, 'session', 'carry_context'], text)
  }
  if (lengths?.distribution !== 'trace' && outputs?.distribution !== 'trace') return
  const text = 'no session with lengths of a trace, which has one for each arrival'
  report('key', [...path, 'session'], `${text}, got "session"`)
}

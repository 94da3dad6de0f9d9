import { type Random, stream } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import type { FailurePlan } from './failure-plan.ts'
import type { Condition, ReplicaFailure } from './failures/failure-kind.ts'
import { failureKindOf } from './failures/failure-kinds.ts'

/** One thing that happens to an executor at a time that is known beforehand. */
export type ExecutorEvent = {
  readonly at: Ms
  readonly executor: number
} /** it is lost, with its batch */ & (
  | { readonly kind: 'crash' }
  /** the control plane learns that it is down; `heat`: because it was too warm */
  | { readonly kind: 'detected'; readonly heat?: boolean }
  /** it serves again; `launched`: a scaler asked for it; `heat`: it was too warm */
  | { readonly kind: 'up'; readonly launched?: boolean; readonly heat?: boolean }
  /**
   * how many times as long its batches take from now on, and the share of them that fails:
   * `afterMs` after they began, where that is stated
   */
  | ({ readonly kind: 'condition' } & Condition)
)

interface Spell {
  readonly from: Ms
  readonly to: Ms
}

/**
 * The failures of one replication, in order of time. They depend on seed and replication only, not
 * on what the executors do, so every variant of a scenario, and a live replay, meets the same.
 */
export function failureSchedule(
  { failures, durationMs }: FailurePlan,
  seed: number,
  replication: number,
): ExecutorEvent[] {
  const events = failures.flatMap((executorFailures, executor) =>
    executorEvents(executorFailures, executor, durationMs, (name) =>
      stream(seed, replication, name),
    ),
  )
  // stable, so events of one executor at one instant keep their order
  return events.sort((a, b) => a.at - b.at)
}

function executorEvents(
  failures: FailurePlan['failures'][number],
  executor: number,
  durationMs: Ms,
  streamOf: (name: string) => Random,
): ExecutorEvent[] {
  const down: (Spell & { readonly detectionMs: Ms })[] = []
  const impaired: (Spell & Condition)[] = []
  for (const { failure, stream: name } of failures) {
    const random = streamOf(name)
    const kind = failureKindOf(failure)
    const effect = kind.effect(failure)
    const lasts = () => kind.lastsMs(failure, random)
    for (const span of spans(failure, durationMs, random, lasts)) {
      if ('detectionMs' in effect) down.push({ ...span, ...effect })
      else impaired.push({ ...span, ...effect })
    }
  }
  const events: ExecutorEvent[] = []
  for (const { from, to, detectedAt } of withoutOverlaps(down)) {
    events.push({ at: from, executor, kind: 'crash' })
    if (detectedAt < to) events.push({ at: detectedAt, executor, kind: 'detected' })
    events.push({ at: to, executor, kind: 'up' })
  }
  const edges = new Set(impaired.flatMap(({ from, to }) => [from, to]))
  for (const at of [...edges].sort((a, b) => a - b)) {
    const now = impaired.filter(({ from, to }) => from <= at && at < to)
    const factor = now.reduce((product, condition) => product * condition.factor, 1)
    const share = 1 - now.reduce((good, condition) => good * (1 - condition.share), 1)
    const fast = now.flatMap(({ afterMs }) => afterMs ?? [])
    const after = fast.length > 0 ? { afterMs: Math.min(...fast) } : {}
    events.push({ at, executor, kind: 'condition', factor, share, ...after })
  }
  return events
}

/** The times of a failure that begin before the end of the traffic. */
function spans(
  { every_s, at_s = [] }: ReplicaFailure,
  durationMs: Ms,
  random: Random,
  lasts: () => Ms,
): Spell[] {
  const times: Spell[] = at_s
    .map((at) => 1000 * at)
    .filter((at) => at < durationMs)
    .map((from) => ({ from, to: from + lasts() }))
  if (every_s === undefined) return times
  const everyMs = 1000 * every_s
  for (let at = everyMs * random.exponential(); at < durationMs; ) {
    const to = at + lasts()
    times.push({ from: at, to })
    at = to + everyMs * random.exponential()
  }
  return times
}

/** Joins overlapping times; the first detection of any of them counts. */
function withoutOverlaps(down: readonly (Spell & { readonly detectionMs: Ms })[]) {
  const joined: { from: Ms; to: Ms; detectedAt: Ms }[] = []
  for (const { from, to, detectionMs } of down.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1)
    const detectedAt = from + detectionMs
    if (last === undefined || from > last.to) joined.push({ from, to, detectedAt })
    else {
      last.to = Math.max(last.to, to)
      last.detectedAt = Math.min(last.detectedAt, detectedAt)
    }
  }
  return joined
}

import type { EnvoyOutlierPlan, LinkerdAccrualPlan, ServingPlan } from '../../serving/index.ts'
import { draw } from '../rules/requests/routing-hash.ts'
import type { ExecutorChange } from './absences.ts'
import type { AuditRows } from './raw-rows.ts'
import { type QueueEnds, type ReplicaEvent, replicaEvents } from './replica-events.ts'

/** A time in which nothing may be routed to a queue, as its replica has failed requests. */
export interface EjectedSpan {
  readonly from: number
  readonly to: number
}

/** By queue: the ejections that follow from the ends of requests, apart from panics. */
export function ejectedSpans(
  { pools }: Pick<ServingPlan, 'pools'>,
  seen: { readonly queues: readonly QueueEnds[]; readonly rows: AuditRows },
  changes: readonly ExecutorChange[],
): readonly (readonly EjectedSpan[])[] {
  const spans: EjectedSpan[][] = seen.queues.map(() => [])
  for (const [index, pool] of pools.entries()) {
    if (pool.ejection === undefined) continue
    const queues = seen.queues.filter(({ poolIndex }) => poolIndex === index)
    const events = replicaEvents(pool, queues, seen.rows, changes)
    const marks = new Marks(queues.length)
    if (pool.ejection.policy === 'envoy-outlier') walkOutliers(pool.ejection, events, marks)
    else walkAccrual(pool.ejection, events, marks)
    for (const [replica, { number }] of queues.entries()) {
      spans[number] = marks.spansOf(replica)
    }
  }
  return spans
}

/** Writes down from when to when replicas are shut. */
class Marks {
  readonly replicas: number
  readonly #since: number[]
  readonly #spans: EjectedSpan[][]

  constructor(replicas: number) {
    this.replicas = replicas
    this.#since = Array.from({ length: replicas }, () => Number.NaN)
    this.#spans = Array.from({ length: replicas }, () => [])
  }

  set(at: number, replica: number, isShut: boolean): void {
    const since = this.#since[replica]!
    if (isShut === !Number.isNaN(since)) return
    if (!isShut) this.#spans[replica]!.push({ from: since, to: at })
    this.#since[replica] = isShut ? at : Number.NaN
  }

  spansOf(replica: number): EjectedSpan[] {
    const since = this.#since[replica]!
    const open = { from: since, to: Number.POSITIVE_INFINITY }
    return Number.isNaN(since) ? this.#spans[replica]! : [...this.#spans[replica]!, open]
  }
}

const fresh = () => ({
  isUp: true,
  isOut: false,
  /** in whole nanoseconds */
  outSince: 0,
  /** number of the analysis */
  backIn: Number.POSITIVE_INFINITY,
  /** ejections that a healthy interval has not made up for */
  strikes: 0,
  bad: 0,
  ended: 0,
  good: 0,
})

/** Times are compared in whole nanoseconds, as sums of milliseconds are rounded. */
const inNs = (ms: number) => Math.round(1e6 * ms)

/** Envoy: failures in a row, success rates and failure percentages, with a limit and a panic. */
function walkOutliers(rule: EnvoyOutlierPlan, events: readonly ReplicaEvent[], marks: Marks): void {
  const all = Array.from({ length: marks.replicas }, fresh)
  let analysis = 1
  let failing: { readonly at: number; readonly own: (typeof all)[number] }[] = []
  const up = () => all.filter(({ isUp }) => isUp).length
  const out = () => all.filter(({ isOut }) => isOut).length
  const [base, longest] = [inNs(rule.baseEjectionMs), inNs(rule.maxEjectionMs)]
  const interval = Math.max(1, inNs(rule.intervalMs))
  const analysedAt = (number: number) => (number * interval) / 1e6
  const mark = (at: number) => {
    const inService = (100 * (up() - out())) / up()
    const panic = inService < rule.panicThresholdPercent && 1.4 * inService < 100
    for (const [replica, { isOut }] of all.entries()) marks.set(at, replica, isOut && !panic)
  }
  const eject = (at: number, own: (typeof all)[number]) => {
    const within = (100 * (out() + 1)) / up() <= rule.maxEjectionPercent
    if (own.isOut || !(within || (rule.alwaysEjectOne && out() === 0))) return
    own.isOut = true
    own.outSince = inNs(at)
    if (own.strikes * base < longest + base) own.strikes++
    mark(at)
  }
  const analyse = (number: number) => {
    const at = analysedAt(number)
    for (const own of all) {
      const until = own.outSince + Math.min(own.strikes * base, longest)
      if (!own.isOut || number * interval < until) continue
      Object.assign(own, { isOut: false, bad: 0, backIn: number })
      mark(at)
    }
    const enough = (volume: number) =>
      all.filter(({ isUp, isOut, ended }) => isUp && !isOut && ended > 0 && ended >= volume)
    const rateOf = ({ good, ended }: (typeof all)[number]) => (100 * good) / ended
    const compared = enough(rule.successRate.requestVolume)
    const judged = enough(rule.failurePercentage.requestVolume)
    if (rule.successRate.enforced && compared.length >= rule.successRate.minimumHosts) {
      const rates = compared.map(rateOf)
      const mean = rates.reduce((a, b) => a + b, 0) / rates.length
      const spread = rates.reduce((a, b) => a + (b - mean) ** 2, 0) / rates.length
      const least = mean - rule.successRate.stdevFactor * Math.sqrt(spread)
      for (const own of compared) if (rateOf(own) < least) eject(at, own)
    }
    if (rule.failurePercentage.enforced && judged.length >= rule.failurePercentage.minimumHosts) {
      for (const own of judged) {
        if (100 - rateOf(own) >= rule.failurePercentage.threshold) eject(at, own)
      }
    }
    for (const own of all) {
      own.ended = own.good = 0
      if (!own.isOut && number > own.backIn && own.strikes > 0) own.strikes--
    }
  }
  for (const event of events) {
    const { at, replica } = event
    // of those that fail at one instant the first is ejected first
    if (event.kind === 'arrival' || (failing[0]?.at ?? at) < at) {
      failing.sort((a, b) => all.indexOf(a.own) - all.indexOf(b.own))
      for (const { at: then, own } of failing) if (own.isUp) eject(then, own)
      failing = []
    }
    const due = (time: number) => (event.kind === 'arrival' ? time <= at : time < at)
    for (; due(analysedAt(analysis)); analysis++) analyse(analysis)
    const own = all[replica]!
    if (event.kind === 'up' || event.kind === 'away') {
      if (own.isUp !== (event.kind === 'up')) Object.assign(own, fresh())
      own.isUp = event.kind === 'up'
      mark(at)
    } else if (event.kind === 'end' && own.isUp && event.good !== null) {
      own.ended++
      if (event.good) {
        own.good++
        own.bad = 0
      } else if (++own.bad === rule.consecutive5xx && !own.isOut) {
        if (rule.enforcesConsecutive5xx) failing.push({ at, own })
        own.bad = 0
      }
    }
  }
}

/** Linkerd: failures in a row, penalties that double, and one probe after each. */
function walkAccrual(
  rule: LinkerdAccrualPlan,
  events: readonly ReplicaEvent[],
  marks: Marks,
): void {
  const states = new Map<number, Counted>()
  const unspoilt = () => ({ state: 'open', bad: 0, probes: 0, until: Number.NaN })
  for (const event of events) {
    const { at, replica } = event
    const own = states.get(replica) ?? { ...unspoilt(), count: 0 }
    states.set(replica, own)
    if (own.state === 'shut' && (event.kind === 'arrival' ? own.until <= at : own.until < at)) {
      own.state = 'probation'
      marks.set(own.until, replica, false)
    }
    const shut = () => {
      const base = Math.min(rule.minPenaltyMs * 2 ** own.probes, rule.maxPenaltyMs)
      const extra = base * rule.jitterRatio * draw(own.count++, PENALTIES + replica)
      own.state = 'shut'
      own.bad = 0
      own.until = at + Math.min(base + extra, rule.maxPenaltyMs)
      marks.set(at, replica, true)
    }
    if (event.kind !== 'end') {
      if (event.kind === 'away') {
        Object.assign(own, unspoilt(), { state: 'away' })
        marks.set(at, replica, false)
      } else if (event.kind === 'up') {
        if (own.state === 'away') own.state = 'open'
      } else if (event.kind === 'arrival' && event.isTaken && own.state === 'probation') {
        marks.set(at, replica, true)
      }
    } else if (own.state === 'probation') {
      if (event.good === false) {
        own.probes++
        shut()
      } else {
        if (event.good === true) Object.assign(own, unspoilt())
        marks.set(at, replica, false)
      }
    } else if (own.state === 'open' && event.good !== null) {
      own.bad = event.good ? 0 : own.bad + 1
      if (own.bad === rule.maxFailures) {
        own.probes = 0
        shut()
      }
    }
  }
  // a penalty ends in time, be there a further event at the replica or not
  for (const [replica, { state, until }] of states) {
    if (state === 'shut') marks.set(until, replica, false)
  }
}

interface Counted {
  state: string
  bad: number
  probes: number
  until: number
  /** all penalties so far */
  count: number
}

const PENALTIES = 2_146_121_005

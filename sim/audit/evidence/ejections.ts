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
  run: { readonly queues: readonly QueueEnds[]; readonly rows: AuditRows },
  changes: readonly ExecutorChange[],
): readonly (readonly EjectedSpan[])[] {
  const spans: EjectedSpan[][] = run.queues.map(() => [])
  for (const [index, pool] of pools.entries()) {
    if (pool.ejection === undefined) continue
    const queues = run.queues.filter(({ poolIndex }) => poolIndex === index)
    const events = replicaEvents(pool, queues, run.rows, changes)
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
  let failing: { readonly at: number; readonly host: (typeof all)[number] }[] = []
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
  const eject = (at: number, host: (typeof all)[number]) => {
    const within = (100 * (out() + 1)) / up() <= rule.maxEjectionPercent
    if (host.isOut || !(within || (rule.alwaysEjectOne && out() === 0))) return
    host.isOut = true
    host.outSince = inNs(at)
    if (host.strikes * base < longest + base) host.strikes++
    mark(at)
  }
  const analyse = (number: number) => {
    const at = analysedAt(number)
    for (const host of all) {
      const until = host.outSince + Math.min(host.strikes * base, longest)
      if (!host.isOut || number * interval < until) continue
      Object.assign(host, { isOut: false, bad: 0, backIn: number })
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
      for (const host of compared) if (rateOf(host) < least) eject(at, host)
    }
    if (rule.failurePercentage.enforced && judged.length >= rule.failurePercentage.minimumHosts) {
      for (const host of judged) {
        if (100 - rateOf(host) >= rule.failurePercentage.threshold) eject(at, host)
      }
    }
    for (const host of all) {
      host.ended = host.good = 0
      if (!host.isOut && number > host.backIn && host.strikes > 0) host.strikes--
    }
  }
  for (const event of events) {
    const { at, replica } = event
    // of those that fail at one instant the first is ejected first
    if (event.kind === 'arrival' || (failing[0]?.at ?? at) < at) {
      failing.sort((a, b) => all.indexOf(a.host) - all.indexOf(b.host))
      for (const { at: then, host } of failing) if (host.isUp) eject(then, host)
      failing = []
    }
    const due = (time: number) => (event.kind === 'arrival' ? time <= at : time < at)
    for (; due(analysedAt(analysis)); analysis++) analyse(analysis)
    const host = all[replica]!
    if (event.kind === 'up' || event.kind === 'away') {
      if (host.isUp !== (event.kind === 'up')) Object.assign(host, fresh())
      host.isUp = event.kind === 'up'
      mark(at)
    } else if (event.kind === 'end' && host.isUp && event.good !== null) {
      host.ended++
      if (event.good) {
        host.good++
        host.bad = 0
      } else if (++host.bad === rule.consecutive5xx && !host.isOut) {
        if (rule.enforcesConsecutive5xx) failing.push({ at, host })
        host.bad = 0
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
    const breaker = states.get(replica) ?? { ...unspoilt(), count: 0 }
    states.set(replica, breaker)
    if (
      breaker.state === 'shut' &&
      (event.kind === 'arrival' ? breaker.until <= at : breaker.until < at)
    ) {
      breaker.state = 'probation'
      marks.set(breaker.until, replica, false)
    }
    const shut = () => {
      const base = Math.min(rule.minPenaltyMs * 2 ** breaker.probes, rule.maxPenaltyMs)
      const extra = base * rule.jitterRatio * draw(breaker.count++, PENALTIES + replica)
      breaker.state = 'shut'
      breaker.bad = 0
      breaker.until = at + Math.min(base + extra, rule.maxPenaltyMs)
      marks.set(at, replica, true)
    }
    if (event.kind !== 'end') {
      if (event.kind === 'away') {
        Object.assign(breaker, unspoilt(), { state: 'away' })
        marks.set(at, replica, false)
      } else if (event.kind === 'up') {
        if (breaker.state === 'away') breaker.state = 'open'
      } else if (event.kind === 'arrival' && event.isTaken && breaker.state === 'probation') {
        marks.set(at, replica, true)
      }
    } else if (breaker.state === 'probation') {
      if (event.good === false) {
        breaker.probes++
        shut()
      } else {
        if (event.good === true) Object.assign(breaker, unspoilt())
        marks.set(at, replica, false)
      }
    } else if (breaker.state === 'open' && event.good !== null) {
      breaker.bad = event.good ? 0 : breaker.bad + 1
      if (breaker.bad === rule.maxFailures) {
        breaker.probes = 0
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

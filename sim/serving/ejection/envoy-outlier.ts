import type { Ms } from '../ports.ts'
import type { Detector, EjectionReason, ReportEjection, RequestResult } from './detector.ts'
import type { EnvoyOutlierPlan } from './ejection-plan.ts'

/** Traffic counts as served by all if so many per cent more would find room (Envoy's default). */
const OVERPROVISIONING_PERCENT = 140

/** Whole nanoseconds: sums and differences of them are exact, those of milliseconds are not. */
const nanoseconds = (ms: Ms) => Math.round(ms * 1e6)

interface Host {
  isMember: boolean
  /** ns */
  ejectedAt: number
  /** number of the analysis in which it last came back; NaN where it never did */
  readmittedIn: number
  failuresInARow: number
  /** ended in this interval */
  requests: number
  successes: number
  /** its last ejection takes so many times the base time; lower again after healthy intervals */
  multiplier: number
}

/**
 * Outlier detection as in Envoy (source/common/upstream/outlier_detection_impl.cc). Errors of all
 * kinds are in one count, as they are there without `split_external_local_origin_errors`.
 */
export class EnvoyOutlier implements Detector {
  readonly closed: Uint8Array
  readonly #plan: EnvoyOutlierPlan
  /** ns */
  readonly #interval: number
  readonly #base: number
  readonly #longest: number
  readonly #hosts: readonly Host[]
  readonly #report: ReportEjection
  #members: number
  #ejected = 0
  /** failed so many requests in a row at an instant, and are not ejected yet */
  readonly #failing = new Set<number>()
  #failingAt: Ms = 0
  /** analyses so far */
  #analyses = 0

  constructor(plan: EnvoyOutlierPlan, hosts: number, report: ReportEjection) {
    this.#plan = plan
    this.#interval = Math.max(1, nanoseconds(plan.intervalMs))
    this.#base = nanoseconds(plan.baseEjectionMs)
    this.#longest = nanoseconds(plan.maxEjectionMs)
    this.closed = new Uint8Array(hosts)
    this.#hosts = Array.from({ length: hosts }, newHost)
    this.#members = hosts
    this.#report = report
  }

  get panics(): boolean {
    const { panicThresholdPercent: threshold } = this.#plan
    const healthy = (100 * (this.#members - this.#ejected)) / this.#members
    // a threshold above this share is disregarded: the others could serve all
    return healthy < threshold && (healthy * OVERPROVISIONING_PERCENT) / 100 < 100
  }

  advance(now: Ms): void {
    this.#decide()
    while (this.#nextAnalysis <= now) this.#analyse()
  }

  ended(now: Ms, number: number, result: RequestResult): void {
    this.#advanceBefore(now)
    const host = this.#hosts[number]!
    if (!host.isMember || result === 'none') return
    host.requests++
    if (result === 'success') {
      host.successes++
      host.failuresInARow = 0
      return
    }
    if (++host.failuresInARow !== this.#plan.consecutive5xx || this.closed[number] === 1) return
    host.failuresInARow = 0
    if (!this.#plan.enforcesConsecutive5xx) return
    this.#failing.add(number)
    this.#failingAt = now
  }

  sent(): void {}

  joined(now: Ms, number: number): void {
    this.#advanceBefore(now)
    const host = this.#hosts[number]!
    if (host.isMember) return
    Object.assign(host, newHost())
    this.#members++
  }

  left(now: Ms, number: number): void {
    this.#advanceBefore(now)
    const host = this.#hosts[number]!
    if (!host.isMember) return
    host.isMember = false
    this.#members--
    if (this.closed[number] === 1) this.#readmit(now, number)
  }

  get #nextAnalysis(): Ms {
    return ((this.#analyses + 1) * this.#interval) / 1e6
  }

  /**
   * Ejects those that failed in a row, by number. Replicas may do so at one instant, in an order of
   * no meaning, and the limit may allow only some of them.
   */
  #decide(): void {
    if (this.#failing.size === 0) return
    for (const number of [...this.#failing].sort((a, b) => a - b)) {
      this.#eject(this.#failingAt, number, 'consecutive')
    }
    this.#failing.clear()
  }

  #advanceBefore(now: Ms): void {
    if (now > this.#failingAt) this.#decide()
    while (this.#nextAnalysis < now) this.#analyse()
  }

  #analyse(): void {
    const now = this.#nextAnalysis
    this.#analyses++
    for (const [number, host] of this.#hosts.entries()) {
      if (this.closed[number] === 0) continue
      if (this.#analyses * this.#interval < this.#endOf(host)) continue
      this.#readmit(now, number)
      host.failuresInARow = 0
      host.readmittedIn = this.#analyses
    }
    this.#compare(now)
    for (const [number, host] of this.#hosts.entries()) {
      host.requests = 0
      host.successes = 0
      if (this.closed[number] === 1 || host.multiplier === 0) continue
      // after the ejections of this analysis, as in Envoy since its issue 26758
      if (this.#analyses > host.readmittedIn) host.multiplier--
    }
  }

  /** Ejects replicas by their success rates in the interval that ends. */
  #compare(now: Ms): void {
    const { successRate, failurePercentage } = this.#plan
    const rates = (volume: number) =>
      [...this.#hosts.keys()].flatMap((number) => {
        const { isMember, requests, successes } = this.#hosts[number]!
        const counts = isMember && this.closed[number] === 0 && requests >= Math.max(1, volume)
        return counts ? [{ number, rate: (100 * successes) / requests }] : []
      })
    const compared = rates(successRate.requestVolume)
    const percentages = rates(failurePercentage.requestVolume)
    if (successRate.enforced && compared.length >= successRate.minimumHosts) {
      const threshold = successRateThreshold(
        compared.map(({ rate }) => rate),
        successRate.stdevFactor,
      )
      for (const { number, rate } of compared) {
        if (rate < threshold) this.#eject(now, number, 'success-rate')
      }
    }
    if (!failurePercentage.enforced || percentages.length < failurePercentage.minimumHosts) return
    for (const { number, rate } of percentages) {
      if (100 - rate < failurePercentage.threshold || this.closed[number] === 1) continue
      this.#eject(now, number, 'failure-percentage')
    }
  }

  #eject(now: Ms, number: number, reason: EjectionReason): void {
    const { maxEjectionPercent, alwaysEjectOne } = this.#plan
    if (!this.#hosts[number]!.isMember) return
    const percent = (100 * (this.#ejected + 1)) / this.#members
    if (percent > maxEjectionPercent && !(alwaysEjectOne && this.#ejected === 0)) return
    const host = this.#hosts[number]!
    this.#ejected++
    this.closed[number] = 1
    host.ejectedAt = nanoseconds(now)
    if (host.multiplier * this.#base < this.#longest + this.#base) host.multiplier++
    this.#report(now, number, this.#readmission(host), reason)
  }

  #readmit(now: Ms, number: number): void {
    this.#ejected--
    this.closed[number] = 0
    this.#report(now, number, now, null)
  }

  /** When its ejection is over, ns. */
  #endOf({ ejectedAt, multiplier }: Host): number {
    return ejectedAt + Math.min(multiplier * this.#base, this.#longest)
  }

  /** The first analysis that brings a replica back. */
  #readmission(host: Host): Ms {
    const end = this.#endOf(host)
    let analysis = Math.max(this.#analyses + 1, Math.floor(end / this.#interval))
    while (analysis * this.#interval < end) analysis++
    return (analysis * this.#interval) / 1e6
  }
}

/** Below this success rate a replica is an outlier, of rates in per cent. */
export function successRateThreshold(rates: readonly number[], stdevFactor: number): number {
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length
  const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length
  return mean - stdevFactor * Math.sqrt(variance)
}

function newHost(): Host {
  return {
    isMember: true,
    ejectedAt: Number.NaN,
    readmittedIn: Number.NaN,
    failuresInARow: 0,
    requests: 0,
    successes: 0,
    multiplier: 0,
  }
}

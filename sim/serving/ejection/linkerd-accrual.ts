import type { Ms } from '../ports.ts'
import type { Detector, DrawPenalty, ReportEjection, RequestResult } from './detector.ts'
import type { LinkerdAccrualPlan } from './ejection-plan.ts'

type Phase = 'open' | 'shut' | 'probing' | 'away'

interface Host {
  phase: Phase
  failuresInARow: number
  /** penalties in a row, before this one */
  penalties: number
  /** when its penalty ends */
  probesAt: Ms
}

/**
 * Failure accrual as in Linkerd (linkerd2-proxy, breaker/consecutive_failures.rs), with the
 * penalties of linkerd/exp-backoff. In probation the first request that ends decides, be it the
 * probe or not.
 */
export class LinkerdAccrual implements Detector {
  readonly closed: Uint8Array
  readonly panics = false
  readonly #plan: LinkerdAccrualPlan
  readonly #hosts: readonly Host[]
  readonly #report: ReportEjection
  readonly #draw: DrawPenalty
  /** by replica: all its penalties */
  readonly #penalties: Uint32Array

  constructor(plan: LinkerdAccrualPlan, hosts: number, report: ReportEjection, draw: DrawPenalty) {
    this.#plan = plan
    this.closed = new Uint8Array(hosts)
    this.#hosts = Array.from({ length: hosts }, newHost)
    this.#report = report
    this.#draw = draw
    this.#penalties = new Uint32Array(hosts)
  }

  advance(now: Ms): void {
    for (let number = 0; number < this.#hosts.length; number++) {
      if (this.#hosts[number]!.probesAt <= now) this.#probe(number)
    }
  }

  ended(now: Ms, number: number, result: RequestResult): void {
    const host = this.#hosts[number]!
    if (host.probesAt < now) this.#probe(number)
    if (host.phase === 'away' || host.phase === 'shut') return
    if (result === 'none') {
      // a probe that tells nothing makes way for another one
      if (host.phase === 'probing' && this.closed[number] === 1) this.#admit(now, number)
    } else if (result === 'success') {
      host.failuresInARow = 0
      if (host.phase === 'open') return
      host.phase = 'open'
      if (this.closed[number] === 1) this.#admit(now, number)
    } else if (host.phase === 'probing') {
      host.penalties++
      this.#shut(now, number)
    } else if (++host.failuresInARow === this.#plan.maxFailures) {
      host.penalties = 0
      this.#shut(now, number)
    }
  }

  /** The probe is the only request until it ends. */
  sent(now: Ms, number: number): void {
    if (this.#hosts[number]!.phase !== 'probing') return
    this.closed[number] = 1
    this.#report(now, number, Number.POSITIVE_INFINITY, 'probe')
  }

  joined(_now: Ms, number: number): void {
    const host = this.#hosts[number]!
    if (host.phase === 'away') Object.assign(host, newHost())
  }

  left(now: Ms, number: number): void {
    Object.assign(this.#hosts[number]!, newHost(), { phase: 'away' })
    if (this.closed[number] === 1) this.#admit(now, number)
  }

  #probe(number: number): void {
    const host = this.#hosts[number]!
    const at = host.probesAt
    host.phase = 'probing'
    host.probesAt = Number.POSITIVE_INFINITY
    this.#admit(at, number)
  }

  #shut(now: Ms, number: number): void {
    const host = this.#hosts[number]!
    const draw = this.#draw(number, this.#penalties[number]!++)
    host.phase = 'shut'
    host.failuresInARow = 0
    host.probesAt = now + penaltyMs(this.#plan, host.penalties, draw)
    this.closed[number] = 1
    this.#report(now, number, host.probesAt, 'consecutive')
  }

  #admit(now: Ms, number: number): void {
    this.closed[number] = 0
    this.#report(now, number, now, null)
  }
}

/** The penalty after so many others in a row; `draw` in (0, 1). */
export function penaltyMs(
  { minPenaltyMs, maxPenaltyMs, jitterRatio }: LinkerdAccrualPlan,
  before: number,
  draw: number,
): Ms {
  const base = Math.min(minPenaltyMs * 2 ** before, maxPenaltyMs)
  return Math.min(base + base * jitterRatio * draw, maxPenaltyMs)
}

function newHost(): Host {
  return { phase: 'open', failuresInARow: 0, penalties: 0, probesAt: Number.POSITIVE_INFINITY }
}

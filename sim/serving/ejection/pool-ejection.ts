import { hashedUniform } from '../../kernel/index.ts'
import type { EjectionChange, Ms, Observer } from '../ports.ts'
import type { Detector, DrawPenalty, ReportEjection, RequestResult } from './detector.ts'
import type { EjectionPlan } from './ejection-plan.ts'
import { EnvoyOutlier } from './envoy-outlier.ts'
import { LinkerdAccrual } from './linkerd-accrual.ts'

/** Apart from the draws of routers. */
const PURPOSE = 0x7feb352d
const drawPenalty: DrawPenalty = (host, before) => hashedUniform(before, PURPOSE + host)

/** A new policy is a new case here, and its configuration in the schema. */
function detectorOf(plan: EjectionPlan, hosts: number, report: ReportEjection): Detector {
  switch (plan.policy) {
    case 'envoy-outlier':
      return new EnvoyOutlier(plan, hosts, report)
    case 'linkerd-accrual':
      return new LinkerdAccrual(plan, hosts, report, drawPenalty)
  }
}

/** The replicas of a pool that its router passes over, as they failed requests. */
export class PoolEjection {
  readonly plan: EjectionPlan
  readonly #detector: Detector
  readonly #firstExecutor: number
  readonly #observer: Pick<Observer, 'ejected'>
  #panics = false

  constructor(
    plan: EjectionPlan,
    replicas: { readonly first: number; readonly count: number },
    observer: Pick<Observer, 'ejected'>,
  ) {
    this.plan = plan
    this.#observer = observer
    this.#firstExecutor = replicas.first
    this.#detector = detectorOf(plan, replicas.count, (at, host, until, reason) => {
      this.#panics = this.#detector.panics
      this.#tell(at, host, { until, reason })
    })
  }

  /** A request is about to be routed. */
  advance(now: Ms): void {
    this.#detector.advance(now)
  }

  isEjected(replica: number): boolean {
    return this.#detector.closed[replica] === 1 && !this.#panics
  }

  sent(now: Ms, replica: number): void {
    this.#detector.sent(now, replica)
  }

  ended(now: Ms, replica: number, result: RequestResult): void {
    this.#detector.ended(now, replica, result)
  }

  /** A replica takes requests from now on, or does not any more. */
  changed(now: Ms, replica: number, takesRequests: boolean): void {
    if (takesRequests) this.#detector.joined(now, replica)
    else this.#detector.left(now, replica)
    if (this.#panics === this.#detector.panics) return
    this.#panics = this.#detector.panics
    const isClosed = this.#detector.closed[replica] === 1
    if (!isClosed) this.#tell(now, replica, { until: now, reason: null })
  }

  #tell(at: Ms, replica: number, change: Pick<EjectionChange, 'until' | 'reason'>): void {
    const executor = this.#firstExecutor + replica
    this.#observer.ejected?.(at, { executor, ...change, panics: this.#panics })
  }
}

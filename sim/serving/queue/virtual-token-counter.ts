import type { ClassPlan } from '../plan.ts'
import type { Requests } from '../requests.ts'
import type { QueueOrder } from './queue-order.ts'
import { type Tenant, Tenants } from './tenants.ts'

/**
 * Fair queueing by counting (Sheng et al. 2024, algorithm 2): the tenant served least, by weight,
 * goes next. A tenant that returns is lifted to the least of the waiting ones, so it saves nothing
 * up while it is away. Costs are lengths.
 */
export class VirtualTokenCounter implements QueueOrder {
  readonly #tenants: Tenants
  readonly #counters = new Map<Tenant, number>()
  /** counter of the tenant that was the last to wait */
  #last = 0

  constructor(classes: readonly ClassPlan[], requests: Requests) {
    this.#tenants = new Tenants(classes, requests)
    for (const tenant of this.#tenants.all) this.#counters.set(tenant, 0)
  }

  push(request: number): void {
    const tenant = this.#tenants.of(request)
    if (tenant.waiting.length === 0) {
      const least = this.#least()
      const floor = least === null ? this.#last : this.#counters.get(least)!
      this.#counters.set(tenant, Math.max(floor, this.#counters.get(tenant)!))
    }
    tenant.waiting.push(request)
  }

  next(): number {
    return this.#least()?.waiting.oldest ?? -1
  }

  take(): number {
    const tenant = this.#least()!
    const request = tenant.waiting.oldest
    const cost = this.#tenants.cost(request) / tenant.weight
    this.#counters.set(tenant, this.#counters.get(tenant)! + cost)
    this.remove(request)
    return request
  }

  remove(request: number): void {
    const tenant = this.#tenants.of(request)
    tenant.waiting.remove(request)
    if (tenant.waiting.length === 0) this.#last = this.#counters.get(tenant)!
  }

  /** The tenant with waiting requests and the least counter; of equals the first. */
  #least(): Tenant | null {
    let least: Tenant | null = null
    for (const tenant of this.#tenants.all) {
      if (tenant.waiting.length === 0) continue
      if (least === null || this.#counters.get(tenant)! < this.#counters.get(least)!) least = tenant
    }
    return least
  }
}

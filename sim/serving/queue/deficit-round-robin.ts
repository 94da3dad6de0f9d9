import type { ClassPlan } from '../plan.ts'
import type { Requests } from '../requests.ts'
import type { QueueOrder } from './queue-order.ts'
import { type Tenant, Tenants } from './tenants.ts'

/**
 * Fair queueing by turns (Shreedhar and Varghese 1996): each turn adds `quantum` times the weight
 * to what a tenant may be served. The unused part is kept while its requests wait. Costs are
 * lengths.
 */
export class DeficitRoundRobin implements QueueOrder {
  readonly #quantum: number
  readonly #tenants: Tenants
  /** tenants with waiting requests, in the order of their turns */
  readonly #active: Tenant[] = []
  readonly #deficits = new Map<Tenant, number>()
  /** whether the first active tenant has had its quantum on this visit */
  #visited = false

  constructor(quantum: number, classes: readonly ClassPlan[], requests: Requests) {
    this.#quantum = quantum
    this.#tenants = new Tenants(classes, requests)
  }

  push(request: number): void {
    const tenant = this.#tenants.of(request)
    if (tenant.waiting.length === 0) {
      this.#active.push(tenant)
      this.#deficits.set(tenant, 0)
    }
    tenant.waiting.push(request)
  }

  next(): number {
    const active = this.#active
    if (active.length === 0) return -1
    for (;;) {
      const tenant = active[0]!
      const request = tenant.waiting.oldest
      const carried = this.#deficits.get(tenant)!
      const deficit = this.#visited ? carried : carried + this.#quantum * tenant.weight
      this.#deficits.set(tenant, deficit)
      this.#visited = this.#tenants.cost(request) <= deficit
      if (this.#visited) return request
      active.push(active.shift()!)
    }
  }

  take(): number {
    const request = this.next()
    const tenant = this.#active[0]!
    this.#deficits.set(tenant, this.#deficits.get(tenant)! - this.#tenants.cost(request))
    this.remove(request)
    return request
  }

  remove(request: number): void {
    const tenant = this.#tenants.of(request)
    tenant.waiting.remove(request)
    if (tenant.waiting.length > 0) return
    const turn = this.#active.indexOf(tenant)
    if (turn === 0) this.#visited = false
    this.#active.splice(turn, 1)
  }
}

import type { ClassPlan } from '../plan.ts'
import type { Requests } from '../requests.ts'
import { WaitingList } from './waiting-list.ts'

/** The waiting requests of one tenant, and its share. */
export interface Tenant {
  readonly waiting: WaitingList
  /** service is shared out in proportion to it */
  readonly weight: number
}

/** The requests of all tenants, each tenant's in the order in which they came. */
export class Tenants {
  readonly all: readonly Tenant[]
  readonly #ofClass: readonly Tenant[]
  readonly #requests: Requests

  constructor(classes: readonly ClassPlan[], requests: Requests) {
    const byName = new Map<string, Tenant>()
    this.#ofClass = classes.map(({ tenant, weight }) => {
      const entry = byName.get(tenant) ?? { waiting: new WaitingList(), weight }
      byName.set(tenant, entry)
      return entry
    })
    this.all = [...byName.values()]
    this.#requests = requests
  }

  of(request: number): Tenant {
    return this.#ofClass[this.#requests.class[request]!]!
  }

  /** What it costs to serve a request: its length. */
  cost(request: number): number {
    return this.#requests.inputTokens[request]!
  }
}

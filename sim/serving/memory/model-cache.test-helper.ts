import { planOf } from '../../../test/small-system.ts'
import type { Backend, Observer } from '../ports.ts'
import { Requests } from '../requests.ts'
import { poolStates } from '../routing/stations.ts'
import { Ledger } from './ledger.ts'
import type { ResidencyPlan } from './memory-plan.ts'
import { Residency } from './residency.ts'

export interface CacheOptions {
  readonly eviction: ResidencyPlan['eviction']
  readonly limitBytes: number
  /** of each model */
  readonly weights: readonly number[]
  readonly setUpMs?: number
}

/** Models that are asked for one by one; each is loaded at once where it is absent. */
export class ModelCache {
  /** in their order */
  readonly evicted: number[] = []
  readonly #residency: Residency
  readonly #stations
  #now = 0

  constructor({ eviction, limitBytes, weights, setUpMs = 0 }: CacheOptions) {
    // a byte a ms
    const residency = { eviction, gibPerS: 1000 / 1024 ** 3, setUpMs, shrinks: true }
    const memory = { devices: [0], sums: [], arena: null, outOfMemory: [], pinned: false }
    const plan = planOf(
      weights.map((weightsBytes) => ({ memory: { ...memory, weightsBytes } })),
      { devices: [{ name: 'card', limitBytes, residency }] },
    )
    this.#stations = poolStates(plan, new Requests()).flatMap(({ stations }) => stations)
    const backend: Backend = { start() {}, load() {}, unload() {} }
    const observer: Observer = {
      evicted: (_, executor) => this.evicted.push(executor),
    }
    const ledger = new Ledger(plan)
    this.#residency = new Residency(plan, { backend, observer, stationOf: this.#stations, ledger })
  }

  /** Whether a model was there. */
  ask(model: number, bytes: number): boolean {
    const now = ++this.#now
    const station = this.#stations[model]!
    const hit = this.#residency.absentOf(station) < 0
    if (!hit) {
      if (!this.#residency.evictFor(now, model, bytes)) throw new Error('Expected room')
      this.#residency.load(model, 0)
      this.#residency.loaded(now, model, true)
    }
    this.#residency.begin(now, model)
    this.#residency.end(model)
    return hit
  }
}

import { observerOf } from '../observers.ts'
import {
  type Batch,
  type ExecutorPhase,
  type Ms,
  type Observer,
  OUTCOME,
  REFUSAL,
} from '../ports.ts'
import type { Requests } from '../requests.ts'
import type { PoolState } from '../routing/stations.ts'
import type { RequestResult } from './detector.ts'
import type { PoolEjection } from './pool-ejection.ts'

interface Place {
  readonly ejection: PoolEjection
  /** its number in the pool */
  readonly replica: number
}

/** Reports to pools that eject replicas how requests end, and which replicas start and stop. */
class Ejections implements Observer {
  readonly #requests: Requests
  /** by queue; null in pools that eject none */
  readonly #places: readonly (Place | null)[]
  /** the same by executor */
  readonly #placeOf: readonly (Place | null)[]

  constructor(pools: readonly PoolState[], requests: Requests) {
    this.#requests = requests
    const places = pools.flatMap(({ ejection, stations }) =>
      stations.map((station) => ({
        station,
        place: ejection && { ejection, replica: station.number },
      })),
    )
    this.#places = places.map(({ place }) => place)
    this.#placeOf = places.flatMap(({ station, place }) =>
      Array<Place | null>(station.executors).fill(place),
    )
  }

  executor(now: Ms, executor: number, phase: ExecutorPhase): void {
    const place = this.#placeOf[executor]!
    place?.ejection.changed(now, place.replica, phase === 'up')
  }

  /** Requests of a batch end at one instant: those that failed count first. */
  batch(now: Ms, { executor, members, size }: Batch): void {
    const place = this.#placeOf[executor]!
    if (place === null) return
    const { ejection, replica } = place
    for (const result of RESULTS) {
      for (let i = 0; i < size; i++) {
        const memberResult = this.#resultOf(members[i]!, place)
        if (memberResult === result) ejection.ended(now, replica, memberResult)
      }
    }
  }

  lost(now: Ms, request: number): void {
    const { queue, refusal } = this.#requests
    if (refusal[request] === REFUSAL.unavailable) return
    const place = this.#places[queue[request]!]!
    if (place === null) return
    place.ejection.ended(now, place.replica, this.#resultOf(request, place))
  }

  /** An attempt that is sent again counts as it ended, as in Envoy and Linkerd. */
  #resultOf(request: number, { ejection }: Place): RequestResult {
    const { outcome, ownOutcome } = this.#requests
    const isRetried = outcome[request] === OUTCOME.retried
    switch (isRetried ? ownOutcome[request] : outcome[request]) {
      case OUTCOME.served:
      case OUTCOME.redundant:
        return 'success'
      case OUTCOME.failed:
        return 'failure'
      case OUTCOME.timedOut:
      case OUTCOME.cancelled:
      case OUTCOME.abandoned:
        return ejection.plan.timeoutsCount ? 'failure' : 'none'
      default:
        return 'none'
    }
  }
}

const RESULTS: readonly RequestResult[] = ['failure', 'success', 'none']

/** An observer with what it reports to; the observer itself where no pool ejects replicas. */
export function withEjections(
  pools: readonly PoolState[],
  requests: Requests,
  observer: Observer,
): Observer {
  if (pools.every(({ ejection }) => ejection === null)) return observer
  return observerOf([new Ejections(pools, requests), observer])
}

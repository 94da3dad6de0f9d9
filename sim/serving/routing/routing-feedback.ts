import { type Ms, REFUSAL } from '../ports.ts'
import type { Requests } from '../requests.ts'
import { LearntTimes, OutstandingWork } from './predicted-work.ts'
import type { Router } from './router.ts'
import type { Station } from './station.ts'
import type { PoolState } from './stations.ts'

/** Reports to routers and to what they predict by that requests were sent and have ended. */
export class RoutingFeedback {
  readonly #requests: Requests
  readonly #pools: readonly PoolState[]
  readonly #stations: readonly Station[]
  /** by class */
  readonly #among: readonly Router<PoolState>[]

  constructor(
    requests: Requests,
    pools: readonly PoolState[],
    among: readonly Router<PoolState>[],
  ) {
    this.#requests = requests
    this.#pools = pools
    this.#stations = pools.flatMap(({ stations }) => stations)
    this.#among = among
    if (among.some(({ predicts }) => predicts)) predictIn(pools)
    for (const { router, stations } of pools) if (router.predicts) predictIn(stations)
  }

  sent(request: number): void {
    const { inputTokens, pool, queue } = this.#requests
    const tokens = inputTokens[request]!
    this.#pools[pool[request]!]!.work?.sent(tokens)
    this.#stations[queue[request]!]!.work?.sent(tokens)
  }

  /** `size`: requests of its batch; 0 where it was in none that succeeded. */
  ended(now: Ms, request: number, batchMs: Ms, size: number): void {
    const {
      inputTokens,
      pool,
      queue,
      enqueued,
      class: classes,
      refusal,
      overNetwork,
    } = this.#requests
    // it was sent to no candidate
    if (refusal[request] === REFUSAL.unavailable) return
    const tokens = inputTokens[request]!
    const poolState = this.#pools[pool[request]!]!
    const station = this.#stations[queue[request]!]!
    poolState.work?.ended(tokens, batchMs, size)
    station.work?.ended(tokens, batchMs, size)
    const rttMs = now - enqueued[request]!
    const among = this.#among[classes[request]!]!
    if (among.learns && !overNetwork) among.ended(now, poolState.number, rttMs)
    if (poolState.router.learns) poolState.router.ended(now, station.number, rttMs)
  }

  /** Where there are networks, routers are where the clients are. */
  answered(now: Ms, request: number): void {
    const { pool, routed, class: classes, refusal } = this.#requests
    if (refusal[request] === REFUSAL.unavailable) return
    const among = this.#among[classes[request]!]!
    if (among.learns) among.ended(now, pool[request]!, now - routed[request]!)
  }
}

function predictIn(candidates: readonly (PoolState | Station)[]): void {
  const shared = new LearntTimes()
  for (const candidate of candidates) {
    candidate.work = new OutstandingWork(candidate.executors, shared)
  }
}

/** Null where no router asks for it. */
export function routingFeedback(
  requests: Requests,
  pools: readonly PoolState[],
  among: readonly Router<PoolState>[],
): RoutingFeedback | null {
  const routers = [...among, ...pools.map(({ router }) => router)]
  const needed = routers.some(({ learns, predicts }) => learns || predicts)
  return needed ? new RoutingFeedback(requests, pools, among) : null
}

import { exp } from '../../kernel/index.ts'

/** An M/G/c queue and the promise on its waits. */
export interface WaitPromise {
  /** requests/s of one replica that is always busy */
  readonly serviceRps: number
  /** coefficient of variation of service times */
  readonly cv: number
  /** this share of requests waits no longer than `waitS` */
  readonly share: number
  readonly waitS: number
}

/** More replicas than this are a fault of the caller. */
const MOST = 1_000_000

/**
 * The fewest replicas with which a share of requests waits no longer than promised, at a Poisson
 * rate: P(W > t) = C exp(-(c mu - lambda) t) of M/M/c (Kleinrock 1975, 3.5), whose time is
 * stretched by (1 + cv^2) / 2 for other service times (the mean of Allen and Cunneen 1978; the tail
 * follows Kimura 1986). Exact for M/M/c; for others an approximation.
 */
export function neededReplicas(rate: number, promise: WaitPromise): number {
  const { serviceRps, cv, share, waitS } = promise
  if (rate <= 0) return 0
  const load = rate / serviceRps
  const stretch = (1 + cv * cv) / 2
  let blocked = 1
  for (let replicas = 1; replicas <= MOST; replicas++) {
    // Erlang B, the recursion of Erlang 1917
    blocked = (load * blocked) / (replicas + load * blocked)
    if (replicas <= load) continue
    const waits = blocked / (1 - (load / replicas) * (1 - blocked))
    const lateShare = waits * exp((-(replicas * serviceRps - rate) * waitS) / stretch)
    if (lateShare <= 1 - share) return replicas
  }
  throw new Error(`no number of replicas serves ${rate}/s`)
}

import type { Arrivals } from '../../../scenarios/schema/schema.ts'
import type { Ms } from '../../serving/index.ts'
import type { ClientRow } from '../clients/recorded-clients.ts'
import type { RowFeed, TraceData } from '../trace/trace-feed.ts'
import type { ArrivalProcess } from './arrivals.ts'

/** What the number of arrivals of a class depends on. */
export interface AmountOptions {
  /** all requests are scheduled before this, ms */
  readonly endMs: Ms
  /** requests/s at a load of 1; null where no class has a load */
  readonly capacityRps: number | null
  /** undefined for a class without a trace */
  readonly trace: TraceData | undefined
  /** rates of recorded clients; undefined for a class without them */
  readonly clients: readonly (readonly ClientRow[])[] | undefined
}

/** The arrivals of one class in one replication. */
export interface SourceOptions extends AmountOptions {
  /** part of the names of the class's random streams */
  readonly name: string
  readonly seed: number
  readonly replication: number
  /** rows of the trace at times of the run; null for a class without one */
  readonly feed: RowFeed | null
}

/** All that differs between the arrival processes of scenarios. */
export interface ProcessKind<A extends Arrivals> {
  source(arrivals: A, options: SourceOptions): ArrivalProcess
  /** mean rate over the run, requests/ms */
  meanPerMs(arrivals: A, options: AmountOptions): number
  /** expected arrivals before a time */
  expected(arrivals: A, options: AmountOptions): (time: Ms) => number
  /**
   * upper bound of all arrivals, where their number depends on how earlier ones end; `unservedMs`
   * as of `leastUnservedMs`
   */
  most?(arrivals: A, options: AmountOptions, unservedMs: Ms): number
  /** whether its clients wait for outcomes, and begin a new session after each */
  readonly closed: boolean
  /**
   * after which its rate is as before, s: 0 where it is the same at all times, Infinity where it
   * never repeats
   */
  periodS(arrivals: A): number
  /** the same at `factor` times its rate; null where it states none */
  scaled(arrivals: A, factor: number): Arrivals | null
  /** what is read from files before a run; absent for nothing */
  readonly files?: 'trace' | 'clients'
  /** whether it may draw nothing, so that replications are the same */
  readonly mayRepeat?: boolean
}

interface StatedRate {
  readonly rate_rps?: number | undefined
  readonly load?: number | undefined
}

/** The same at `factor` times its rate, in the key that states it. */
export function scaledRate<T extends StatedRate>(stated: T, factor: number): T {
  const { rate_rps, load } = stated
  return {
    ...stated,
    ...(rate_rps !== undefined && { rate_rps: factor * rate_rps }),
    ...(load !== undefined && { load: factor * load }),
  }
}

/** Requests/ms of a rate or a load. */
export function perMs({ rate_rps, load }: StatedRate, { capacityRps }: AmountOptions): number {
  if (rate_rps !== undefined) return rate_rps / 1000
  if (capacityRps === null) throw new Error('Expected `capacityRps` for a load')
  return ((load ?? 0) * capacityRps) / 1000
}

import type { Arrivals, RatedArrivals } from '../../../scenarios/schema/schema.ts'
import { stream } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import { type ClientRow, recordedClients } from '../clients/recorded-clients.ts'
import type { TraceData, TraceFeed } from '../trace/trace-feed.ts'
import { type ArrivalProcess, RenewalArrivals, SummedArrivals, TraceArrivals } from './arrivals.ts'
import { clientGaps, populationOf } from './client-gaps.ts'
import { type Gap, gapsOf } from './gaps.ts'
import { ModulatedTime, type ModulatingState } from './modulation.ts'
import type { OperationalTime } from './operational-time.ts'
import { Rate } from './rate.ts'
import { surgesOf } from './surge.ts'

/** The arrivals of one class. */
export interface ArrivalsOptions {
  /** part of the names of the class's random streams */
  readonly name: string
  readonly seed: number
  readonly replication: number
  /** all requests are scheduled before this, ms */
  readonly endMs: Ms
  /** requests/s at a load of 1; null where no class has a load */
  readonly capacityRps: number | null
  /** null for a class without a trace */
  readonly trace: TraceData | null
  /** rates of recorded clients; null for a class without them */
  readonly clients: readonly (readonly ClientRow[])[] | null
  /** rows of the trace; null for a class without one */
  readonly feed: TraceFeed | null
}

export function classArrivals(
  arrivals: Exclude<Arrivals, { process: 'closed-loop' }>,
  options: ArrivalsOptions,
): ArrivalProcess {
  if (arrivals.process === 'trace') return traceArrivals(arrivals, options)
  if (arrivals.process === 'servegen') return servegenArrivals(arrivals, options)
  if (arrivals.process !== 'sum') return ratedArrivals(arrivals, options)
  const parts = arrivals.of.map((part, i) =>
    ratedArrivals(part, { ...options, name: `${options.name}:${i}` }),
  )
  return new SummedArrivals(parts)
}

type Trace = Extract<Arrivals, { process: 'trace' }>

function traceArrivals(arrivals: Trace, options: ArrivalsOptions): ArrivalProcess {
  const { trace, feed, name, endMs } = options
  if (trace === null || feed === null) throw new Error(`Expected the trace of ${name} to be read`)
  const mean = trace.taken / trace.spanMs
  // a trace in a single instant has no rate to scale
  const scaled = arrivals.load !== undefined && trace.spanMs > 0
  const scale = scaled ? mean / perMs(arrivals, options) : 1
  return new TraceArrivals(feed, scale, endMs)
}

type Servegen = Extract<Arrivals, { process: 'servegen' }>

function servegenArrivals(arrivals: Servegen, options: ArrivalsOptions): ArrivalProcess {
  const { clients, name, seed, replication, endMs } = options
  if (clients === null) throw new Error(`Expected the clients of ${name} to be read`)
  const stated = arrivals.rate_rps !== undefined || arrivals.load !== undefined
  return recordedClients(clients, {
    name,
    seed,
    replication,
    endMs,
    fromS: arrivals.from_s,
    perMs: stated ? perMs(arrivals, options) : null,
  })
}

function ratedArrivals(arrivals: RatedArrivals, options: ArrivalsOptions): ArrivalProcess {
  const { name, seed, replication, endMs } = options
  const rate = rateOf(arrivals, options)
  const gap = gapOf(arrivals, options)
  const states = modulation(arrivals)
  const time: OperationalTime =
    states === null
      ? rate
      : new ModulatedTime(rate, states, stream(seed, replication, `modulation:${name}`), endMs)
  return new RenewalArrivals(gap, time, endMs)
}

function gapOf(arrivals: RatedArrivals, { name, seed, replication }: ArrivalsOptions): Gap {
  if (arrivals.process === 'clients') {
    // the same clients in every replication: they are part of the scenario
    const members = populationOf(arrivals, stream(seed, 0, `clients:${name}`))
    return clientGaps(members, arrivals.gaps, (client) =>
      stream(seed, replication, `arrivals:${name}:client-${client}`),
    )
  }
  const random = stream(seed, replication, `arrivals:${name}`)
  const modulated = arrivals.process === 'mmpp' || arrivals.process === 'on-off'
  return gapsOf(modulated ? { process: 'poisson' } : arrivals, random)
}

/** States of the chain that modulates the rate; null without modulation. */
function modulation(arrivals: RatedArrivals): readonly ModulatingState[] | null {
  if (arrivals.process === 'on-off') {
    return [
      { factor: 1, meanMs: arrivals.on_s * 1000, next: [0, 1] },
      { factor: 0, meanMs: arrivals.off_s * 1000, next: [1, 0] },
    ]
  }
  if (arrivals.process !== 'mmpp') return null
  return arrivals.states.map(({ factor, mean_s, next }, i) => ({
    factor,
    meanMs: mean_s * 1000,
    // without weights, every other state is equally likely
    next: next ?? arrivals.states.map((_, j) => (i === j ? 0 : 1)),
  }))
}

/** Expected arrivals over time. A load is a multiple of `capacityRps`. */
export function rateOf(
  arrivals: RatedArrivals,
  options: Pick<ArrivalsOptions, 'endMs' | 'capacityRps'>,
): Rate {
  const { endMs } = options
  const steps = arrivals.schedule ?? [{ at_s: 0, ...arrivals }]
  return new Rate({
    steps: steps.map((step) => ({ atMs: step.at_s * 1000, rate: perMs(step, options) })),
    surges: arrivals.surges.flatMap((surge) => surgesOf(surge, endMs)),
    waves: arrivals.waves.map(({ period_s, amplitude, peak_at_s }) => ({
      periodMs: period_s * 1000,
      amplitude,
      peakAtMs: peak_at_s * 1000,
    })),
    endMs,
  })
}

type Rates = { readonly rate_rps?: number | undefined; readonly load?: number | undefined }

/** Requests/ms of a rate or a load. */
function perMs(
  { rate_rps, load }: Rates,
  { capacityRps }: Pick<ArrivalsOptions, 'capacityRps'>,
): number {
  if (rate_rps !== undefined) return rate_rps / 1000
  if (capacityRps === null) throw new Error('Expected `capacityRps` for a load')
  return ((load ?? 0) * capacityRps) / 1000
}

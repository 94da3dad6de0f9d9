import type { RatedArrivals } from '../../../scenarios/schema/schema.ts'
import { type Random, stream } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import { RenewalArrivals } from './arrivals.ts'
import { clientGaps, populationOf } from './client-gaps.ts'
import { type Gap, gapsOf, type Spacing } from './gaps.ts'
import { ModulatedTime, type ModulatingState } from './modulation.ts'
import {
  type AmountOptions,
  type ProcessKind,
  perMs,
  type SourceOptions,
  scaledRate,
} from './process-kind.ts'
import { Rate, type RateParts } from './rate.ts'
import { surgesOf } from './surge.ts'

type Rated<P> = Extract<RatedArrivals, { process: P }>

/** Gaps of one law. */
export const spacedArrivals = ratedProcess((arrivals: Rated<Spacing['process']>, options) =>
  gapsOf(arrivals, arrivalStream(options)),
)

/** Equal gaps. */
export const deterministicArrivals: ProcessKind<Rated<'deterministic'>> = {
  ...spacedArrivals,
  mayRepeat: true,
}

/** Requests of many clients. They are the same in every replication: part of the scenario. */
export const clientsArrivals = ratedProcess((arrivals: Rated<'clients'>, options) => {
  const members = populationOf(arrivals, stream(options.seed, 0, `clients:${options.name}`))
  return clientGaps(members, arrivals.gaps, (client) => arrivalStream(options, `:client-${client}`))
})

const poissonGaps = (_: RatedArrivals, options: SourceOptions) =>
  gapsOf({ process: 'poisson' }, arrivalStream(options))

/** Poisson arrivals at a rate that follows a Markov chain. */
export const mmppArrivals = ratedProcess(poissonGaps, ({ states }: Rated<'mmpp'>) =>
  states.map(({ factor, mean_s, next }, i) => ({
    factor,
    meanMs: mean_s * 1000,
    // without weights, every other state is equally likely
    next: next ?? states.map((_, j) => (i === j ? 0 : 1)),
  })),
)

/** Poisson arrivals that stop for a time, again and again. */
export const onOffArrivals = ratedProcess(poissonGaps, ({ on_s, off_s }: Rated<'on-off'>) => [
  { factor: 1, meanMs: on_s * 1000, next: [0, 1] },
  { factor: 0, meanMs: off_s * 1000, next: [1, 0] },
])

function arrivalStream({ seed, replication, name }: SourceOptions, part = ''): Random {
  return stream(seed, replication, `arrivals:${name}${part}`)
}

/** A process with a stated rate. `states`: those of the Markov chain that modulates the rate. */
function ratedProcess<A extends RatedArrivals>(
  gapsFor: (arrivals: A, options: SourceOptions) => Gap,
  states?: (arrivals: A) => readonly ModulatingState[],
): ProcessKind<A> {
  return {
    closed: false,
    source(arrivals, options) {
      const { name, seed, replication, endMs } = options
      const rate = rateOf(arrivals, options)
      const random = stream(seed, replication, `modulation:${name}`)
      const time = states ? new ModulatedTime(rate, states(arrivals), random, endMs) : rate
      return new RenewalArrivals(gapsFor(arrivals, options), time, endMs)
    },
    meanPerMs: (arrivals, options) =>
      rateOf(arrivals, options).cumulative(options.endMs) / options.endMs,
    expected(arrivals, options) {
      const rate = rateOf(arrivals, options)
      return (time) => rate.cumulative(time)
    },
    periodS({ schedule, surges, waves }) {
      const never = Number.POSITIVE_INFINITY
      if (schedule !== undefined) return never
      const periods = waves.map(({ period_s }) => period_s)
      return Math.max(0, ...surges.map(({ every_s = never }) => every_s), ...periods)
    },
    scaled(arrivals, factor) {
      const schedule = arrivals.schedule?.map((step) => scaledRate(step, factor))
      return { ...scaledRate(arrivals, factor), ...(schedule && { schedule }) }
    },
  }
}

/** Expected arrivals over time. */
function rateOf(arrivals: RatedArrivals, options: AmountOptions): Rate {
  const { endMs } = options
  const steps = arrivals.schedule ?? [{ at_s: 0, ...arrivals }]
  return new Rate({
    steps: steps.map((step) => ({ atMs: step.at_s * 1000, rate: perMs(step, options) })),
    ...changesOf(arrivals, endMs),
  })
}

/** Surges and waves, until the end of the run. */
export function changesOf(
  { surges, waves }: Pick<RatedArrivals, 'surges' | 'waves'>,
  endMs: Ms,
): Omit<RateParts, 'steps'> {
  return {
    surges: surges.flatMap((surge) => surgesOf(surge, endMs)),
    waves: waves.map(({ period_s, amplitude, peak_at_s }) => ({
      periodMs: period_s * 1000,
      amplitude,
      peakAtMs: peak_at_s * 1000,
    })),
    endMs,
  }
}

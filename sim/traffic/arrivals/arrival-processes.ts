import { type Arrivals, arrivalParts } from '../../../scenarios/schema/schema.ts'
import { type ArrivalProcess, SummedArrivals } from './arrivals.ts'
import { closedLoop } from './closed-loop.ts'
import type { ProcessKind, SourceOptions } from './process-kind.ts'
import {
  clientsArrivals,
  deterministicArrivals,
  mmppArrivals,
  onOffArrivals,
  spacedArrivals,
} from './rated-arrivals.ts'
import { servegenArrivals } from './servegen-arrivals.ts'
import { traceArrivals } from './trace-arrivals.ts'

/** One of the processes of a sum, or any other process. */
type Part = ReturnType<typeof arrivalParts>[number]

/** Every arrival process. A sum has no entry: it is its parts. */
const arrivalProcesses: {
  readonly [P in Part['process']]: ProcessKind<Extract<Part, { process: P }>>
} = Object.freeze({
  deterministic: deterministicArrivals,
  poisson: spacedArrivals,
  gamma: spacedArrivals,
  weibull: spacedArrivals,
  mmpp: mmppArrivals,
  'on-off': onOffArrivals,
  clients: clientsArrivals,
  'closed-loop': closedLoop,
  servegen: servegenArrivals,
  trace: traceArrivals,
})

export const processOf = (part: Part): ProcessKind<Part> => arrivalProcesses[part.process]

/** Whether the clients wait for outcomes. */
export function isClosed(arrivals: Arrivals): boolean {
  return arrivalParts(arrivals).some((part) => processOf(part).closed)
}

/** After which the rate is as before, s: 0 where it never changes; Infinity for never. */
export function periodS(arrivals: Arrivals): number {
  return Math.max(...arrivalParts(arrivals).map((part) => processOf(part).periodS(part)))
}

/** The same process, surges and bursts at `factor` times the rate; null where it states no rate. */
export function scaledArrivals(arrivals: Arrivals, factor: number): Arrivals | null {
  if (arrivals.process !== 'sum') return processOf(arrivals).scaled(arrivals, factor)
  const of = arrivals.of.map((part) => processOf(part).scaled(part, factor) as typeof part)
  return { ...arrivals, of }
}

/** What is read from files before a run; undefined for nothing. */
export function filesOf(arrivals: Arrivals): ProcessKind<Part>['files'] {
  return arrivals.process === 'sum' ? undefined : processOf(arrivals).files
}

/** Whether arrivals may be the same in each replication. */
export function mayRepeat(arrivals: Arrivals): boolean {
  return arrivalParts(arrivals).every((part) => processOf(part).mayRepeat === true)
}

export function classArrivals(arrivals: Arrivals, options: SourceOptions): ArrivalProcess {
  if (arrivals.process !== 'sum') return processOf(arrivals).source(arrivals, options)
  const parts = arrivals.of.map((part, i) =>
    processOf(part).source(part, { ...options, name: `${options.name}:${i}` }),
  )
  return new SummedArrivals(parts)
}

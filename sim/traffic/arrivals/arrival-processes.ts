import { type Arrivals, arrivalParts } from '../../../scenarios/schema/schema.ts'
import { type ArrivalProcess, SummedArrivals } from './arrivals.ts'
import { closedLoop } from './closed-loop.ts'
import type { ProcessKind, SourceOptions } from './process-kind.ts'
import { clientsArrivals, mmppArrivals, onOffArrivals, spacedArrivals } from './rated-arrivals.ts'
import { servegenArrivals } from './servegen-arrivals.ts'
import { traceArrivals } from './trace-arrivals.ts'

/** One of the processes of a sum, or any other process. */
type Part = ReturnType<typeof arrivalParts>[number]

/** Every arrival process. A sum has no entry: it is its parts. */
const arrivalProcesses: {
  readonly [P in Part['process']]: ProcessKind<Extract<Part, { process: P }>>
} = Object.freeze({
  deterministic: spacedArrivals,
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

export const processOf = (part: Part) => arrivalProcesses[part.process] as ProcessKind<Part>

/** Whether the clients wait for outcomes. */
export function isClosed(arrivals: Arrivals): boolean {
  return arrivalParts(arrivals).some((part) => processOf(part).closed)
}

export function classArrivals(arrivals: Arrivals, options: SourceOptions): ArrivalProcess {
  if (arrivals.process !== 'sum') return processOf(arrivals).source(arrivals, options)
  const parts = arrivals.of.map((part, i) =>
    processOf(part).source(part, { ...options, name: `${options.name}:${i}` }),
  )
  return new SummedArrivals(parts)
}

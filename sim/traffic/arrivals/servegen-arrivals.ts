import type { Arrivals } from '../../../scenarios/schema/schema.ts'
import { recordedClients, recordedPerMs } from '../clients/recorded-clients.ts'
import { type AmountOptions, type ProcessKind, perMs, scaledRate } from './process-kind.ts'

type Servegen = Extract<Arrivals, { process: 'servegen' }>

/** The mean rate that the scenario states, requests/ms; null for the recorded one. */
function statedPerMs(arrivals: Servegen, options: AmountOptions): number | null {
  const { rate_rps, load } = arrivals
  return rate_rps === undefined && load === undefined ? null : perMs(arrivals, options)
}

function meanPerMs(arrivals: Servegen, options: AmountOptions): number {
  const { clients = [], endMs } = options
  return statedPerMs(arrivals, options) ?? recordedPerMs(clients, { fromS: arrivals.from_s, endMs })
}

/** Clients with recorded rates. */
export const servegenArrivals: ProcessKind<Servegen> = {
  closed: false,
  source(arrivals, options) {
    const { clients, name } = options
    if (clients === undefined) throw new Error(`Expected the clients of ${name} to be read`)
    const stated = statedPerMs(arrivals, options)
    return recordedClients(clients, { ...options, fromS: arrivals.from_s, perMs: stated })
  },
  meanPerMs,
  expected(arrivals, options) {
    const mean = meanPerMs(arrivals, options)
    return (time) => mean * time
  },
  files: 'clients',
  periodS: () => Number.POSITIVE_INFINITY,
  scaled: (arrivals, factor) =>
    arrivals.rate_rps === undefined && arrivals.load === undefined
      ? null
      : scaledRate(arrivals, factor),
}

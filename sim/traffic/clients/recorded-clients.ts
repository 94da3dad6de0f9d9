import { type Random, stream } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import { type ArrivalProcess, SummedArrivals } from '../arrivals/arrivals.ts'
import { Rate, type RateStep } from '../arrivals/rate.ts'
import { standardWeibullMean } from '../arrivals/weibull.ts'

/** The requests of one client from a time on; a silent client has no family. */
export interface ClientRow {
  readonly at_s: number
  readonly rate_rps: number
  readonly family: 'Gamma' | 'Weibull' | null
  readonly shape: number
}

/** A row, clipped to the run. */
interface Stretch extends RateStep {
  readonly row: ClientRow
}

interface ClientsOptions {
  readonly name: string
  readonly seed: number
  readonly replication: number
  readonly endMs: Ms
  /** position in the rows at which the run begins */
  readonly fromS: number
  /** total mean rate over the run, requests/ms; null for the recorded one */
  readonly perMs: number | null
}

/** The requests of recorded clients, each by its rows and from its own random stream. */
export function recordedClients(
  clients: readonly (readonly ClientRow[])[],
  options: ClientsOptions,
): ArrivalProcess {
  const { name, seed, replication, fromS, endMs, perMs } = options
  const stretches = clients.map((rows) => stretchesOf(rows, fromS, endMs))
  const scale = perMs === null ? 1 : perMs / recordedPerMs(clients, options)
  return new SummedArrivals(
    stretches.flatMap((client, i) => {
      if (client.every(({ row }) => row.family === null)) return []
      const scaled = client.map((stretch) => ({ ...stretch, rate: scale * stretch.rate }))
      return new RecordedClient(scaled, stream(seed, replication, `arrivals:${name}:${i}`), endMs)
    }),
  )
}

/** Recorded mean rate over the run of all clients together, requests/ms. */
export function recordedPerMs(
  clients: readonly (readonly ClientRow[])[],
  { fromS, endMs }: Pick<ClientsOptions, 'fromS' | 'endMs'>,
): number {
  const stretches = clients.map((rows) => stretchesOf(rows, fromS, endMs))
  return stretches.reduce((sum, client) => sum + expected(client, endMs), 0) / endMs
}

function stretchesOf(rows: readonly ClientRow[], fromS: number, endMs: Ms): Stretch[] {
  return rows.flatMap((row, i) => {
    const atMs = 1000 * Math.max(0, row.at_s - fromS)
    const until = 1000 * ((rows[i + 1]?.at_s ?? Number.POSITIVE_INFINITY) - fromS)
    return until <= 0 || atMs >= endMs ? [] : [{ atMs, rate: row.rate_rps / 1000, row }]
  })
}

/** Expected requests before the end. */
function expected(stretches: readonly Stretch[], endMs: Ms): number {
  return stretches.reduce((sum, { atMs, rate }, i) => {
    return sum + rate * ((stretches[i + 1]?.atMs ?? endMs) - atMs)
  }, 0)
}

/**
 * A renewal process with changing rate and gaps. A gap has the distribution of the row in which it
 * begins, and passes at the rates of the rows that it crosses. The process began before the run:
 * the first gap is the rest of one, so that bursty clients do not all begin with a burst.
 */
class RecordedClient implements ArrivalProcess {
  readonly #stretches: readonly Stretch[]
  readonly #rate: Rate
  readonly #random: Random
  readonly #endMs: Ms
  #stretch = 0
  /** row with the distribution of gaps */
  #row: ClientRow
  /** operational time of the next request */
  #sum: number

  constructor(stretches: readonly Stretch[], random: Random, endMs: Ms) {
    this.#stretches = stretches
    this.#rate = new Rate({ steps: stretches })
    this.#random = random
    this.#endMs = endMs
    this.#row = stretches.find(({ row }) => row.family !== null)!.row
    this.#sum = rest(this.#row, random)
  }

  next(): Ms {
    const at = this.#rate.inverse(this.#sum)
    if (!(at < this.#endMs)) return Number.POSITIVE_INFINITY
    while ((this.#stretches[this.#stretch + 1]?.atMs ?? Number.POSITIVE_INFINITY) <= at) {
      this.#stretch++
    }
    const { row } = this.#stretches[this.#stretch]!
    if (row.family !== null) this.#row = row
    this.#sum += gap(this.#row, this.#random)
    return at
  }
}

/** A gap of mean 1. */
function gap({ family, shape }: ClientRow, random: Random): number {
  if (family === 'Gamma') return random.gamma(shape) / shape
  return random.exponential() ** (1 / shape) / standardWeibullMean(shape)
}

/** The rest of a gap drawn in proportion to its length, at any point of it (Cox 1962, 5.2). */
function rest({ family, shape }: ClientRow, random: Random): number {
  const share = random.uniform()
  if (family === 'Gamma') return (share * random.gamma(shape + 1)) / shape
  return (share * random.gamma(1 + 1 / shape) ** (1 / shape)) / standardWeibullMean(shape)
}

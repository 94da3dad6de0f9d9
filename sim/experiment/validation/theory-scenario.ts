import type * as z from 'zod'
import { type Routing, scenarioSchema } from '../../../scenarios/schema/schema.ts'
import type { TheoryCase } from './theory-judge.ts'

type Draft = z.input<typeof scenarioSchema>
type PoolDraft = Draft['pools'][number]
type WorkDraft = Extract<Draft['models'][string], { work: unknown }>['work']

type TrafficDraft = Draft['traffic'][number]

/** Traffic of one class: arrivals per ms, Poisson by default. */
export interface TheoryTraffic extends Partial<Omit<TrafficDraft, 'class'>> {
  /** mean rate, also where `arrivals` replaces the process */
  readonly rate: number
  readonly process?: 'poisson' | 'deterministic'
}

/** A queueing model, as a scenario. One unit of time is a millisecond, so rates are per ms. */
export interface TheoryModel extends Omit<TheoryCase, 'scenario'> {
  readonly traffic: readonly TheoryTraffic[]
  /** mean number of counted requests in each replication */
  readonly requests: number
  /** time from the empty system to an approximately stationary one, ms; default 2000 */
  readonly warmupMs?: number
  /** default: exponential of mean 1 ms */
  readonly work?: WorkDraft
  readonly replicas?: number
  readonly admission?: PoolDraft['admission']
  readonly queue?: PoolDraft['queue']
  readonly batching?: PoolDraft['batching']
  readonly generation?: PoolDraft['generation']
  /** number of pools of this kind; `router` is the policy among them */
  readonly pools?: number
  readonly router?: Routing | NonNullable<Draft['router']>
}

/** Checks a model against the schema, as a scenario from a file would be. */
export function theoryCase({
  model,
  figures,
  exact = false,
  traffic,
  requests,
  warmupMs = 2000,
  work = { law: 'exponential', mean_ms: 1 },
  pools = 1,
  router = 'least-loaded',
  replicas = 1,
  batching = { policy: 'none' },
  ...pool
}: TheoryModel): TheoryCase {
  const rate = traffic.reduce((sum, { rate }) => sum + rate, 0)
  const scenario = scenarioSchema.parse({
    spillway: 1,
    name: 'theory',
    description: model,
    duration_s: (warmupMs + requests / rate) / 1000,
    warmup_s: warmupMs / 1000,
    models: { server: { work } },
    traffic: traffic.map(({ rate, process = 'poisson', ...rest }, i) => ({
      arrivals: { process, rate_rps: rate * 1000 },
      ...rest,
      class: `class-${i}`,
    })),
    pools: Array.from({ length: pools }, (_, i) => ({
      name: `pool-${i}`,
      model: 'server',
      speed: 'ideal',
      replicas,
      batching,
      ...pool,
    })),
    router: typeof router === 'string' ? { policy: router } : router,
  })
  return { model, scenario, figures, exact }
}

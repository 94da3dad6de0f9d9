import type { z } from 'zod'
import { type Routing, type Scenario, scenarioSchema } from '../../../scenarios/schema/schema.ts'

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

/** A queueing model as a scenario. One unit of time is a millisecond, so rates are per ms. */
export interface TheoryScenario {
  readonly name: string
  readonly traffic: readonly TheoryTraffic[]
  /** mean number of counted requests in each replication */
  readonly requests: number
  /** time from the empty system to an approximately stationary one, ms */
  readonly warmupMs: number
  readonly work: WorkDraft
  readonly replicas?: number
  readonly admission?: PoolDraft['admission']
  readonly queue?: PoolDraft['queue']
  readonly batching?: PoolDraft['batching']
  readonly generation?: PoolDraft['generation']
  /** number of pools of this kind; `router` is the policy among them */
  readonly pools?: number
  readonly router?: Routing
}

/** Checks a model against the schema, as a scenario from a file would be. */
export function theoryScenario(model: TheoryScenario): Scenario {
  const rate = model.traffic.reduce((sum, traffic) => sum + traffic.rate, 0)
  return scenarioSchema.parse({
    spillway: 1,
    name: 'theory',
    description: model.name,
    duration_s: (model.warmupMs + model.requests / rate) / 1000,
    warmup_s: model.warmupMs / 1000,
    models: { server: { work: model.work } },
    traffic: model.traffic.map(({ rate, process = 'poisson', ...rest }, i) => ({
      arrivals: { process, rate_rps: rate * 1000 },
      ...rest,
      class: `class-${i}`,
    })),
    pools: Array.from({ length: model.pools ?? 1 }, (_, i) => ({
      name: `pool-${i}`,
      model: 'server',
      speed: 'ideal',
      replicas: model.replicas ?? 1,
      admission: model.admission ?? {},
      queue: model.queue ?? {},
      batching: model.batching ?? { policy: 'none' },
      generation: model.generation,
    })),
    router: { policy: model.router ?? 'least-loaded' },
  })
}

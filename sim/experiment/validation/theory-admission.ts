import type { Pool } from '../../../scenarios/schema/schema.ts'
import { erlangB, guardChannelBlocking, md1kBlocking, mmck } from '../../theory/index.ts'
import { blocking, meanSojourn } from './theory-figures.ts'
import type { TheoryCase, TheoryFigure } from './theory-judge.ts'
import { type TheoryTraffic, theoryScenario } from './theory-scenario.ts'

interface Refusing {
  readonly traffic: readonly TheoryTraffic[]
  readonly requests: number
  readonly replicas: number
  readonly admission: Partial<Pool['admission']>
  readonly figures: readonly TheoryFigure[]
}

function refusing(model: string, { figures, ...rest }: Refusing): TheoryCase {
  const work = { law: 'exponential', mean_ms: 1 } as const
  return { model, scenario: theoryScenario({ name: model, warmupMs: 500, work, ...rest }), figures }
}

/** Admission control as loss systems. */
export function admissionCases(): TheoryCase[] {
  const bounded = mmck({ arrivalRate: 3.6, serviceRate: 1, servers: 4, capacity: 10 })
  const [urgent, ordinary] = guardChannelBlocking({
    arrivalRates: [2, 2],
    serviceRate: 1,
    servers: 4,
    capacity: 7,
    guard: 4,
  })
  // tokens arrive every 2 ms, requests 1.25 times in that time
  const bucket = (burst: number) =>
    refusing(`Token bucket of ${burst}, load 1.25`, {
      traffic: [{ rate: 0.625 }],
      requests: 200_000,
      replicas: 1,
      admission: { token_bucket: { rate_rps: 500, burst, per: 'pool' } },
      figures: [blocking(md1kBlocking({ arrivalRate: 0.625, service: 2, capacity: burst }))],
    })
  return [
    refusing('M/M/10/10 by concurrency limit, 8 erlangs', {
      traffic: [{ rate: 8 }],
      requests: 200_000,
      replicas: 10,
      admission: { concurrency: { limit: 10 } },
      figures: [blocking(erlangB(8, 10))],
    }),
    refusing('M/M/4/10 by concurrency limit, load 0.9', {
      traffic: [{ rate: 3.6 }],
      requests: 250_000,
      replicas: 4,
      admission: { concurrency: { limit: 10 } },
      figures: [blocking(bounded.blocking), meanSojourn(bounded.meanSojourn)],
    }),
    refusing('Guard channels by priority shedding, load 1', {
      traffic: [
        { rate: 2, priority: 1 },
        { rate: 2, priority: 2 },
      ],
      requests: 400_000,
      replicas: 4,
      admission: { concurrency: { limit: 7 }, priority: { limits: { 2: 4 } } },
      figures: [blocking(urgent), blocking(ordinary, 1)],
    }),
    bucket(1),
    bucket(4),
  ]
}

import { erlangB, guardChannelBlocking, md1kBlocking, mmck } from '../../theory/index.ts'
import { blocking, meanSojourn } from './theory-figures.ts'
import type { TheoryCase } from './theory-judge.ts'
import { theoryCase } from './theory-scenario.ts'

/**
 * A loss system: a request that finds no free server is lost. (Its timeout is so short that a
 * server hardly ever becomes free within it.)
 */
export function lossCases(): TheoryCase[] {
  const loss = {
    traffic: [{ rate: 8 }],
    requests: 80_000,
    warmupMs: 500,
    replicas: 10,
    queue: { timeout_ms: 1e-6 },
    figures: [blocking(erlangB(8, 10))],
  }
  return [
    theoryCase({ model: 'M/M/10/10, 8 erlangs', ...loss }),
    theoryCase({ model: 'M/D/10/10, 8 erlangs', work: { law: 'constant', ms: 1 }, ...loss }),
  ]
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
    theoryCase({
      model: `Token bucket of ${burst}, load 1.25`,
      traffic: [{ rate: 0.625 }],
      requests: 20_000,
      warmupMs: 500,
      admission: { token_bucket: { rate_rps: 500, burst, per: 'pool' } },
      figures: [blocking(md1kBlocking({ arrivalRate: 0.625, service: 2, capacity: burst }))],
    })
  return [
    theoryCase({
      model: 'M/M/10/10 by concurrency limit, 8 erlangs',
      traffic: [{ rate: 8 }],
      requests: 80_000,
      warmupMs: 500,
      replicas: 10,
      admission: { concurrency: { limit: 10 } },
      figures: [blocking(erlangB(8, 10))],
    }),
    theoryCase({
      model: 'M/M/4/10 by concurrency limit, load 0.9',
      traffic: [{ rate: 3.6 }],
      requests: 250_000,
      warmupMs: 500,
      replicas: 4,
      admission: { concurrency: { limit: 10 } },
      figures: [blocking(bounded.blocking), meanSojourn(bounded.meanSojourn)],
    }),
    theoryCase({
      model: 'Guard channels by priority shedding, load 1',
      traffic: [
        { rate: 2, priority: 1 },
        { rate: 2, priority: 2 },
      ],
      requests: 200_000,
      warmupMs: 500,
      replicas: 4,
      admission: { concurrency: { limit: 7 }, priority: { limits: { 2: 4 } } },
      figures: [blocking(urgent), blocking(ordinary, 1)],
    }),
    bucket(1),
    bucket(4),
  ]
}

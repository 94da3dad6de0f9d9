import { describe, expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import { requestsOf, serve } from '../../../test/small-system.ts'
import { judge, runReplication, simulateCase, simulationInput } from '../../experiment/index.ts'
import { md1MeanWait } from '../../theory/index.ts'
import { servingPlan } from '../index.ts'

/** Ten runs of 800 requests/s give half-widths below 2 %. */
const DURATION_S = 40
const WARMUP_S = 2

function scenario(link: object, arrivals: object, work: object = { law: 'constant', ms: 1e-6 }) {
  return scenarioOf({
    duration_s: DURATION_S,
    warmup_s: WARMUP_S,
    models: { server: { work } },
    traffic: [{ class: 'web', arrivals }],
    pools: [{ name: 'central', model: 'server' }],
    link,
  })
}

test('a link delays requests side by side, then passes them one after another', () => {
  const scenario = scenarioOf({
    duration_s: 1,
    models: { server: { work: { law: 'constant', ms: 1 } } },
    traffic: [{ class: 'web', arrivals: { process: 'trace', file: 'unused' } }],
    pools: [{ name: 'central', model: 'server' }],
    link: { delay_ms: 10, per_request_ms: 2 },
  })
  const { columns } = serve({
    plan: servingPlan(scenario),
    requests: requestsOf([0, 0, 1, 30]),
    work: [{ law: 'constant', ms: 1 }],
  }).rows
  expect([...columns.sent]).toEqual([12, 14, 16, 42])
  expect([...columns.answered]).toEqual([13, 15, 17, 43])
})

describe('a link before an idle server is M/D/1 at load 0.8', () => {
  const poisson = { process: 'poisson', rate_rps: 800 }
  const model = 'link'
  const theory = 3 + 1 + md1MeanWait({ arrivalRate: 0.8, service: 1 })
  const figure = {
    name: 'mean network',
    theory,
    of: ({ summary }: { summary: ReturnType<typeof runReplication> }) =>
      summary.classes[0]!.network.mean,
  }
  const [values] = simulateCase(
    {
      model,
      scenario: scenario({ delay_ms: 3, per_request_ms: 1 }, poisson),
      figures: [figure],
    },
    10,
  )

  test('its mean time matches', () => {
    expect(judge(model, figure, values!).problem).toBeNull()
  })

  test('negative control: a mean that is 5 % off is rejected', () => {
    expect(judge(model, { ...figure, theory: theory * 1.05 }, values!).problem).not.toBeNull()
  })
})

describe('users of a closed loop behind a link', () => {
  const run = (link: object, users: number) => {
    const think_time_s = { distribution: 'fixed', value: 0.001 }
    const arrivals = { process: 'closed-loop', users, think_time_s }
    const work = { law: 'constant', ms: 0.5 }
    return runReplication(simulationInput(scenario(link, arrivals, work)), 0)
  }
  const rate = (summary: ReturnType<typeof runReplication>) =>
    summary.classes[0]!.counts.served / (1000 * (DURATION_S - WARMUP_S))

  test('send no faster than the link passes their requests', () => {
    const summary = run({ per_request_ms: 2 }, 6)
    expect(rate(summary)).toBeCloseTo(1 / 2, 3)
    // six users circulate: a think time of 1 ms plus the rest of the round
    expect(summary.classes[0]!.latency.mean).toBeCloseTo(6 * 2 - 1, 1)
  })

  test('wait only its delay where it is not congested', () => {
    const summary = run({ delay_ms: 4 }, 1)
    expect(rate(summary)).toBeCloseTo(1 / (1 + 4 + 0.5), 3)
    expect(summary.classes[0]!.network.mean).toBeCloseTo(4, 6)
  })
})

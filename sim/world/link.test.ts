import { describe, expect, test } from 'vitest'
import { scenarioOf } from '../../test/scenarios.ts'
import { judge, runReplication, simulateCase, theoryInput } from '../experiment/index.ts'
import { md1MeanWait } from '../theory/index.ts'
import { Link } from './link.ts'

function scenario(link: object, arrivals: object, work: object = { law: 'constant', ms: 1e-6 }) {
  return scenarioOf({
    duration_s: 400,
    warmup_s: 2,
    models: { server: { work } },
    traffic: [{ class: 'web', arrivals }],
    pools: [{ name: 'central', model: 'server' }],
    link,
  })
}

describe('a link', () => {
  test('takes its delay side by side, and then one after another', () => {
    const link = new Link({ delay_ms: 10, per_request_ms: 2 })
    const through = [0, 0, 1, 30].map((sent) => {
      const at = link.through(sent)
      link.passed(at)
      return at
    })
    expect(through).toEqual([12, 14, 16, 42])
  })

  test('asked again, as when an earlier request turns up, has not moved', () => {
    const link = new Link({ delay_ms: 0, per_request_ms: 5 })
    expect([link.through(9), link.through(3), link.through(3)]).toEqual([14, 8, 8])
  })
})

describe('a link before an idle server is M/D/1, load 0.8', () => {
  const poisson = { process: 'poisson', rate_rps: 800 }
  const model = 'link'
  const theory = 3 + 1 + md1MeanWait({ arrivalRate: 0.8, service: 1 })
  const figure = {
    name: 'mean lag',
    theory,
    of: ({ summary }: { summary: ReturnType<typeof runReplication> }) =>
      summary.classes[0]!.parts.lag.mean,
  }
  const [values] = simulateCase(
    {
      model,
      scenario: scenario({ delay_ms: 3, per_request_ms: 1 }, poisson),
      figures: [figure],
    },
    10,
  )

  test('in its mean', () => {
    expect(judge(model, figure, values!).problem).toBeNull()
  })

  test('negative control: a mean that is 5 % off is not it', () => {
    expect(judge(model, { ...figure, theory: theory * 1.05 }, values!).problem).not.toBeNull()
  })
})

describe('users of a closed loop behind a link', () => {
  const run = (link: object, users: number) => {
    const think_time_s = { distribution: 'fixed', value: 0.001 }
    const arrivals = { process: 'closed-loop', users, think_time_s }
    const work = { law: 'constant', ms: 0.5 }
    return runReplication(theoryInput(scenario(link, arrivals, work)), 0)
  }
  const rate = (summary: ReturnType<typeof runReplication>) =>
    summary.classes[0]!.counts.served / 398_000

  test('cannot send faster than it lets them', () => {
    const summary = run({ per_request_ms: 2 }, 6)
    expect(rate(summary)).toBeCloseTo(1 / 2, 3)
    // six go round: a think of 1 ms and the rest
    expect(summary.classes[0]!.latency.mean).toBeCloseTo(6 * 2 - 1, 1)
  })

  test('spend its delay and no more where it holds nobody up', () => {
    const summary = run({ delay_ms: 4 }, 1)
    expect(rate(summary)).toBeCloseTo(1 / (1 + 4 + 0.5), 3)
    expect(summary.classes[0]!.parts.lag.mean).toBeCloseTo(4, 6)
  })
})

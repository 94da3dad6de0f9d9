import { expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

const GAMMA = 'process: gamma, cv: 2'

/** The problems of a scenario with these arrivals, without file and position. */
function problemsOf(arrivals: string): readonly string[] {
  const text = `spillway: 1
name: s
duration_s: 60
models: { m: { work: { law: constant, ms: 1 } } }
traffic: [{ class: web, arrivals: { ${arrivals} } }]
pools: [{ name: central, model: m }]
`
  return problemsIn(text)
}

test.each([
  [
    `${GAMMA}, load: 1, surges: [{ at_s: 5, factor: 2, decay_s: 1, half_life_s: 3 }]`,
    'surges.0.half_life_s: expected either decay_s or half_life_s, got both',
  ],
  [
    `${GAMMA}, load: 1, surges: [{ at_s: 10, factor: 2, every_s: 0.01 }]`,
    'surges.0.every_s: expected at least 0.05, for at most 1000 surges in a run, got 0.01',
  ],
  [
    `${GAMMA}, load: 1, waves: [{ period_s: 0.03, amplitude: 0.5 }]`,
    'waves.0.period_s: expected at least 0.06, for at most 1000 periods in a run, got 0.03',
  ],
  [
    `process: mmpp, load: 1, states: [{ factor: 0, mean_s: 1 }, { factor: 0, mean_s: 1 }]`,
    'states: expected a state with a factor above 0, got none',
  ],
  [
    `process: mmpp, load: 1, states: [{ factor: 0, mean_s: 1, next: [1] }, { factor: 1, mean_s: 1 }]`,
    'states.0.next: expected a weight for each of the 2 states, got 1',
  ],
  [
    `process: mmpp, load: 1, states: [{ factor: 0, mean_s: 1, next: [1, 1] }, { factor: 1, mean_s: 1 }]`,
    'states.0.next: expected 0 for the state itself, got 1',
  ],
  [
    `process: mmpp, load: 1, states: [${[1, 2, 3].map((factor) => `{ factor: ${factor}, mean_s: 1, next: ${factor === 2 ? '[1, 0, 1]' : '[0, 1, 0]'} }`).join(', ')}, { factor: 9, mean_s: 1 }]`,
    'states.0.next: expected a weight for each of the 4 states, got 3',
  ],
  [
    `process: mmpp, load: 1, states: [{ factor: 1, mean_s: 1, next: [0, 1, 0] }, { factor: 2, mean_s: 1, next: [1, 0, 0] }, { factor: 9, mean_s: 1 }]`,
    'states: expected states that all follow from one another, got 2 never after 0',
  ],
  [
    'process: clients, load: 1, clients: 9, cv: { distribution: uniform, min: 3, max: 2 }',
    'cv.max: expected at least min 3, got 2',
  ],
  [
    'process: clients, load: 1, clients: 9, cv: { distribution: lognormal, median: 3, p99: 2 }',
    'cv.p99: expected at least median 3, got 2',
  ],
  ['process: clients, load: 1, clients: 9, cv: 2', 'cv: expected a map, got 2'],
  [
    'process: servegen, file: clients, rate_rps: 3, load: 1',
    'load: expected either rate_rps or load, got both',
  ],
  [
    'process: sum, of: [{ process: poisson, load: 1 }, { process: poisson }]',
    'of.1: expected exactly one of rate_rps, load, schedule, got none',
  ],
])('%s', (arrivals, problem) => {
  expect(problemsOf(arrivals)).toContain(`traffic.web.arrivals.${problem}`)
})

test.each([
  'process: on-off, on_s: 2, off_s: 9, load: 0.4',
  'process: weibull, cv: 1.6, rate_rps: 20, waves: [{ period_s: 20, amplitude: 1 }]',
  'process: mmpp, load: 1, states: [{ factor: 1, mean_s: 5 }, { factor: 6, mean_s: 1 }]',
  'process: sum, of: [{ process: poisson, load: 0.3 }, { process: on-off, on_s: 1, off_s: 2, load: 0.2 }]',
  'process: clients, load: 0.6, clients: 50, cv: { distribution: lognormal, median: 1.5, p99: 9 }',
  'process: sum, of: [{ process: poisson, load: 0.3 }, { process: clients, clients: 5, share_exponent: 0, gaps: weibull, cv: { distribution: fixed, value: 4 }, load: 0.2 }]',
  'process: servegen, file: clients, from_s: 600',
  'process: poisson, load: 0.4, surges: [{ at_s: 5, factor: 3, half_life_s: 4, every_s: 20 }]',
])('%s is fine', (arrivals) => {
  expect(problemsOf(arrivals)).toEqual([])
})

import { expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

const problems = (arrivals: string, pinned = false, residency = true) =>
  problemsIn(`spillway: 1
name: s
duration_s: 60
models:
  a: { work: { law: constant, ms: 4 }, memory: { parameters_millions: 25 } }
  b: { work: { law: constant, ms: 4 }, memory: { parameters_millions: 25 } }
traffic:
  - { class: web, arrivals: ${arrivals} }
devices:
  - { name: card, limit_mib: 1024${residency ? ', residency: { eviction: lru, gib_per_s: 10 }' : ''} }
pools:
  - { name: one, model: a, memory: { allocator: bfc, device: card } }
  - { name: two, model: b, memory: { allocator: bfc, device: card${pinned ? ', pinned: true' : ''} } }
`)

const says = (path: string, key = 'rate_rps') =>
  `traffic.web.arrivals.${path}load: expected ${key} in place of load: the capacity is undefined where models are swapped, as on card, got "load"`

test('no rate is a share of a capacity that is undefined', () => {
  expect(problems('{ process: poisson, rate_rps: 9 }')).toEqual([])
  expect(problems('{ process: poisson, load: 0.7 }')).toEqual([says('')])
  expect(problems('{ process: poisson, load: 0.7 }', true)).toEqual([says('')])
  const steps = 'schedule: [{ at_s: 0, rate_rps: 3 }, { at_s: 9, load: 0.4 }]'
  expect(problems(`{ process: poisson, ${steps} }`)).toEqual([says('schedule.1.')])
  const sum =
    '{ process: sum, of: [{ process: poisson, rate_rps: 1 }, { process: poisson, load: 0.1 }] }'
  expect(problems(sum)).toContainEqual(says('of.1.'))
  const trace = '{ process: trace, file: t.csv, format: azure-llm, load: 0.3 }'
  expect(problems(trace)).toContainEqual(says('', 'time_scale'))
})

test('a rate may be a share of capacity if no model is swapped', () => {
  expect(problems('{ process: poisson, load: 0.7 }', false, false)).toEqual([])
})

import { expect, test } from 'vitest'
import { parseScenario } from '../../../scenarios/index.ts'
import { constantNotes } from './constant-inputs.ts'

function notesOf(uncertain: string, set: readonly string[] = []): readonly string[] {
  const text = `spillway: 1
name: few
duration_s: 10
models: { m: { work: { law: constant, ms: 3 } }, other: { work: { law: constant, ms: 3 } } }
traffic:
  - { class: users, arrivals: { process: closed-loop, users: 2, think_time_s: { distribution: fixed, value: 1 } } }
  - { class: web, arrivals: { process: poisson, rate_rps: 5 } }
pools: [{ name: a, model: m, replicas: 2 }]
uncertain: { ${uncertain} }
`
  const { scenario, uncertain: read } = parseScenario(text, { file: 's.yaml', set })
  return constantNotes(scenario, read!.inputs)
}

test('inputs that are the same in every draw are named', () => {
  const same = (names: string) => [
    `${names}: the same in every draw, so no width of the answer is from it`,
  ]
  expect(notesOf('pools.a.replicas: ± 10 %')).toEqual(same('pools.a.replicas'))
  expect(notesOf('traffic of users: ± 10 %, speed of other: ± 10 %')).toEqual(
    same('traffic of users, speed of other'),
  )
  // a row of a grid with more of them
  expect(notesOf('pools.a.replicas: ± 10 %', ['pools.a.replicas=20'])).toEqual([])
  expect(notesOf('traffic of users: ± 60 %, traffic: ± 10 %, speed of m: ± 10 %')).toEqual([])
})

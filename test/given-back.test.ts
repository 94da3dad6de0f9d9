import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseScenario } from '../scenarios/index.ts'
import { auditRows, type ExecutorChange, promisesOf } from '../sim/audit/index.ts'
import { keptReplication, simulationInput } from '../sim/experiment/index.ts'
import { requestsIn } from '../sim/traffic/index.ts'

/** Replicas that are lost while their scaler gives them back. */

const file = new URL('fuzz/scenarios/lost-while-given-back.yaml', import.meta.url)
const text = readFileSync(file, 'utf8')

function auditedRun(scenarioText: string) {
  const { scenario } = parseScenario(scenarioText, { file: 'lost-while-given-back.yaml' })
  const { rows, changes = [] } = keptReplication(simulationInput(scenario), 0)
  const requests = requestsIn(rows).columns
  const audit = (reported: readonly ExecutorChange[]) =>
    auditRows(promisesOf(scenario), rows.columns, requests, reported).rules
  return { changes, audit }
}
const givenBackIn = (rules: ReturnType<ReturnType<typeof auditedRun>['audit']>) =>
  rules.find(({ rule }) => rule === 'given-back')!

test('stay away until they are asked for, with every other promise', () => {
  const { changes, audit } = auditedRun(text)
  const rules = audit(changes)
  expect(rules.flatMap(({ first }) => first.map((violation) => violation.text))).toEqual([])
  expect(givenBackIn(rules).checked).toBeGreaterThan(10)
  const lost = changes.filter(({ executor, state }, i) => {
    const before = changes.slice(0, i).findLast((change) => change.executor === executor)
    return state === 'down' && before?.state === 'draining'
  })
  expect(lost.length).toBeGreaterThan(0)
})

test('one that comes back by its restart is named', () => {
  const { changes, audit } = auditedRun(text)
  const after = (j: number, ...states: readonly string[]) => {
    const { executor } = changes[j]!
    const next = changes.findIndex((change, k) => k > j && change.executor === executor)
    return next >= 0 && states.includes(changes[next]!.state) ? next : -1
  }
  // one that was given back, was asked for again, and served
  const returned = changes.findIndex(
    ({ state, executor }, j) =>
      state === 'starting' &&
      after(j, 'up') >= 0 &&
      changes.slice(0, j).some((change) => change.executor === executor),
  )
  const { executor } = changes[returned]!
  const { violations, first } = givenBackIn(audit(changes.toSpliced(returned, 1)))
  expect(violations).toBe(1)
  expect(first[0]!.text).toMatch(
    new RegExp(`^executor ${executor} serves from .* ms, but was given back at .* ms$`),
  )
})

import { expect, test } from 'vitest'
import {
  keptReplication,
  resolveSystem,
  runReplication,
  simulatedResult,
  simulationInput,
  withoutFiles,
} from '../sim/experiment/index.ts'
import { scenarioOf } from './scenarios.ts'

/** Chats whose first token reaches its client later than it is generated. */
const scenarioWith = (chat: object, slo: readonly string[] = []) =>
  scenarioOf({
    duration_s: 120,
    models: { m: { work: { law: 'generation', base_ms: 8, per_sequence_ms: 0.2 } } },
    traffic: [
      {
        class: 'web',
        arrivals: { process: 'poisson', rate_rps: 6 },
        input_tokens: { distribution: 'fixed', value: 100 },
        output_tokens: { distribution: 'uniform', min: 5, max: 80 },
        ...chat,
      },
    ],
    pools: [{ name: 'p', model: 'm', generation: { policy: 'continuous' } }],
    slo: { web: slo },
  })

function resultOf(scenario: ReturnType<typeof scenarioOf>) {
  const system = resolveSystem(withoutFiles({ scenario, hash: 'none', file: 's.yaml' }), null)
  const runs = [0, 1].map((replication) => runReplication(system, replication))
  const result = simulatedResult(system, runs, { version: '0', commit: null, profile: null })
  return { ...result, web: result.classes[0]! }
}

test('the first token comes later by the delay, and the request ends as without it', () => {
  const plain = scenarioWith({})
  const delayed = scenarioWith({ first_token_delay_ms: 15 })
  const [before, after] = [resultOf(plain).web, resultOf(delayed).web]
  expect(after.latency).toEqual(before.latency)
  const shift = after.tokens!.ttft.mean.value! - before.tokens!.ttft.mean.value!
  expect(shift).toBeCloseTo(15, 6)
  expect(after.tokens!.itl).toEqual(before.tokens!.itl)
  const rowsOf = (scenario: typeof plain) =>
    keptReplication(simulationInput(scenario), 0).rows.columns
  expect(rowsOf(delayed)).toEqual(rowsOf(plain))
})

test('the first token comes with the last at the latest, so a single token with its answer', () => {
  const output_tokens = { distribution: 'fixed', value: 1 }
  const { latency, tokens } = resultOf(
    scenarioWith({ output_tokens, first_token_delay_ms: 15 }),
  ).web
  expect(tokens!.ttft).toEqual(latency)
  const late = resultOf(scenarioWith({ first_token_delay_ms: 1e6 })).web
  expect(late.tokens!.ttft).toEqual(late.latency)
  expect(late.tokens!.tpot.mean.value).toBe(0)
})

test('objectives on first tokens are of what clients see', () => {
  const slo = ['p(75) ttft_ms < 60', 'p(90, worst 20s) ttft_ms < 60']
  const valuesOf = (chat: object) =>
    resultOf(scenarioWith(chat, slo)).objectives.map(({ estimate }) => estimate.value!)
  const late = valuesOf({ first_token_delay_ms: 15 })
  for (const [i, value] of valuesOf({}).entries()) expect(late[i]).toBeCloseTo(value + 15, 0)
})

import { expect, test } from 'vitest'
import { madeUpProfile } from '../../../test/profiles.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import type { Ms, StepRun } from '../../serving/index.ts'
import { measuredLaw, type Profile } from '../../world/index.ts'
import { recordRun } from '../figures/run-summary.ts'
import { resolveSystem, withoutFiles } from '../index.ts'
import { runWorld } from './run-world.ts'
import { keptReplication, recordedWorld, runReplication } from './simulate.ts'

const decoder = (speed = '') =>
  scenarioOf(`spillway: 1
name: decoder
duration_s: 20
models: { m: { builtin: transformer-decoder, context: 512 } }
traffic:
  - class: chat
    arrivals: { process: poisson, rate_rps: 4 }
    input_tokens: { distribution: uniform, min: 8, max: 200 }
    output_tokens: { distribution: uniform, min: 2, max: 40 }
pools:
  - name: engine
    model: m
    generation: { policy: continuous, max_sequences: 8, token_budget: 128, kv_cache: { blocks: 200 } }${speed}
`)

const prepared = (scenario: ReturnType<typeof decoder>) =>
  withoutFiles({ scenario, hash: 'x', file: 'decoder.yaml' })

/** Runs of the first replication: what each took beyond its steps at speed 1, and these, ms. */
function simulated(scenario: ReturnType<typeof decoder>, profile: Profile) {
  const input = resolveSystem(prepared(scenario), profile)
  const law = measuredLaw(profile.models[0]!.steps!)
  const { parts } = recordedWorld(input, 0, recordRun)
  const runs: { readonly ms: Ms; readonly lawMs: Ms }[] = []
  const stepped = (now: Ms, run: StepRun) => {
    const { steps } = run
    const lawMs = steps * law.stepMs(run) + (law.growthMs(run) * steps * (steps - 1)) / 2
    runs.push({ ms: now - run.started, lawMs })
  }
  const observe: typeof parts.observe = (slots) => [...parts.observe(slots), { stepped }]
  runWorld({ ...parts, observe })
  return runs
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)

/** A machine of one speed, without overheads and stalls. */
function flat(profile: Profile, speed: number, aroundMs: Ms = 0): Profile {
  const none = { from: [], to: [] }
  const tables = [{ atMs: 0, table: [aroundMs / 2] }]
  const models = profile.models.map((model) => ({
    ...model,
    wake: { gapMs: [0], ms: [0] },
    overheads: { lag: [0], timer: [0], completion: tables, dispatch: tables },
    fields: model.fields.map((field) => ({
      ...field,
      executors: field.executors.map((executor) => ({
        ...executor,
        times: [0],
        speeds: [speed],
        ...{ stalls: none, lateStarts: none },
      })),
      ...{ dispatcher: none, intake: none },
    })),
  }))
  return { ...profile, models }
}

test('simulated steps take what the profile says, over its speed and with its overheads', () => {
  const scenario = decoder()
  const profile = madeUpProfile(scenario)
  const plain = simulated(scenario, flat(profile, 1))
  expect(plain.length).toBeGreaterThan(150)
  for (const { ms, lawMs } of plain) expect(ms).toBeCloseTo(lawMs, 6)
  const slow = simulated(scenario, flat(profile, 0.5, 0.4))
  for (const { ms, lawMs } of slow) expect(ms).toBeCloseTo(2 * lawMs + 0.4, 6)
})

test('steps vary as the profile says, about the mean of their law', () => {
  const scenario = decoder()
  const profile = flat(madeUpProfile(scenario), 1)
  const variation = [{ atMs: 1, table: [0.8, 0.9, 1.1, 1.2] }]
  const models = profile.models.map((model) => ({ ...model, variation }))
  const runs = simulated(scenario, { ...profile, models })
  const ratio = sum(runs.map(({ ms }) => ms)) / sum(runs.map(({ lawMs }) => lawMs))
  expect(Math.abs(ratio - 1)).toBeLessThan(0.02)
  expect(runs.some(({ ms, lawMs }) => Math.abs(ms / lawMs - 1) > 0.05)).toBe(true)
})

test('at ideal speed they take their law alone', () => {
  const scenario = decoder('\n    speed: ideal')
  const profile = madeUpProfile(scenario)
  for (const { ms, lawMs } of simulated(scenario, profile)) expect(ms).toBeCloseTo(lawMs, 6)
})

test('the capacity counts the time around each run', () => {
  const scenario = decoder()
  const capacity = (aroundMs: Ms) =>
    resolveSystem(prepared(scenario), flat(madeUpProfile(scenario), 1, aroundMs)).capacityRps!
  expect(capacity(2)).toBeLessThan(0.95 * capacity(0))
})

test('a replication is the same again', () => {
  const input = resolveSystem(prepared(decoder()), madeUpProfile(decoder()))
  const [one, two] = [keptReplication(input, 0), keptReplication(input, 0)]
  expect(one.journal).toEqual(two.journal)
})

test.each([
  '{ kind: crash, every_s: 1, restart_s: { distribution: fixed, value: 0.2 } }',
  '{ kind: slow, factor: 3, every_s: 2, for_s: 1 }',
])('with failures %s no request is lost from sight', (failure) => {
  const scenario = decoder(`\nfailures: [${failure}]`)
  const input = resolveSystem(prepared(scenario), madeUpProfile(scenario))
  const [chat] = runReplication(input, 0).classes
  const { arrived, served, failed } = chat!.counts
  expect(served + failed).toBe(arrived)
  expect(served).toBeGreaterThan(20)
  expect(failed > 0).toBe(failure.includes('crash'))
})

test('steps of a slow replica take so many times as long', () => {
  const failures = '\nfailures: [{ kind: slow, factor: 3, at_s: [0], for_s: 1000 }]'
  const scenario = decoder(failures)
  const runs = simulated(scenario, flat(madeUpProfile(scenario), 1))
  const after = runs.slice(20)
  for (const { ms, lawMs } of after) expect(ms).toBeCloseTo(3 * lawMs, 6)
})

test('a profile without steps is refused by name', () => {
  const scenario = decoder()
  const profile = madeUpProfile(scenario)
  const models = profile.models.map(({ steps: _, ...model }) => model)
  expect(() => resolveSystem(prepared(scenario), { ...profile, models })).toThrow(
    /pools\.engine: the profile made up has no times of steps of transformer-decoder/,
  )
})

import { describe, expect, test } from 'vitest'
import type { ErrorSplit } from '../../documents/index.ts'
import { runReplication, type SimulationInput } from '../index.ts'
import { executorWork } from '../simulation/hardware.ts'
import { compareRuns, runPercentiles, simulatedPercentiles } from './compare.ts'
import {
  DYNAMIC,
  type KnownOptions,
  type KnownRun,
  knownRun,
  simulatedOnce,
} from './known-machine.test-helper.ts'
import { knownInput, knownProfile } from './known-profile.test-helper.ts'
import { machineChange } from './machine-change.ts'

const SECONDS = 8
const LOAD = 0.5
const REHEARSALS = Array.from({ length: 12 }, (_, i) => 1 + i)
const DAYS = Array.from({ length: 10 }, (_, i) => 101 + i)

type Machine = Pick<KnownOptions, 'slowness' | 'controlMs'>

const runs = new Map<string, KnownRun>()

/** Runs each day of a machine once. */
function dayOf(seed: number, requestSeed: number, machine: Machine): KnownRun {
  const name = JSON.stringify([seed, requestSeed, machine])
  const run =
    runs.get(name) ?? knownRun({ load: LOAD, seconds: SECONDS, seed, requestSeed, ...machine })
  runs.set(name, run)
  return run
}

/** By what the profile takes for the work, which the simulations of a replay assume. */
const simulations = new Map<number, ReturnType<typeof simulatedOnce>>()

function simulatedWith(workScale: number) {
  const simulate = simulations.get(workScale) ?? simulatedOnce()
  simulations.set(workScale, simulate)
  return simulate
}

/** Replays of some days, predicted from rehearsals on a machine of other days. */
function knownComparison(of: {
  readonly before: Machine
  readonly now: Machine
  /** what the profile takes for the work, by the true one */
  readonly workScale: number
}) {
  const { before, now, workScale } = of
  const rehearsals = REHEARSALS.map((seed) => dayOf(seed, seed, before))
  const replays = DAYS.map((seed) => dayOf(seed, 100, now))
  const { plan, requests, work } = replays[0]!
  const recorded = knownProfile({
    rehearsals,
    seconds: SECONDS,
    load: LOAD,
    work: work[0]!.work,
  })
  const ms = recorded.work.ms.map((row) => row.map((time) => workScale * time))
  const profile = { ...recorded, work: { ...recorded.work, ms } }
  const sides = { seconds: SECONDS, warmupS: 1, batching: DYNAMIC }
  const input = knownInput(replays[0]!, profile, sides)
  const change = machineChange(input, replays, null)
  const predict = (from: SimulationInput) =>
    Array.from({ length: 24 }, (_, i) => runPercentiles(runReplication(from, i)))
  return compareRuns({
    plan,
    requests,
    replays,
    work: executorWork(input),
    predictions: Array.from({ length: 24 }, (_, i) =>
      simulatedPercentiles(runReplication(input, i)),
    ),
    recordings: 1,
    change: {
      control: change.control,
      now: change.now && predict(change.now),
      level: predict(change.level),
    },
    disturbed: false,
    warmupMs: 1000,
    durationMs: 1000 * SECONDS,
    seed: 1,
    simulate: simulatedWith(workScale),
  })
}

type Compared = ReturnType<typeof knownComparison>

/** The split at p50 and p90. */
const splits = ({ percentiles }: Compared) => percentiles.slice(0, 2).map(({ split }) => split!)

function expectNearZero(splits: readonly ErrorSplit[], ...parts: (keyof ErrorSplit)[]) {
  for (const split of splits) {
    for (const part of parts) {
      // noise is the chance of ten replays and twelve rehearsals
      expect(Math.abs(split[part]!), part).toBeLessThan(part === 'noise' ? 0.035 : 0.012)
    }
  }
}

const SAME = { before: { controlMs: 1 }, now: { controlMs: 1 }, workScale: 1 }
const SLOWER = { ...SAME, now: { controlMs: 1.08, slowness: 1.08 } }

describe('the split of a prediction error on a machine of known truth', () => {
  const slower = knownComparison(SLOWER)

  test('adds up to the error at every percentile', () => {
    expect(slower.percentiles).toHaveLength(4)
    for (const { split, simulated, measured } of slower.percentiles) {
      const { structure, service_model, drift, noise } = split!
      const sum = structure + service_model + drift! + noise
      expect(sum).toBeCloseTo(simulated.value! / measured.value! - 1, 12)
    }
  })

  test('is drift where the machine has become 8 % slower, which the check names', () => {
    const [p50, p90] = splits(slower)
    expect(p50!.drift).toBeGreaterThan(-0.095)
    expect(p50!.drift).toBeLessThan(-0.055)
    expect(p90!.drift).toBeLessThan(p50!.drift!)
    expectNearZero([p50!, p90!], 'structure', 'service_model', 'noise')
    expect(slower.control_kernel).toEqual({
      pools: [{ pool: 'central', profile_ms: 1, replays_ms: 1.08 }],
      unknown: null,
    })
    const { verdict, reason } = slower.checks.prediction
    expect(verdict).not.toBe('PASS')
    expect(reason).toMatch(
      /; largest part of the error at p50.*: the machine is 8\.0 % slower than when its profile was recorded \(control kernel 1\.08 against 1\.00 ms\)/,
    )
  })

  test('is service model and drift in one part where the profile has no control time', () => {
    const untimed = knownComparison({ ...SLOWER, before: {} })
    expect(untimed.control_kernel.unknown).toMatch(/^the profile has no time of the control kernel/)
    for (const [i, split] of splits(untimed).entries()) {
      const { service_model, drift } = splits(slower)[i]!
      expect(split.drift).toBeNull()
      expect(split.service_model).toBeCloseTo(service_model + drift!, 2)
    }
    expectNearZero(splits(untimed), 'structure', 'noise')
    expect(untimed.checks.prediction.reason).toContain(
      "the profile's service times or a change of the machine",
    )
  })

  test('is service model where the work of the profile is 8 % wrong', () => {
    const wrong = knownComparison({ ...SAME, workScale: 0.92 })
    const [p50, p90] = splits(wrong)
    expect(p50!.service_model).toBeGreaterThan(-0.095)
    expect(p50!.service_model).toBeLessThan(-0.055)
    expect(p90!.service_model).toBeLessThan(p50!.service_model)
    expectNearZero([p50!, p90!], 'structure', 'drift', 'noise')
    expect(wrong.checks.prediction.reason).toMatch(
      /; largest part of the error at p[59]0.*: the profile's service times/,
    )
  })

  test('has no large part where nothing has changed', () => {
    const same = knownComparison(SAME)
    expectNearZero(splits(same), 'structure', 'service_model', 'drift', 'noise')
    expect(same.percentiles[0]!.verdicts.prediction).toBe('PASS')
    expect(same.checks.prediction.verdict).not.toBe('FAIL')
  })
})

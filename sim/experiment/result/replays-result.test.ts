import { describe, expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import type { ControlKernel } from '../../documents/index.ts'
import { runReplication } from '../simulation/simulate.ts'
import { withoutFiles } from '../system/prepared-scenario.ts'
import { resolveSystem } from '../system/resolve.ts'
import { simulationInput } from '../system/simulation-input.ts'
import { replaysResult } from './replays-result.ts'
import type { ResultHead } from './result.ts'
import { agreement, type ComparedStates } from './stability.ts'

/** Batches of 4 ms at 40 % of their capacity, or at 160 %, as on a machine that others use. */
const scenarioAt = (rate_rps: number) =>
  scenarioOf({
    duration_s: 60,
    traffic: [{ class: 'web', arrivals: { process: 'poisson', rate_rps } }],
    slo: { web: ['p(50) latency_ms < 20', 'p(50) latency_ms < 1'] },
  })

const scenario = scenarioAt(100)
const system = resolveSystem(withoutFiles({ scenario, hash: 'h', file: 'a.yaml' }), null)
const runAt = (rate: number, replication: number) =>
  runReplication(simulationInput(scenarioAt(rate)), replication)
const QUIET = [0, 1, 2].map((replication) => runAt(100, replication))
const DISTURBED = runAt(400, 0)

const HEAD: ResultHead = {
  ...({ version: '0', commit: null, garbage_collections: null, world: 'measured' } as const),
  ...{ seed: 1, profile: null, load: null, warnings: [], valid: false, host: null },
}

const judged = (runs: typeof QUIET, spoiled: readonly number[]) => {
  const { objectives, stability, runs: all } = replaysResult(system, runs, HEAD, spoiled)
  return { verdicts: objectives.map(({ verdict }) => verdict), state: stability.state, all }
}

describe('the result of replays', () => {
  test('is judged on those that count', () => {
    const quiet = { verdicts: ['PASS', 'FAIL'], state: 'STABLE' }
    expect(judged(QUIET, [])).toEqual({ ...quiet, all: 3 })
    const withOne = [QUIET[0]!, DISTURBED, QUIET[1]!, QUIET[2]!]
    expect(judged(withOne, [1])).toEqual({ ...quiet, all: 4 })
    // all of them together would not pass
    expect(judged(withOne, []).verdicts).not.toContain('PASS')
  })

  test('has no verdict where none counts, whatever it shows', () => {
    const open = { verdicts: ['UNDECIDED', 'UNDECIDED'], state: 'UNDECIDED' }
    expect(judged([DISTURBED], [])).toMatchObject({ state: 'OVERLOADED' })
    expect(judged(QUIET, [0, 1, 2])).toEqual({ ...open, all: 3 })
    const { objectives, stability } = replaysResult(system, QUIET.slice(0, 1), HEAD, [0])
    expect(objectives[0]!.estimate.reason).toBe('the replay does not count')
    expect(stability.reason).toBe('the replay does not count')
    expect(judged([DISTURBED], []).state).toBe('OVERLOADED')
    // no profile may learn from them
    expect(judged([DISTURBED], [0])).toEqual({ ...open, state: 'OVERLOADED', all: 1 })
    const { reason } = replaysResult(system, [DISTURBED], HEAD, [0]).stability
    expect(reason).toMatch(/^the backlog grew .* at the end, though the replay does not count$/)
  })
})

describe('a stable prediction of overloaded replays', () => {
  const control = (ratio: number): ControlKernel => {
    return { unknown: null, pools: [{ pool: 'a', profile_ms: 2, replays_ms: 2 * ratio }] }
  }
  const [predicted, measured] = [QUIET, [DISTURBED]].map(
    (runs) => replaysResult(system, runs, HEAD, []).stability,
  )
  const check = { verdict: 'UNDECIDED', reason: 'noise', worst: null } as const
  const agreed = (over: Partial<ComparedStates>) =>
    agreement(check, {
      ...{ predicted: predicted!, measured: measured!, replays: 2, control: control(1) },
      ...over,
    })

  test('fails by two replays on the machine of the profile', () => {
    expect(agreed({})).toMatchObject({
      verdict: 'FAIL',
      reason: expect.stringMatching(/^predicted STABLE, measured OVERLOADED: /),
    })
    expect(agreed({ control: control(1.04) }).verdict).toBe('FAIL')
    // another card has no control kernel
    expect(agreed({ control: { pools: [], unknown: 'a card' } }).verdict).toBe('FAIL')
    expect(agreed({ measured: predicted! })).toBe(check)
    expect(agreed({ replays: 0 })).toBe(check)
  })

  test('is open by a single one, and where the machine has changed', () => {
    expect(agreed({ replays: 1 })).toMatchObject({
      verdict: 'UNDECIDED',
      reason: expect.stringMatching(/one replay shows no noise/),
    })
    for (const [ratio, change] of [
      [3.67, '+267.0 %'],
      [0.9, '−10.0 %'],
    ] as const) {
      const found = agreed({ control: control(ratio) })
      expect(found.verdict).toBe('UNDECIDED')
      expect(found.reason).toContain(
        `the control kernel took ${change}, so the machine has changed`,
      )
    }
    const untimed = { pools: [], unknown: 'not timed', machine_unknown: 'not timed' }
    const open = agreed({ control: untimed })
    expect(open).toMatchObject({
      verdict: 'UNDECIDED',
      reason: expect.stringMatching(/; not timed$/),
    })
    const failed = { ...check, verdict: 'FAIL' } as const
    const states = { predicted: predicted!, measured: measured!, replays: 1, control: control(1) }
    expect(agreement(failed, states)).toBe(failed)
  })
})

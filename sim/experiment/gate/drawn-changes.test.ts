import { describe, expect, test } from 'vitest'
import { lawOf, type UncertainInput } from '../../../scenarios/schema/uncertain.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import type { BaselineEntry, GateFigure } from '../../documents/index.ts'
import { PERCENTILES } from '../../stats/index.ts'
import type { RunFigures } from '../configuration/run-figures.ts'
import { pairedInputs } from '../uncertainty/paired-inputs.ts'
import type { DrawnRuns } from '../uncertainty/uncertain-figures.ts'
import type { DrawnSide, GateDraws } from './drawn-changes.ts'
import { predictionCase } from './prediction.ts'

/** Gates of which all draws are known: what the rule makes of them. */

const OBJECTIVE = 'p(50) latency_ms < 20'
const SCENARIO = scenarioOf({ slo: { web: [OBJECTIVE] } })
const ARRIVED = 10_000

/** A replication with this latency at every percentile, and so many requests that are lost. */
function runOf(ms: number, lost = 0): RunFigures {
  const percentiles = PERCENTILES.map(() => ms)
  const served = ARRIVED - lost
  return {
    requests: '',
    classes: [
      {
        ...{ arrived: ARRIVED, served, servedInTraffic: served, good: served, generated: 0 },
        ...{ latency: { n: served, mean: ms, percentiles }, all: percentiles, parts: [] },
      },
    ],
    pools: [],
    objectives: [{ value: ms, n: ARRIVED, upper: null, tail: null }],
    memoryOfLimit: null,
    drift: { held: 1, backlog: 0, arrived: [], growth: [], pools: [] },
    observedS: 10,
  }
}

const law = lawOf('± 10 %', 12)
if (typeof law === 'string') throw new Error(law)
const NAME = 'models.m.work.ms'
const INPUT: UncertainInput = { name: NAME, model: null, value: 12, whole: false, law }

const drawnRuns = (...runs: RunFigures[]): DrawnRuns => {
  return { scenario: SCENARIO, capacityRps: 100, runs }
}

interface Known {
  /** ms at the stated inputs */
  readonly stated: number
  /** ms at each draw */
  readonly drawn: readonly number[]
  /** requests that are lost, at the stated inputs and at each draw */
  readonly lost?: readonly [number, readonly number[]]
}

function sideOf({ stated, drawn, lost: [lost, lostAt] = [0, []] }: Known): DrawnSide {
  const low = stated * 0.99
  return {
    nominal: drawnRuns(runOf(stated, lost)),
    runs: drawn.map((ms, i) => drawnRuns(runOf(ms, lostAt[i]))),
    objectives: [
      {
        ...{ class: 'web', text: OBJECTIVE, verdict: stated < 20 ? 'PASS' : 'FAIL' },
        estimate: { value: stated, low, high: stated * 1.01, n: ARRIVED },
      },
    ],
  }
}

function entryOf(
  { stated, lost: [lost] = [0, []] }: Known,
  more: readonly GateFigure[] = [],
): BaselineEntry {
  const figure = { class: 'web', better: 'lower' } as const
  return {
    ...{ file: 'a.yaml', name: 'a', hash: 'h', version: '1.0.0', commit: null, profile: null },
    ...{ seed: 1, replications: 10, load: 0.5, scenario: {}, objectives: [] },
    figures: [
      { ...figure, name: 'p50', unit: 'ms', value: stated },
      { ...figure, name: 'p95', unit: 'ms', value: stated },
      { ...figure, name: 'lost or late', unit: 'share', value: lost / ARRIVED },
      ...more,
    ],
  }
}

/** `side`: the side that states the input; of both, each draw has the same. */
function drawsOf(base: Known, head: Known, side: 'both' | 'head' = 'both'): GateDraws {
  const paired = pairedInputs(side === 'both' ? [INPUT] : [], [INPUT])
  // the input has the factor of the head
  const values = head.drawn.map((ms) => [INPUT.value * (ms / head.stated)])
  return { paired, values, base: sideOf(base), head: sideOf(head) }
}

function judge(base: Known, head: Known, more: readonly GateFigure[] = []) {
  const options = { margin: 0.05, from: 'gate.json', changes: [], draws: drawsOf(base, head) }
  const judged = predictionCase(entryOf(base, more), entryOf(head, more), options)
  const metricOf = (name: string) => judged.metrics.find((metric) => metric.name === name)!
  return { ...judged, metricOf }
}

/** So many factors from the lowest to the highest, in an order that is not theirs. */
function factors(lowest: number, highest: number, count = 32): number[] {
  return Array.from({ length: count }, (_, i) => {
    return lowest * (highest / lowest) ** (((7 * i) % count) / (count - 1))
  })
}

const WIDE = factors(0.5, 2)
const known = (stated: number, drawn: readonly number[]): Known => {
  return { stated, drawn: drawn.map((factor) => stated * factor) }
}

describe('a gate over draws of inputs', () => {
  test('is not widened by an input that acts the same on both sides', () => {
    const judged = judge(known(10, WIDE), known(11, WIDE))
    expect(judged).toMatchObject({ verdict: 'FAIL', interval: 'inputs' })
    const { with_inputs: wide, ratio } = judged.metricOf('p50')
    expect(ratio).toBe(1.1)
    expect(wide!.low).toBeCloseTo(1.1, 9)
    expect(wide!.high).toBeCloseTo(1.1, 9)
    expect(wide!.p_worse).toBe(1)
    expect(judged.reason).toBe(
      'worse by more than 5 %: web: p50 +10 % ([+10 %, +10 %] with uncertain inputs) and 1 more',
    )
  })

  test('does not tell the same change where inputs of both sides are independent', () => {
    const judged = judge(known(10, WIDE), known(11, WIDE.toReversed()))
    expect(judged.verdict).toBe('UNDECIDED')
  })

  test('is undecided where the sign of a change depends on an input, with its probability', () => {
    const judged = judge(known(10, Array<number>(32).fill(1)), known(10.2, factors(0.8, 1.3)))
    const { verdict, with_inputs: wide, note } = judged.metricOf('p50')
    expect([judged.verdict, verdict]).toEqual(['UNDECIDED', 'UNDECIDED'])
    expect(wide!.low).toBeLessThan(1)
    expect(wide!.high).toBeGreaterThan(1.05)
    const share = factors(0.8, 1.3).filter((factor) => 1.02 * factor > 1.05).length / 32
    expect(wide!.p_worse).toBeCloseTo(share, 9)
    expect(note).toMatch(
      /^worse by more than 5 % with a probability of [\d.]+ %; it hangs on models\.m\.work\.ms \(100 %\)$/,
    )
    expect(wide!.hangs_on).toMatchObject({ name: NAME, side: 'both' })
    expect(wide!.hangs_on!.share).toBeGreaterThan(0.99)
    expect(judged.reason).toMatch(
      /^web: p50 \+2 % \(\[−\d.* %, \+\d.* %\] with uncertain inputs\): worse by more than 5 % /,
    )
  })

  test.each([
    // stated, and the draws from the lowest to the highest
    ['PASS', 10.1, 0.98, 1.02],
    ['UNDECIDED', 10.1, 0.9, 1.1],
    ['UNDECIDED', 11, 0.9, 1.1],
    ['FAIL', 11, 0.99, 1.01],
    ['IMPROVED', 9, 0.99, 1.01],
    // better in the middle, and no worse at the end
    ['PASS', 9, 0.9, 1.1],
    ['UNDECIDED', 9, 0.8, 1.25],
  ])('is %s where 10 ms are %s, and that is multiplied by %s to %s', (verdict, ms, low, high) => {
    const base = known(10, Array<number>(32).fill(1))
    expect(judge(base, known(ms, factors(low, high))).verdict).toBe(verdict)
  })

  test('counts no change that the stated values and the draws do not both show', () => {
    const base = known(10, Array<number>(32).fill(1))
    // stated at the edge of what it may be
    expect(judge(base, known(11, factors(0.88, 0.9))).verdict).toBe('UNDECIDED')
    expect(judge(base, known(10, factors(1.1, 1.2))).verdict).toBe('UNDECIDED')
    const better = judge(base, known(9, factors(1.08, 1.1)))
    expect(better.verdict).toBe('PASS')
    expect(better.metricOf('p50').note).toBe('with uncertain inputs it may be no improvement')
  })

  test.each([
    // requests that are lost of 10,000 at the stated inputs, and at the most
    ['FAIL', 0, 200, 250],
    ['PASS', 0, 0, 9],
    ['UNDECIDED', 0, 0, 200],
    ['UNDECIDED', 200, 200, 400],
    ['IMPROVED', 400, 200, 300],
  ])('is %s where %s lost requests become %s to %s', (verdict, before, least, most) => {
    const none = Array<number>(32).fill(1)
    const lostAt = none.map((_, i) => least + Math.round(((most - least) * i) / 31))
    const base = { ...known(10, none), lost: [before, none.map(() => before)] } as const
    const head = { ...known(10, none), lost: [least, lostAt] } as const
    const judged = judge(base, head)
    expect(judged.metricOf('lost or late').verdict).toBe(verdict)
    // in points: from none to some there is no ratio
    const { low, high } = judged.metricOf('lost or late').with_inputs!
    expect(low).toBeGreaterThanOrEqual((least - before) / ARRIVED - 1e-9)
    expect(high).toBeLessThanOrEqual((most - before) / ARRIVED + 1e-9)
  })

  test('is undecided about a figure that has no value in some draw', () => {
    const base = known(10, Array<number>(32).fill(1))
    const silent = { stated: 10, drawn: [Number.NaN, ...base.drawn.slice(1)] }
    const judged = judge(base, silent)
    expect(judged.metricOf('p50')).toMatchObject({
      verdict: 'UNDECIDED',
      with_inputs: { low: null, high: null, p_worse: null, hangs_on: null },
      note: 'has no value in some draws of the uncertain inputs',
    })
  })

  test('judges memory at the stated inputs, and says so', () => {
    const memory = { class: null, name: 'memory of pool a', unit: 'mib', better: 'lower' } as const
    const side = known(10, Array<number>(32).fill(1))
    const judged = judge(side, side, [{ ...memory, value: 9 }])
    expect(judged.verdict).toBe('PASS')
    const row = judged.metricOf('memory of pool a')
    expect(row).toMatchObject({ verdict: 'PASS', note: 'at the stated inputs' })
    expect(row).not.toHaveProperty('with_inputs')
    const [small, large] = [9, 12].map((value) => entryOf(side, [{ ...memory, value }]))
    const options = { margin: 0.05, from: 'gate.json', changes: [], draws: drawsOf(side, side) }
    const worse = predictionCase(small!, large!, options)
    expect(worse).toMatchObject({ verdict: 'FAIL', interval: 'draws' })
  })

  test('names its inputs, and where twice the draws would move an end', () => {
    const none = Array<number>(32).fill(1)
    const { uncertain } = judge(known(10, none), known(10, none))
    expect(uncertain).toMatchObject({ draws: 32, replications: 1, settled: true })
    const [input] = uncertain!.inputs
    expect(input).toMatchObject({ name: NAME, value: 12, side: 'both' })
    expect(input!.low).toBeCloseTo(12 / 1.1, 1)
    // the second half goes further than the first
    const growing = [...factors(0.9, 1.1, 16), ...factors(0.5, 2, 16)]
    expect(judge(known(10, none), known(10, growing)).uncertain!.settled).toBe(false)
  })

  test('judges objectives by their wider interval on both sides', () => {
    const narrow = Array<number>(32).fill(1)
    const wide = factors(0.8, 1.25)
    // all draws of 15 ms are below 20 ms, and those of 17 ms are not
    const held = judge(known(15, narrow), known(15, wide))
    expect(held.metricOf(OBJECTIVE)).toBeUndefined()
    const open = judge(known(17, narrow), known(17, wide))
    expect(open.metricOf(OBJECTIVE)).toMatchObject({
      verdict: 'UNDECIDED',
      note: expect.stringMatching(
        /^PASS → UNDECIDED, and with uncertain inputs it holds with a probability of \d.* %$/,
      ),
    })
    // it was open before
    expect(judge(known(17, wide), known(17, wide)).metricOf(OBJECTIVE)).toBeUndefined()
  })

  test('does not pass an objective that is lost at the stated inputs, and open by draws', () => {
    const lost = judge(known(19.8, WIDE), known(20.2, WIDE))
    expect(lost).toMatchObject({ verdict: 'UNDECIDED', interval: 'inputs' })
    expect(lost.metricOf(OBJECTIVE)).toMatchObject({
      verdict: 'UNDECIDED',
      note: expect.stringMatching(/^PASS → FAIL at the stated inputs, and with uncertain inputs/),
    })
    // nor is what was missed before a failure of the change
    const narrow = factors(0.99, 1.01)
    const missed = judge(known(20.4, WIDE), known(20.5, narrow))
    expect(missed.metricOf(OBJECTIVE).verdict).toBe('UNDECIDED')
  })

  test('is undecided about an objective that has a value in some draws only', () => {
    const none = Array<number>(32).fill(Number.POSITIVE_INFINITY)
    const some = none.map((ms, i) => (i === 0 ? 15 : ms))
    const judged = judge(known(15, WIDE), { stated: Number.POSITIVE_INFINITY, drawn: some })
    expect(judged.metricOf(OBJECTIVE).verdict).toBe('UNDECIDED')
  })

  test('that change a figure never says that none has changed', () => {
    const moved = judge(known(10, Array<number>(32).fill(1)), known(10, factors(0.99, 1.01)))
    expect(moved.verdict).toBe('PASS')
    expect(moved.reason).toContain('no metric is worse by more than 5 %')
    expect(judge(known(10, WIDE), known(10, WIDE)).reason).toBe('no figure has changed')
  })
})

test('a change names the side that states the input that it hangs on, and none that is chance', () => {
  const none = Array<number>(32).fill(1)
  const options = { margin: 0.05, from: 'gate.json', changes: [] }
  const [base, head] = [known(10, none), known(10, factors(0.8, 1.3))]
  const draws = drawsOf(base, head, 'head')
  const judged = predictionCase(entryOf(base), entryOf(head), { ...options, draws })
  expect(judged.reason).toContain('; it hangs on models.m.work.ms in the head (100 %)')
  const same = drawsOf(head, head)
  const unmoved = predictionCase(entryOf(head), entryOf(head), { ...options, draws: same })
  expect(unmoved.metrics[0]!.with_inputs!.hangs_on).toBeNull()
})

test('without draws a gate has no key of them', () => {
  const narrow = known(10, [])
  const options = { margin: 0.05, from: 'gate.json', changes: [] }
  const judged = predictionCase(entryOf(narrow), entryOf(known(11, [])), options)
  expect(judged.verdict).toBe('FAIL')
  expect(JSON.stringify(judged)).not.toMatch(/"(interval|uncertain|with_inputs)"/)
})

test('other widths of the traffic are other requests', () => {
  const narrow = known(10, [])
  const options = { margin: 0.05, from: 'gate.json' }
  for (const path of ['traffic.web.arrivals.rate_rps', 'traffic', 'lengths', 'lengths of web']) {
    const changes = [`uncertain.${path}: none → ± 10 %`]
    const judged = predictionCase(entryOf(narrow), entryOf(narrow), { ...options, changes })
    expect(judged).toMatchObject({
      verdict: 'NOT COMPARABLE',
      reason: expect.stringContaining(`other requests than gate.json: uncertain.${path}`),
    })
  }
  const ofService = ['uncertain.speed of m: none → ± 10 %']
  const same = predictionCase(entryOf(narrow), entryOf(narrow), { ...options, changes: ofService })
  expect(same.verdict).toBe('PASS')
})

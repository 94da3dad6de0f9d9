import { describe, expect, test } from 'vitest'
import { stream } from '../../kernel/index.ts'
import { ALPHA, confirmed, decide, LOOKS, lookLevel, runGate, stepAfter } from './decision.ts'
import { syntheticGates } from './synthetic-gates.ts'

const alternating = (centre: number, spread: number, n = 10) =>
  Array.from({ length: n }, (_, i) => centre + (i % 2 === 0 ? spread : -spread))

describe('the verdict of a metric is by its interval against the margin', () => {
  const verdicts = (...metrics: number[][]) =>
    decide(metrics, 0.05, lookLevel()).map(({ verdict }) => verdict)

  test('wholly above is FAIL, wholly below PASS, far below IMPROVED', () => {
    expect(verdicts(alternating(0.1, 0.02))).toEqual(['FAIL'])
    expect(verdicts(alternating(0, 0.02))).toEqual(['PASS'])
    expect(verdicts(alternating(-0.1, 0.02))).toEqual(['IMPROVED'])
    expect(verdicts(alternating(0.05, 0.02))).toEqual(['UNDECIDED'])
  })

  test('ten blocks can fail one of four metrics, and nine cannot', () => {
    const others = [alternating(0, 0.3), alternating(0, 0.3), alternating(0, 0.3)]
    expect(verdicts(alternating(0.2, 0.01), ...others)[0]).toBe('FAIL')
    const nine = [alternating(0.2, 0.01), ...others].map((values) => values.slice(0, 9))
    expect(verdicts(...nine)[0]).toBe('UNDECIDED')
  })

  test('an undecided metric names the blocks that would tell, and too many are none', () => {
    const blocks = (centre: number) =>
      decide([alternating(centre, 0.06)], 0.05, lookLevel())[0]!.deciding_blocks
    expect(blocks(0.02)).toBeGreaterThan(10)
    expect(blocks(0.02)).toBeLessThan(80)
    expect(blocks(0.0488)).toBeNull()
  })
})

test('a gate goes on while a metric is undecided, up to the last look', () => {
  const open = decide([alternating(0.05, 0.02)], 0.05, lookLevel())
  expect(LOOKS.map((look) => stepAfter(open, look))).toEqual(['continue', 'continue', 'end'])
  const failed = decide([alternating(0.2, 0.02)], 0.05, lookLevel())
  expect(stepAfter(failed, 10)).toBe('confirm')
})

test('a regression that fresh blocks alone do not show is undecided', () => {
  const decisions = decide([alternating(0.2, 0.02), alternating(0, 0.01)], 0.05, lookLevel())
  const after = (centre: number) =>
    confirmed(decisions, [alternating(centre, 0.02), alternating(0, 0.01)], 0.05)
  expect(after(0.2).map(({ verdict }) => verdict)).toEqual(['FAIL', 'PASS'])
  expect(after(0.01).map(({ verdict }) => verdict)).toEqual(['UNDECIDED', 'PASS'])
})

test('a gain that fresh blocks do not show is no regression either', () => {
  const decisions = decide([alternating(-0.2, 0.02)], 0.05, lookLevel())
  expect(stepAfter(decisions, 10)).toBe('confirm')
  const after = (centre: number) =>
    confirmed(decisions, [alternating(centre, 0.02)], 0.05).map(({ verdict }) => verdict)
  expect(after(-0.2)).toEqual(['IMPROVED'])
  expect(after(0)).toEqual(['PASS'])
  expect(after(0.05)).toEqual(['PASS'])
  expect(after(0.2)).toEqual(['UNDECIDED'])
})

describe('the whole rule, with four metrics that scatter by 2 % a block in part together', () => {
  const study = (truth: number, trials: number, deviation = 0.02) =>
    syntheticGates({ truth, trials, deviation, margin: 0.05, seed: 5 })

  test('fails at most 1 % of gates whose true ratio is at the margin, and no A/A', () => {
    expect(study(1.05, 400).FAIL).toBeLessThanOrEqual(0.01)
    expect(study(1, 300).FAIL).toBe(0)
  })

  test('finds 10 % in 95 % of gates, and passes most A/A', () => {
    expect(study(1.1, 200).FAIL).toBeGreaterThanOrEqual(0.95)
    expect(study(1, 200).PASS).toBeGreaterThanOrEqual(0.95)
  })

  test('a scatter of three times as much leaves most gates undecided, and fails none', () => {
    const { FAIL, UNDECIDED } = study(1, 200, 0.15)
    expect(FAIL).toBeLessThanOrEqual(0.01)
    expect(UNDECIDED).toBeGreaterThan(0.5)
  })

  test('looks without a correction, and no confirmation, fail more than 1 %', () => {
    // negative control: the same blocks, judged at the level of a single look each time
    const random = stream(5, 0, 'uncorrected')
    let failed = 0
    const trials = 1000
    for (let i = 0; i < trials; i++) {
      const values = Array.from({ length: 20 }, () => Math.log(1.05) + 0.03 * random.normal())
      const fails = LOOKS.some(
        (look) => decide([values.slice(0, look)], 0.05, ALPHA)[0]!.verdict === 'FAIL',
      )
      if (fails) failed++
    }
    expect(failed / trials).toBeGreaterThan(0.013)
  })

  test('blocks end a clear gate at the first look', () => {
    const random = stream(1, 0, 'clear')
    const run = runGate(() => [0.002 * random.normal()], 0.05)
    expect(run).toMatchObject({ verdict: 'PASS', blocks: 10, fresh: 0 })
    const bad = runGate(() => [0.2 + 0.002 * random.normal()], 0.05)
    expect(bad).toMatchObject({ verdict: 'FAIL', blocks: 10, fresh: 10 })
  })

  test('pairs of processes that differ by as much as the margin fail few gates, and many more without another pair', () => {
    const random = stream(3, 0, 'pairs of processes')
    const pair = () => {
      const centre = 0.03 * random.normal()
      return () => [centre + 0.01 * random.normal()]
    }
    const failed = (fresh: boolean) => {
      let count = 0
      for (let i = 0; i < 1000; i++) {
        const first = pair()
        if (runGate(first, 0.05, fresh ? pair() : first).verdict === 'FAIL') count++
      }
      return count
    }
    expect(failed(true)).toBeLessThanOrEqual(5)
    // negative control: confirmed in the same processes
    expect(failed(false)).toBeGreaterThan(10)
  })
})

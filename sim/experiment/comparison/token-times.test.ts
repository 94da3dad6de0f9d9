import { describe, expect, test } from 'vitest'
import { namedTimes } from '../../documents/index.ts'
import { generatesIn, type ServingPlan } from '../../serving/index.ts'
import { roundsOf } from './blocks.ts'
import { compareRuns } from './compare.ts'
import { enginePlan, knownGeneration, promptsOf } from './known-generation.test-helper.ts'
import { type KnownRun, knownRun, simulatedOnce } from './known-machine.test-helper.ts'
import { latenciesOf, percentilesOf, tokenPercentiles } from './latencies.ts'
import { measuresOf } from './measures.ts'
import { stallFreeFigures } from './stall-free.ts'
import { whatIfFigures } from './what-if.ts'

const SECONDS = 40
const requests = promptsOf(25, SECONDS)
const run = knownGeneration(requests, { seconds: SECONDS })

const simulate = simulatedOnce()

/** A prediction that comes true, but for the scale of its TTFT. */
function figures(of: KnownRun, scale = 1) {
  const [latency, ...ofTokens] = measuresOf(of)
  const tokens = tokenPercentiles(of.rows, 0, ofTokens)
  return {
    all: percentilesOf(of.rows, 0, latency),
    tokens: tokens && { ...tokens, ttft: tokens.ttft!.map((ms) => scale * ms) },
    stallFree: generatesIn(of.plan) ? null : stallFreeFigures(of, { ...of, warmupMs: 0 }),
  }
}

function compare(of: KnownRun, plan: ServingPlan = of.plan, predictions = [figures(of)]) {
  return compareRuns({
    ...of,
    plan,
    replays: [of, of],
    predictions,
    recordings: 1,
    change: { control: { pools: [], unknown: null }, now: null, level: predictions },
    disturbed: false,
    warmupMs: 0,
    durationMs: 1000 * SECONDS,
    seed: 1,
    simulate,
  })
}

/** The verdicts on structure of latency, TTFT and TPOT. */
const structureOf = ({ checks, token_times }: ReturnType<typeof compare>) => [
  checks.structure!.verdict,
  ...namedTimes(token_times).map((time) => time.checks.structure!.verdict),
]

describe('structure of an engine that generates', () => {
  test('of the simulator itself passes for latency, TTFT and TPOT', () => {
    const compared = compare(run)
    expect(structureOf(compared)).toEqual(['PASS', 'PASS', 'PASS'])
    expect(compared.tolerance).toEqual({ relative: 0.02, absolute_ms: 0.03 })
    const { ttft, tpot } = compared.token_times!
    expect(ttft.percentiles[0]).toMatchObject({ p: 0.5, n: requests.count })
    const several = requests.columns.outputTokens.filter((tokens) => tokens > 1).length
    expect(tpot!.percentiles[0]!.n).toBe(several)
    for (const { structure } of [...ttft.percentiles, ...tpot!.percentiles]) {
      for (const { error_relative } of structure)
        expect(Math.abs(error_relative)).toBeLessThan(0.02)
    }
  })

  test.each([
    ['prompts first', { first: 'prefill' }, ['FAIL', 'PASS', 'FAIL']],
    ['a smaller token budget', { tokenBudget: 32 }, ['FAIL', 'FAIL', 'FAIL']],
    ['a larger token budget', { tokenBudget: 128 }, ['PASS', 'FAIL', 'FAIL']],
    ['whole prompts', { chunked: false, tokenBudget: 160 }, ['FAIL', 'FAIL', 'PASS']],
    ['fewer sequences', { maxSequences: 2 }, ['FAIL', 'FAIL', 'FAIL']],
  ] as const)('of a wrong engine fails: %s', (_, change, verdicts) => {
    expect(structureOf(compare(run, enginePlan(change)))).toEqual(verdicts)
  })
})

describe('predictions of token times', () => {
  const ttft = (scale: number) => {
    const { token_times, checks } = compare(run, run.plan, Array(10).fill(figures(run, scale)))
    expect(checks.prediction.verdict).toBe('PASS')
    expect(token_times!.tpot!.checks.prediction.verdict).toBe('PASS')
    return token_times!.ttft.checks.prediction
  }

  test('TTFT within 10 % passes, and further off fails', () => {
    expect(ttft(1.09)).toMatchObject({
      verdict: 'PASS',
      reason: expect.stringContaining('max(10 %, 50 µs, an A/A difference of at most 20 %)'),
    })
    expect(ttft(1.12).verdict).toBe('FAIL')
  })
})

test('TPOT is not judged where each request has one token', () => {
  const single = knownGeneration(promptsOf(25, SECONDS, 1), { seconds: SECONDS })
  const { token_times, percentiles } = compare(single)
  expect(Object.keys(token_times!)).toEqual(['ttft'])
  // the first token is the last
  const values = (rows: typeof percentiles) => rows.map(({ each }) => each)
  expect(values(token_times!.ttft.percentiles)).toEqual(values(percentiles))
})

test('requests that are generated are not told apart by stalls', () => {
  const compared = compare(run)
  expect(compared).not.toHaveProperty('stall_free')
  expect(compared.checks.structure!.reason).not.toContain('met no stall')
})

test('a scenario without generation has no token times, and tells requests apart by stalls', () => {
  const compared = compare(knownRun({ load: 0.6, seconds: 4 }))
  expect(compared).not.toHaveProperty('token_times')
  expect(compared).toHaveProperty('stall_free')
  expect(compared.tolerance.relative).toBe(0.01)
})

describe('a change of the engine', () => {
  const slower = enginePlan({ maxSequences: 3 })
  const b = knownGeneration(requests, { seconds: SECONDS, plan: slower })
  const sides = [run, b].map((of) => [{ run: of, warmupMs: 0 }])

  test.each(measuresOf(run))('has a ratio of $title, measured and predicted', (measure) => {
    const [ofA, ofB] = [run, b].map(({ rows }) => percentilesOf(rows, 0, measure))
    const predictions = Array(10).fill({ a: ofA, b: ofB!.map((ms) => 1.02 * ms) })
    const rounds = roundsOf(sides[0]!, sides[1]!, [measure, measure])
    const [p50] = whatIfFigures({ ...rounds, predictions, seed: 1 }).percentiles
    expect(p50!.measured.value).toBe(ofB![0]! / ofA![0]!)
    expect(p50!.error_relative).toBeCloseTo(0.02, 9)
  })
})

test('TPOT is the time after the first token, over the tokens that follow', () => {
  const [, , tpot] = measuresOf(run)
  const { at, values } = latenciesOf(run.rows, 1000, { measure: tpot! })
  const c = run.rows.columns
  for (const [i, arrival] of at.entries()) {
    const key = c.at.indexOf(arrival)
    const further = c.outputTokens[key]! - 1
    expect(values[i]).toBeCloseTo((c.done[key]! - c.firstToken[key]!) / further, 12)
  }
})

import { expect, test } from 'vitest'
import { enginePlan, knownGeneration, promptsOf } from './known-generation.test-helper.ts'
import { knownRun } from './known-machine.test-helper.ts'
import { stepWindowOf } from './step-window.ts'

const SECONDS = 12
const WARMUP_MS = 1000
const requests = promptsOf(25, SECONDS)
const run = knownGeneration(requests, { seconds: SECONDS })

const pools = [{ name: 'engine' }]
const rest = { pools, replay: 0, warmupMs: WARMUP_MS, durationMs: 1000 * SECONDS, seed: 1 }
const window = stepWindowOf({ ...run, ...rest, replays: [run] })!

/** Begin and tokens of every step of the run, ms. */
const steps = run.engineRuns!.flatMap(({ began, stepEnds, ended, batch }) => {
  const ends = [...stepEnds, ended]
  return ends.map((end, i) => {
    const at = ends[i - 1] ?? began
    return { at, ms: end - at, tokens: batch.decodes + batch.promptTokens }
  })
})
const tokensFrom = (fromMs: number, toMs: number) =>
  steps.reduce((sum, { at, tokens }) => sum + (at >= fromMs && at < toMs ? tokens : 0), 0)

test('the window has every measured step that begins in it', () => {
  const [fromMs, toMs] = [1000 * window.from_s, 1000 * window.to_s]
  const inside = steps.filter(({ at }) => at >= fromMs && at < toMs)
  const [{ measured, ...engine }] = window.engines as [(typeof window.engines)[number]]
  expect(engine).toMatchObject({ pool: 'engine', replica: 0, max_sequences: 8 })
  expect(inside.length).toBeGreaterThan(40)
  expect(measured.at_ms).toHaveLength(inside.length)
  inside.forEach(({ at, ms, tokens }, i) => {
    expect(measured.at_ms[i]! + fromMs).toBeCloseTo(at, 2)
    expect(measured.ms[i]).toBeCloseTo(ms, 2)
    expect(measured.decodes[i]! + measured.prompt_tokens[i]!).toBe(tokens)
    expect(measured.prompts[i]! > 0).toBe(measured.prompt_tokens[i]! > 0)
  })
})

test('no other window of this length has more tokens, and it is in the traffic after the warm-up', () => {
  const [fromMs, toMs] = [1000 * window.from_s, 1000 * window.to_s]
  expect(toMs - fromMs).toBeLessThanOrEqual(1000)
  expect(fromMs).toBeGreaterThanOrEqual(WARMUP_MS)
  expect(toMs).toBeLessThanOrEqual(1000 * SECONDS)
  const most = tokensFrom(fromMs, toMs)
  const quarter = (toMs - fromMs) / 4
  const others = Array.from({ length: 40 }, (_, i) => {
    const from = WARMUP_MS + i * quarter
    return tokensFrom(from, from + 4 * quarter)
  })
  // ends are rounded, so a step at an edge may be in one of the two
  expect(Math.max(...others)).toBeLessThanOrEqual(most + 64)
  expect(Math.min(...others)).toBeLessThan(0.7 * most)
})

test('simulated steps are those of the same requests with the same speed', () => {
  const [{ measured, simulated }] = window.engines as [(typeof window.engines)[number]]
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
  const tokens = (side: typeof measured) => sum(side.decodes) + sum(side.prompt_tokens)
  expect(Math.abs(tokens(simulated) / tokens(measured) - 1)).toBeLessThan(0.1)
  expect(Math.abs(sum(simulated.ms) / sum(measured.ms) - 1)).toBeLessThan(0.1)
})

test('of six engines the four with the most tokens are shown, and two are left out', () => {
  const plan = enginePlan()
  const many = { ...plan, pools: plan.pools.map((pool) => ({ ...pool, replicas: 6 })) }
  const busy = promptsOf(60, 4)
  const six = knownGeneration(busy, { seconds: 4, plan: many })
  const shown = stepWindowOf({ ...six, ...rest, durationMs: 4000, replays: [six] })!
  expect(shown.engines_left_out).toBe(2)
  const replicas = shown.engines.map(({ replica }) => replica)
  expect(replicas).toHaveLength(4)
  expect(replicas).toEqual(replicas.toSorted((a, b) => a - b))
})

test('there is none where requests go in batches', () => {
  const batches = knownRun({ load: 0.5 })
  expect(stepWindowOf({ ...batches, ...rest, replays: [batches] })).toBeNull()
})

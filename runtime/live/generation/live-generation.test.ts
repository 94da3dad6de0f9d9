import { afterAll, describe, expect, test } from 'vitest'
import { keptSteps } from '../../../sim/experiment/index.ts'
import { Random } from '../../../sim/kernel/index.ts'
import { ANY_CLASS, OUTCOME, type PoolPlan } from '../../../sim/serving/index.ts'
import type { StepRow } from '../../../sim/stats/index.ts'
import type { RequestList } from '../../../sim/traffic/index.ts'
import { generatedFaults } from '../../../test/kept-promises.ts'
import {
  answersWithout,
  enginesOf,
  expectRightTokens,
  smallDecoder,
} from '../../../test/small-decoder.ts'
import { CONTINUOUS, planOf, requestsOf } from '../../../test/small-system.ts'
import { Fleet, type Replayed } from '../fleet.ts'

const SHARED = 32
const KV = { blocks: 30, blockTokens: 16, prefixCache: true } as const
const SEQUENCES = 6

const BUSY = {
  ...CONTINUOUS,
  maxSequences: SEQUENCES,
  tokenBudget: 40,
  kv: { ...KV, watermark: 0, contiguous: false },
} as const

const planWith = (generation: PoolPlan['generation'], replicas = 2) =>
  planOf([{ generation, replicas }], {
    classes: [{ ...ANY_CLASS, sharedPrefixTokens: SHARED }],
  })

/** Requests, one after another. */
function crowd(count: number, apartMs: number) {
  const random = new Random('crowd')
  const below = (end: number) => Math.floor(end * random.uniform())
  const each = Array.from({ length: count }, () => [20 + below(80), 10 + below(50)] as const)
  return requestsOf(
    each.map((_, i) => apartMs * i),
    { lengths: each.map(([length]) => length), outputs: each.map(([, output]) => output) },
  )
}

const STATIC = {
  ...BUSY,
  ...({ policy: 'static', tokenBudget: Number.POSITIVE_INFINITY, chunked: false } as const),
  ...({ first: 'prefill', kv: { ...BUSY.kv, prefixCache: false } } as const),
}

const decoder = smallDecoder()
afterAll(() => decoder.remove())

const { signal } = new AbortController()

/** Replays of requests in the same fleet, one after another. */
async function replays(requests: RequestList, generation: typeof BUSY | typeof STATIC, count = 1) {
  const plan = planWith(generation)
  const fleet = await Fleet.open(plan, enginesOf(plan, decoder), signal)
  const all: Replayed[] = []
  while (all.length < count) all.push(await fleet.replay(plan, requests))
  await fleet.close()
  return all
}

describe.each([
  ['continuous', BUSY],
  ['static', STATIC],
] as const)('executors of a fleet generate: %s', (_, generation) => {
  // all at once, so that blocks run short
  const requests = crowd(60, 0)
  const plan = planWith(generation)

  test('every request, with the tokens of a whole recomputation and the blocks of the ledger', async () => {
    const [first, second] = await replays(requests, generation, 2)
    for (const run of [first!, second!]) {
      const { rows, generated } = run
      expect(rows.columns.outcome.every((outcome) => outcome === OUTCOME.served)).toBe(true)
      const { answers, blocks } = generated!
      expect(generatedFaults(plan, requests, run)).toEqual([])
      expect(new Set(Array.from(blocks.executors)).size).toBe(2)
      expect(await expectRightTokens(plan, requests, answers, () => true)).toBeLessThan(5)
    }
    const lost = answersWithout(first!.generated!.answers, 7)
    await expect(expectRightTokens(plan, requests, lost, () => true)).rejects.toThrow(
      'answers of request 7',
    )
    const preempted = first!.rows.columns.preemptions.some((times) => times > 0)
    expect(preempted).toBe(generation === BUSY)
  })
})

test('a process that is killed in the middle of a step takes its sequences with it, and no others', async () => {
  const requests = crowd(120, 4)
  const plan = planWith(BUSY)
  const engines = enginesOf(plan, decoder).map((engine) => ({ ...engine, mortal: true }))
  const fleet = await Fleet.open(plan, engines, signal)
  const at = 120
  const failures = {
    seed: 1,
    events: [
      { at, executor: 0, kind: 'crash' },
      { at: at + 5, executor: 0, kind: 'detected' },
      { at: at + 100, executor: 0, kind: 'up' },
    ] as const,
  }
  const run = await fleet.replay(plan, requests, { failures })
  const { rows, generated, deaths } = run
  const after = await fleet.replay(plan, requests)
  await fleet.close()
  const { outcome, executor, done } = rows.columns
  const { served, failed } = OUTCOME
  const lost = [...outcome.keys()].filter((key) => outcome[key] === failed)
  expect(lost.length).toBeGreaterThan(0)
  for (const key of lost) {
    expect(executor[key]).toBe(0)
    expect(done[key]).toBeGreaterThan(at)
  }
  expect(outcome.every((of) => of === served || of === failed)).toBe(true)
  // it was killed on purpose
  expect(deaths).toEqual([0, 0])
  const { answers } = generated!
  expect(generatedFaults(plan, requests, run)).toEqual([])
  // in a new process
  expect(after.rows.columns.outcome.every((of) => of === served)).toBe(true)
  expect(Array.from(after.generated!.blocks.executors)).toContain(0)
  const isServed = (key: number) => outcome[key] === served
  expect(await expectRightTokens(plan, requests, answers, isServed)).toBeLessThan(5)
})

test('an idle process that ends has lost its KV cache, although nothing finds that', async () => {
  const back = 4000
  const first = crowd(8, 1).columns
  const requests = requestsOf([...first.at, ...first.at.map((at) => back + at)], {
    lengths: [...first.inputTokens, ...first.inputTokens],
    outputs: [...first.outputTokens, ...first.outputTokens],
  })
  const plan = planWith(BUSY, 1)
  const engines = enginesOf(plan, decoder).map((engine) => ({ ...engine, mortal: true }))
  const fleet = await Fleet.open(plan, engines, signal)
  const failures = {
    seed: 1,
    events: [
      { at: 1000, executor: 0, kind: 'crash' },
      { at: 1000, executor: 0, kind: 'up' },
    ] as const,
  }
  const run = await fleet.replay(plan, requests, { failures })
  await fleet.close()
  const { outcome } = run.rows.columns
  const isServed = (key: number) => outcome[key] === OUTCOME.served
  expect([...outcome.keys()].some((key) => key >= first.at.length && isServed(key))).toBe(true)
  expect(generatedFaults(plan, requests, run)).toEqual([])
  const { answers } = run.generated!
  expect(await expectRightTokens(plan, requests, answers, isServed)).toBeLessThan(3)
})

test('a slow executor is as fast as before from the step on that begins when that ends', async () => {
  const outputs = 190
  const requests = requestsOf([0], { lengths: [20], outputs: [outputs] })
  // about 20 steps take so long, on machines that are eight times as fast fewer than there are
  const at = 3000
  const plan = planWith(BUSY, 1)
  const fleet = await Fleet.open(plan, enginesOf(plan, decoder), signal)
  const failures = {
    seed: 1,
    events: [
      { at: 0, executor: 0, kind: 'condition', factor: 200, share: 0 },
      { at, executor: 0, kind: 'condition', factor: 1, share: 0 },
    ] as const,
  }
  const run = await fleet.replay(plan, requests, { failures })
  await fleet.close()
  const rows = keptSteps(plan, requests, run)!
  expect(rows.reduce((sum, { steps }) => sum + steps, 0)).toBe(outputs)
  // the run at that time is of the prompt where the machine stood still in that step
  const [slow, fast, ...others] = rows.filter(({ ended }) => ended >= at)
  expect(others).toEqual([])
  expect(slow!.started).toBeLessThan(at)
  const stepMs = ({ started, ended, steps }: StepRow) => (ended - started) / steps
  expect(stepMs(slow!)).toBeGreaterThan(4 * stepMs(fast!))
})

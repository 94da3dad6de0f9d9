import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { Random } from '../../../sim/kernel/index.ts'
import { ANY_CLASS, OUTCOME, type PoolPlan } from '../../../sim/serving/index.ts'
import type { RequestList } from '../../../sim/traffic/index.ts'
import { planOf, requestsOf } from '../../../test/small-system.ts'
import { type DecoderOptions, kvWidthOf } from '../../models/decoder-inputs.ts'
import { openWholeDecoder } from '../../models/decoder-reference.test-helper.ts'
import { buildDecoder } from '../../models/transformer-decoder.ts'
import { Fleet, type Replayed } from '../fleet.ts'
import type { AnswerColumns } from './live-steps.ts'
import { tokensOf } from './prompt-tokens.ts'

const SIZES: DecoderOptions = {
  ...{ layers: 2, hidden: 64, heads: 4, kvHeads: 2, vocabulary: 1024, context: 256, seed: 5 },
}
const SHARED = 32
const KV = { blocks: 30, blockTokens: 16, prefixCache: true } as const
const SEQUENCES = 6

const CONTINUOUS = {
  policy: 'continuous',
  maxSequences: SEQUENCES,
  tokenBudget: 40,
  chunked: true,
  first: 'decode',
  kv: { ...KV, watermark: 0, contiguous: false },
  swapMsPerToken: null,
  preemptsByPriority: false,
  handOver: null,
} as const

const planWith = (generation: PoolPlan['generation'], replicas = 2) =>
  planOf([{ generation, replicas }], {
    classes: [{ ...ANY_CLASS, sharedPrefixTokens: SHARED }],
  })

/** Requests that come faster than they are served. */
function crowd(count: number) {
  const random = new Random('crowd')
  const below = (end: number) => Math.floor(end * random.uniform())
  const each = Array.from({ length: count }, () => [20 + below(80), 10 + below(50)] as const)
  return requestsOf(
    each.map((_, i) => 4 * i),
    { lengths: each.map(([length]) => length), outputs: each.map(([, output]) => output) },
  )
}

const STATIC = {
  ...CONTINUOUS,
  ...({ policy: 'static', tokenBudget: Number.POSITIVE_INFINITY, chunked: false } as const),
  ...({ first: 'prefill', kv: { ...CONTINUOUS.kv, prefixCache: false } } as const),
}

/** Answers by the key of their request, in the order in which they came. */
function byRequest({ keys, tokens }: AnswerColumns): Map<number, number[]> {
  const each = new Map<number, number[]>()
  for (const [i, key] of keys.entries()) each.set(key, [...(each.get(key) ?? []), tokens[i]!])
  return each
}

const folder = mkdtempSync(join(tmpdir(), 'spillway-generation-'))
afterAll(() => rmSync(folder, { recursive: true }))

const path = join(folder, 'decoder.onnx')
const bytes = Buffer.concat(buildDecoder(SIZES, 'fp32'))
writeFileSync(path, bytes)

const engineFor = ({ maxSequences, tokenBudget, kv }: typeof CONTINUOUS | typeof STATIC) => ({
  file: { path, key: 'decoder', content: 'decoder', inputs: [], bytes: bytes.length },
  session: { executionProvider: 'cpu', threads: 1, memoryPattern: false } as const,
  warmUp: [],
  generation: {
    cache: { ...kv, layers: SIZES.layers, width: kvWidthOf(SIZES) },
    sequences: maxSequences,
    promptTokens: tokenBudget,
    ...{ context: SIZES.context, vocabulary: SIZES.vocabulary },
  },
})

const { signal } = new AbortController()

/** Replays of requests in the same fleet, one after another. */
async function replays(
  requests: RequestList,
  generation: typeof CONTINUOUS | typeof STATIC,
  count = 1,
) {
  const plan = planWith(generation)
  const fleet = await Fleet.open(plan, [engineFor(generation)], signal)
  const all: Replayed[] = []
  while (all.length < count) all.push(await fleet.replay(plan, requests))
  await fleet.close()
  return all
}

/** Every token is that of a whole recomputation, or its margin is tiny. Returns those that differ. */
async function expectRight(requests: RequestList, answers: AnswerColumns): Promise<number> {
  const whole = await openWholeDecoder(SIZES, 'fp32')
  const { inputTokens, outputTokens } = requests.columns
  let different = 0
  for (const [key, own] of byRequest(answers)) {
    const length = inputTokens[key]!
    expect(own.length).toBe(outputTokens[key]!)
    const content = { class: 0, key, prefix: null, sharedTokens: SHARED }
    const wanted = await whole([...tokensOf(content, length, SIZES.vocabulary), ...own])
    for (const [i, token] of own.entries()) {
      const { token: right, margin } = wanted[length + i - 1]!
      if (token === right) continue
      different++
      expect(margin).toBeLessThan(1e-4)
    }
  }
  return different
}

describe.each([
  ['continuous', CONTINUOUS],
  ['static', STATIC],
] as const)('executors of a fleet generate: %s', (_, generation) => {
  const requests = crowd(60)

  test('every request, with the tokens of a whole recomputation and the blocks of the ledger', async () => {
    const [first, second] = await replays(requests, generation, 2)
    for (const { rows, generation: generated } of [first!, second!]) {
      expect(rows.columns.outcome.every((outcome) => outcome === OUTCOME.served)).toBe(true)
      const { steps, compared, differences, answers } = generated!
      expect(differences).toEqual([])
      expect(compared).toBe(steps.length)
      expect(new Set(steps.map(({ executor }) => executor)).size).toBe(2)
      expect(await expectRight(requests, answers)).toBeLessThan(5)
    }
    const preempted = first!.rows.columns.preemptions.some((times) => times > 0)
    expect(preempted).toBe(generation === CONTINUOUS)
  })
})

test('a process that is killed in the middle of a step takes its sequences with it, and no others', async () => {
  const requests = crowd(120)
  const plan = planWith(CONTINUOUS)
  const mortal = { ...engineFor(CONTINUOUS), mortal: true }
  const fleet = await Fleet.open(plan, [mortal], signal)
  const at = 120
  const failures = {
    seed: 1,
    events: [
      { at, executor: 0, kind: 'crash' },
      { at: at + 5, executor: 0, kind: 'detected' },
      { at: at + 100, executor: 0, kind: 'up' },
    ] as const,
  }
  const { rows, generation, deaths } = await fleet.replay(plan, requests, { failures })
  await fleet.close()
  const { outcome, executor } = rows.columns
  const { served, failed } = OUTCOME
  const lost = [...outcome.keys()].filter((key) => outcome[key] === failed)
  expect(lost.length).toBeGreaterThan(0)
  expect(lost.length).toBeLessThanOrEqual(SEQUENCES + 2)
  for (const key of lost) expect(executor[key]).toBe(0)
  expect(outcome.every((of) => of === served || of === failed)).toBe(true)
  // it was killed on purpose
  expect(deaths).toEqual([0, 0])
  const { steps, answers, differences } = generation!
  expect(differences).toEqual([])
  expect(steps.some((step) => step.executor === 0 && step.started > at + 100)).toBe(true)
  const kept = [...answers.keys.keys()].filter((i) => outcome[answers.keys[i]!] === served)
  const [keys, tokens, margins] = [
    Uint32Array.from(kept, (i) => answers.keys[i]!),
    Int32Array.from(kept, (i) => answers.tokens[i]!),
    Float32Array.from(kept, (i) => answers.margins[i]!),
  ]
  expect(await expectRight(requests, { keys, tokens, margins })).toBeLessThan(5)
})

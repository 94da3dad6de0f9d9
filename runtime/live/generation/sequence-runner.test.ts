import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { Random } from '../../../sim/kernel/index.ts'
import type { KvUse, Observer, Requests } from '../../../sim/serving/index.ts'
import { ANY_CLASS } from '../../../sim/serving/index.ts'
import {
  CONTINUOUS,
  planOf,
  requestsOf,
  type SmallSystem,
  serve,
} from '../../../test/small-system.ts'
import { type DecoderOptions, kvWidthOf } from '../../models/decoder-inputs.ts'
import { InferenceSession } from '../../models/onnx-runtime.ts'
import { buildDecoder } from '../../models/transformer-decoder.ts'
import { openWholeDecoder } from '../../models/whole-decoder.ts'
import { BlockTables } from './block-tables.ts'
import { PagedDecoder } from './paged-decoder.ts'
import { tokensOf } from './prompt-tokens.ts'
import { SequenceRunner, type StepOrder } from './sequence-runner.ts'

const SIZES: DecoderOptions = {
  ...{ layers: 2, hidden: 64, heads: 4, kvHeads: 2, vocabulary: 1024, context: 512, seed: 5 },
}
const REQUESTS = 200
const SHARED = 32
const KV = { blocks: 52, blockTokens: 16, prefixCache: true } as const

/** Prompts of one class that begin alike, more than its cache holds, in chunks beside answers. */
function busySystem(): SmallSystem {
  const random = new Random('busy')
  const below = (end: number) => Math.floor(end * random.uniform())
  const each = Array.from({ length: REQUESTS }, () => {
    return { length: 20 + below(120), output: 20 + below(70) }
  })
  let at = 0
  return {
    plan: planOf(
      [
        {
          generation: {
            ...CONTINUOUS,
            maxSequences: 10,
            tokenBudget: 40,
            kv: { ...KV, watermark: 0, contiguous: false },
          },
        },
      ],
      { classes: [{ ...ANY_CLASS, sharedPrefixTokens: SHARED }] },
    ),
    requests: requestsOf(
      each.map(() => (at += 60 * random.exponential())),
      { lengths: each.map(({ length }) => length), outputs: each.map(({ output }) => output) },
    ),
    work: [
      {
        law: 'generation',
        base_ms: 5,
        per_sequence_ms: 0.1,
        per_prefill_token_ms: 0.02,
        per_context_token_ms: 0.001,
      },
    ],
  }
}

/** An operation before it is known which answers came. */
type Planned =
  | { readonly kind: 'join'; readonly sequence: number; readonly context: number }
  | { readonly kind: 'chunk'; readonly sequence: number; readonly tokens: number }
  | { readonly kind: 'leave'; readonly sequence: number; readonly done: boolean }

interface PlannedRun {
  readonly operations: readonly Planned[]
  readonly steps: number
  readonly decodes: boolean
  readonly use: Pick<KvUse, 'used' | 'kept' | 'free'>
}

/** The runs of the only engine of a simulation, sequences named by the keys of their requests. */
function runsOf(system: SmallSystem): { runs: PlannedRun[]; preemptions: number } {
  const runs: PlannedRun[] = []
  const operations: Planned[] = []
  let preemptions = 0
  const came = new Map<number, number>()
  const observing = (requests: Requests): Observer => {
    const keyOf = (request: number) => requests.key[request]!
    let ended: Omit<PlannedRun, 'use'> | null = null
    let before: Planned[] = []
    const decoding = new Set<number>()
    let completing: number[] = []
    return {
      slotTaken(_, request) {
        const context = requests.inputTokens[request]! + (came.get(keyOf(request)) ?? 0)
        operations.push({ kind: 'join', sequence: keyOf(request), context })
      },
      prompted(_, request, tokens, left) {
        operations.push({ kind: 'chunk', sequence: keyOf(request), tokens })
        if (left === 0) completing.push(keyOf(request))
      },
      slotLeft(_, request) {
        const key = keyOf(request)
        const done = came.get(key) === requests.outputTokens[request]
        if (!done) preemptions++
        decoding.delete(key)
        completing = completing.filter((each) => each !== key)
        operations.push({ kind: 'leave', sequence: key, done })
      },
      stepped(_, { steps, decodes }) {
        ended = { operations: before, steps, decodes: decodes > 0 }
        before = []
        if (decodes > 0) for (const key of decoding) came.set(key, came.get(key)! + steps)
        for (const key of completing) {
          came.set(key, (came.get(key) ?? 0) + 1)
          decoding.add(key)
        }
        completing = []
      },
      kv(_, { used, kept, free }) {
        if (ended !== null) runs.push({ ...ended, use: { used, kept, free } })
        // an engine that has nothing to do begins no run
        else before.push(...operations.splice(0))
        ended = null
      },
    }
  }
  serve(system, { observe: observing })
  return { runs, preemptions }
}

test('10,000 tokens of 200 requests in mixed steps, with preemptions and shared prefixes', {
  timeout: 240_000,
}, async () => {
  const system = busySystem()
  const { runs, preemptions } = runsOf(system)
  expect(preemptions).toBeGreaterThan(20)
  const session = await InferenceSession.create(Buffer.concat(buildDecoder(SIZES, 'fp32')), {
    intraOpNumThreads: 1,
    enableMemPattern: false,
  })
  const shape = { layers: SIZES.layers, width: kvWidthOf(SIZES), ...KV }
  const decoder = new PagedDecoder(session, shape)
  const runner = new SequenceRunner({ decoder, tables: () => new BlockTables(KV), ended: () => 0 })
  const { inputTokens, outputTokens } = system.requests.columns
  const tokens = Array.from({ length: REQUESTS }, (_, key) => {
    const content = { class: 0, key, prefix: null, sharedTokens: SHARED }
    return [...tokensOf(content, inputTokens[key]!, SIZES.vocabulary)]
  })
  let mixed = 0
  for (const { operations, steps, decodes, use } of runs) {
    const order: StepOrder = {
      ...{ fresh: false, factor: 1 },
      steps,
      decodes,
      operations: operations.map((operation) => {
        if (operation.kind !== 'join') return operation
        const { sequence: key, context } = operation
        expect(context).toBe(tokens[key]!.length)
        const most = inputTokens[key]! + outputTokens[key]! - 1
        const ids = Int32Array.from(tokens[key]!)
        return {
          ...operation,
          ids,
          common: Math.min(SHARED, inputTokens[key]!),
          reserved: context,
          most,
        }
      }),
    }
    const { steps: ran, answers } = await runner.run(order, () => false)
    expect(ran).toBe(steps)
    expect(runner.counts).toEqual(use)
    for (const { sequence, token } of answers) tokens[sequence]!.push(token)
    if (decodes && operations.some(({ kind }) => kind === 'chunk')) mixed++
  }
  expect(mixed).toBeGreaterThan(100)
  const whole = await openWholeDecoder(SIZES, 'fp32')
  let [total, different] = [0, 0]
  for (const [key, own] of tokens.entries()) {
    expect(own.length).toBe(inputTokens[key]! + outputTokens[key]!)
    const wanted = await whole.run(own)
    for (let i = inputTokens[key]!; i < own.length; i++) {
      total++
      const { token, margin } = wanted[i - 1]!
      if (token === own[i]) continue
      different++
      expect(margin).toBeLessThan(1e-4)
    }
  }
  expect(total).toBeGreaterThan(10_000)
  expect(different / total).toBeLessThan(0.001)
})

describe('a run that the control plane cannot have meant is an error', () => {
  const IDS = { ids: new Int32Array(12), context: 10, common: 0, reserved: 10, most: 11 }
  const join = { kind: 'join', sequence: 3, ...IDS } as const
  const chunk = (tokens: number) => ({ kind: 'chunk', sequence: 3, tokens }) as const

  /** Runs one step after another. */
  async function ran(...runs: readonly Partial<StepOrder>[]): Promise<void> {
    const answers = { tokens: new Int32Array(1), margins: new Float32Array(1) }
    const decoder = { step: () => Promise.resolve(answers) }
    const tables = () => new BlockTables(KV)
    const runner = new SequenceRunner({ decoder, tables, ended: () => 0 })
    for (const run of runs) {
      const order = { fresh: false, factor: 1, operations: [], steps: 1, decodes: false, ...run }
      await runner.run(order, () => false)
    }
  }

  test('a prompt has fewer tokens than are to be computed', async () => {
    await ran({ operations: [join, chunk(4)] }, { operations: [chunk(6)] })
    await expect(ran({ operations: [join, chunk(4)] }, { operations: [chunk(7)] })).rejects.toThrow(
      /7 tokens of a prompt are to be computed, of which 6 are left, so the executor found more/,
    )
  })

  test('a step has nothing to compute', async () => {
    const nothing = /no prompt of a step is complete, so the executor found fewer prefixes/
    await expect(ran({ operations: [join] })).rejects.toThrow(nothing)
    await expect(ran({ operations: [join], decodes: true })).rejects.toThrow(nothing)
  })

  test.each([
    ['has a prompt computed', chunk(4)],
    ['leaves', { kind: 'leave', sequence: 3, done: true }],
  ] as const)('a sequence without a slot %s', async (_, operation) => {
    await expect(ran({ operations: [operation] })).rejects.toThrow(
      'Expected sequence 3 to have a slot',
    )
  })
})

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** Bytes of objects and of what they have outside the heap, and of the whole process. */
function memoryWithoutGarbage() {
  // what a finaliser lets go of is garbage of the next collection
  for (let times = 0; times < 3; times++) collectGarbage()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { objects: heapUsed + external, process: rss }
}

test('100,000 steps leave the memory of their process as it was', async () => {
  const sizes = { ...SIZES, layers: 1, hidden: 16, heads: 2, kvHeads: 1, vocabulary: 64 }
  const session = await InferenceSession.create(Buffer.concat(buildDecoder(sizes, 'fp32')), {
    intraOpNumThreads: 1,
    enableMemPattern: false,
  })
  const shape = { layers: 1, width: kvWidthOf(sizes), ...KV }
  const decoder = new PagedDecoder(session, shape)
  const tables = () => new BlockTables(KV)
  const runner = new SequenceRunner({ decoder, tables, ended: () => 0 })
  const run = (order: Omit<StepOrder, 'fresh' | 'factor'>) =>
    runner.run({ fresh: false, factor: 1, ...order }, () => false)
  const decoding: number[] = []
  /** after each tenth */
  const memory: ReturnType<typeof memoryWithoutGarbage>[] = []
  for (let steps = 0, next = 0; steps < 100_000; next++) {
    const length = 10 + ((next * 7) % 60)
    const ids = Int32Array.from({ length }, (_, i) => (next * 31 + i) % 64)
    const leaving = decoding.length === 4 ? [decoding.shift()!] : []
    const context = { context: length, common: 16, reserved: length, most: 127 }
    const { steps: first } = await run({
      operations: [
        ...leaving.map((sequence) => ({ kind: 'leave', sequence, done: true }) as const),
        { kind: 'join', sequence: next, ids, ...context },
        { kind: 'chunk', sequence: next, tokens: length },
      ],
      ...{ steps: 1, decodes: decoding.length > 0 },
    })
    decoding.push(next)
    const { steps: others } = await run({ operations: [], steps: 12, decodes: true })
    steps += first + others
    if (steps >= 10_000 * (memory.length + 1)) memory.push(memoryWithoutGarbage())
  }
  expect(memory.length).toBe(10)
  const [before, after] = [memory[3]!, memory[9]!]
  // of 60,000 steps; the process grows by 1 to 2 MB, as its allocator does
  expect(after.objects - before.objects).toBeLessThan(60_000 * 10)
  expect(after.process - before.process).toBeLessThan(60_000 * 90)
})

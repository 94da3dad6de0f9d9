import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { type DecoderOptions, kvWidthOf } from '../../models/decoder-inputs.ts'
import { InferenceSession } from '../../models/onnx-runtime.ts'
import { buildDecoder } from '../../models/transformer-decoder.ts'
import { openWholeDecoder } from '../../models/whole-decoder.ts'
import { BlockTables } from './block-tables.ts'
import { busySystem, compared, followed } from './followed-runs.test-helper.ts'
import { PagedDecoder } from './paged-decoder.ts'
import { SequenceRunner, type StepOrder } from './sequence-runner.ts'

const SIZES: DecoderOptions = {
  ...{ layers: 2, hidden: 64, heads: 4, kvHeads: 2, vocabulary: 1024, context: 512, seed: 5 },
}
const KV = { blocks: 52, blockTokens: 16, prefixCache: true } as const

test('10,000 tokens of 200 requests in mixed steps, with preemptions and shared prefixes', {
  timeout: 240_000,
}, async () => {
  const system = busySystem({ requests: 200, kv: KV })
  const session = await InferenceSession.create(Buffer.concat(buildDecoder(SIZES, 'fp32')), {
    intraOpNumThreads: 1,
    enableMemPattern: false,
  })
  const shape = { layers: SIZES.layers, width: kvWidthOf(SIZES), ...KV }
  const decoder = new PagedDecoder(session, shape)
  const runner = new SequenceRunner({ decoder, tables: () => new BlockTables(KV), ended: () => 0 })
  const served = await followed(system, SIZES.vocabulary, async (order) => {
    const run = await runner.run(order, () => false)
    return { ...run, counts: runner.counts }
  })
  expect(served.preemptions).toBeGreaterThan(20)
  expect(served.mixed).toBeGreaterThan(100)
  const whole = await openWholeDecoder(SIZES, 'fp32')
  const { total, different, behind } = await compared(system, served, whole)
  expect(total).toBeGreaterThan(10_000)
  expect(different / total).toBeLessThan(0.001)
  expect(behind).toBeLessThan(1e-4)
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

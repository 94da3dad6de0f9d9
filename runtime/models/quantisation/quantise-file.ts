import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../../../scenarios/index.ts'
import { openFeeds } from '../feeds.ts'
import type { ModelFile } from '../model-types.ts'
import { InferenceSession } from '../onnx-runtime.ts'
import { detailOf } from '../session.ts'
import { calibrationModel, valuesToCalibrate } from './calibration-model.ts'
import { inlineWeights } from './inline-weights.ts'
import { processorTimes } from './processor-time.ts'
import { findProducts, HALF_REASON } from './products.ts'
import { decodeModel, type Graph, type Model, nestedIn, onnx } from './proto.ts'
import {
  type CalibrationInput,
  type LeftOut,
  PRODUCTS,
  type ProcessorTimes,
  type QuantisedFile,
  type QuantiseRequest,
} from './quantised-file.ts'
import { quantisedModel } from './quantised-model.ts'
import { OLDEST_OPSET, opsetOf, raiseOpset } from './raise-opset.ts'
import type { Range } from './steps.ts'

/** Files of one quantisation, in its folder. */
const FILES = {
  stripped: 'stripped.onnx',
  folded: 'folded.onnx',
  calibration: 'calibration.onnx',
  quantised: 'quantised.onnx',
  optimised: 'optimised.onnx',
} as const

/** Quantises a model to 8 bits by the ranges of its values on some inputs. Throws `Failure`. */
export async function quantiseFile(
  { file, folder, threads, inputs }: QuantiseRequest,
  onRun: (done: number) => Promise<void>,
): Promise<QuantisedFile> {
  const at = (name: keyof typeof FILES) => join(folder, FILES[name])
  const model = await foldedModel(file.path, { threads, at })
  const { products, leftOut } = findProducts(model.graph as Graph)
  if (products.length === 0) throw new Failure(`${file.path}: ${nothingText(leftOut)}`)
  const values = valuesToCalibrate(products)
  const calibration = calibrationModel(await readFile(at('folded')), values)
  await writeFile(at('calibration'), calibration.bytes)
  const ranges = await rangesOf(
    at('calibration'),
    { file, threads, inputs, onRun },
    values,
    calibration.names,
  )
  const result = quantisedModel(model, products, ranges)
  const all = [...leftOut, ...result.leftOut]
  if (PRODUCTS.every((operator) => result.quantised[operator] === 0)) {
    throw new Failure(`${file.path}: ${nothingText(all)}`)
  }
  await writeFile(at('quantised'), onnx.ModelProto.encode(result.model).finish())
  await open(at('quantised'), threads, { optimizedModelFilePath: at('optimised') })
  const optimised = decodeModel(await readFile(at('optimised'))).graph as Graph
  return {
    path: at('quantised'),
    quantised: result.quantised,
    leftOut: all,
    kernels: countOperators(optimised, KERNELS),
    conversions: Object.values(countOperators(optimised, CONVERSIONS)).reduce(
      (sum, n) => sum + n,
      0,
    ),
    processorMs: await timesOf(at('quantised'), { file, threads, inputs }),
  }
}

async function timesOf(
  path: string,
  { file, threads, inputs }: Pick<QuantiseRequest, 'file' | 'threads' | 'inputs'>,
): Promise<ProcessorTimes> {
  const [from, to] = [await sessionOf(file.path, threads), await sessionOf(path, threads)]
  const feeds = await openFeeds(file.inputs, { seed: 1 })
  const times = await processorTimes([from, to], feeds, inputs)
  await from.release()
  await to.release()
  return times
}

interface Places {
  readonly threads: number
  readonly at: (name: keyof typeof FILES) => string
}

/** The model as ONNX Runtime simplifies it: constants folded, batch norms within convolutions. */
async function foldedModel(path: string, { threads, at }: Places): Promise<Model> {
  const model = decodeModel(await readFile(path))
  const operator = quantisedOperator(model.graph as Graph)
  if (operator !== null) {
    throw new Failure(
      `${path}: is quantised already (${operator}); name the float32 file it is from`,
    )
  }
  refuseHalf(path, model)
  const opset = opsetOf(model)
  if (opset === null || opset < OLDEST_OPSET) {
    const how = 'export it with a newer one, or convert it with onnx.version_converter'
    throw new Failure(`${path}: expected opset ${OLDEST_OPSET} or newer, got ${opset}; ${how}`)
  }
  const changed = [await inlineWeights(path, model), strip(model), raiseOpset(model)].includes(true)
  const source = changed ? at('stripped') : path
  if (source !== path) await writeFile(source, onnx.ModelProto.encode(model).finish())
  const options = { graphOptimizationLevel: 'basic', optimizedModelFilePath: at('folded') } as const
  await open(source, threads, options).catch((error: unknown) => {
    throw error instanceof Failure ? new Failure(`${path}: ${error.problems.join('; ')}`) : error
  })
  return decodeModel(await readFile(at('folded')))
}

/** Throws `Failure` for a model of float16: ONNX Runtime computes it with float32 on cpu. */
function refuseHalf(path: string, { graph }: Model): void {
  const { products, leftOut } = findProducts(graph as Graph)
  if (products.length > 0 || !leftOut.some(({ reason }) => reason === HALF_REASON)) return
  throw new Failure(`${path}: its weights are float16; name the float32 file that it was made of`)
}

/** Weights that are inputs, too, are not constant for ONNX Runtime: drops these inputs. */
function strip(model: Model): boolean {
  const graph = model.graph as Graph
  const stored = new Set((graph.initializer ?? []).map(({ name }) => name ?? ''))
  const inputs = (graph.input ?? []).filter(({ name }) => !stored.has(name ?? ''))
  if (inputs.length === graph.input?.length) return false
  graph.input = inputs
  // version 4 is the first in which weights need not be inputs
  model.irVersion = Math.max(4, Number(model.irVersion ?? 0))
  return true
}

/** An operator that only quantised models have; null where there is none. */
function quantisedOperator(graph: Graph): string | null {
  const isQuantised = (name: string) =>
    /^(Dynamic)?(De)?[Qq]uantize|^QLinear|Integer(ToFloat)?$|^QGemm$|^MatMulNBits$/.test(name)
  for (const node of graph.node ?? []) {
    if (isQuantised(node.opType ?? '')) return node.opType!
    for (const nested of nestedIn(node)) {
      const name = quantisedOperator(nested)
      if (name !== null) return name
    }
  }
  return null
}

async function open(
  path: string,
  threads: number,
  options: InferenceSession.SessionOptions,
): Promise<void> {
  const session = await sessionOf(path, threads, options)
  await session.release()
}

async function sessionOf(
  path: string,
  threads: number,
  options: InferenceSession.SessionOptions = {},
): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(path, {
      ...options,
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 4,
    })
  } catch (error) {
    throw new Failure(`ONNX Runtime cannot open the model (${detailOf(error)})`)
  }
}

interface Runs {
  readonly file: ModelFile
  readonly threads: number
  readonly inputs: readonly CalibrationInput[]
  readonly onRun: (done: number) => Promise<void>
}

async function rangesOf(
  path: string,
  { file, threads, inputs, onRun }: Runs,
  values: readonly string[],
  names: readonly (readonly string[])[],
): Promise<Map<string, Range>> {
  const session = await sessionOf(path, threads)
  const feeds = await openFeeds(file.inputs, { seed: 1 })
  const ranges = new Map<string, Range>()
  for (const [done, { key, length }] of inputs.entries()) {
    const batch = feeds.build(1, length, Int32Array.of(length), Uint32Array.of(key))
    const outputs = await session.run(batch).catch((error: unknown) => {
      throw new Failure(
        `${file.path}: ONNX Runtime cannot run it on sample ${key} (${detailOf(error)})`,
      )
    })
    for (const [i, value] of values.entries()) {
      const [min, max, sum] = names[i]!.map((name) => Number(outputs[name]!.data[0]))
      const range = ranges.get(value) ?? { min: 0, max: 0, finite: true }
      ranges.set(value, {
        min: Math.min(range.min, min!),
        max: Math.max(range.max, max!),
        finite: range.finite && [min!, max!, sum!].every(Number.isFinite),
      })
    }
    await onRun(done + 1)
  }
  await session.release()
  return ranges
}

function nothingText(leftOut: readonly LeftOut[]): string {
  if (leftOut.length === 0) return `expected a ${PRODUCTS.join(', ')} to quantise, got none`
  const reasons = [...new Set(leftOut.map(({ operator, reason }) => `${operator}: ${reason}`))]
  return `nothing of it can be quantised (${reasons.slice(0, 3).join('; ')})`
}

const KERNELS: readonly string[] = [
  'QLinearConv',
  'QLinearMatMul',
  'QGemm',
  'MatMulIntegerToFloat',
  'MatMulInteger',
  'ConvInteger',
  'DynamicQuantizeMatMul',
]
const CONVERSIONS: readonly string[] = ['QuantizeLinear', 'DequantizeLinear']

function countOperators(graph: Graph, names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { opType } of graph.node ?? []) {
    if (opType && names.includes(opType)) counts[opType] = (counts[opType] ?? 0) + 1
  }
  return counts
}

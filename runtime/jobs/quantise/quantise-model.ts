import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import {
  EXIT,
  Failure,
  isOnnxDecoder,
  type LoadedScenario,
  nearest,
} from '../../../scenarios/index.ts'
import { cacheDirectory } from '../../folders/profile-paths.ts'
import { writableFolder, writeWhole } from '../../folders/write-whole.ts'
import {
  type LeftOut,
  type ModelFile,
  materialise,
  type QuantisedFile,
  quantiseApart,
  readOnnx,
} from '../../models/index.ts'
import { dataFiles } from '../gate/data-files.ts'
import type { JobOptions } from '../options.ts'
import { type Prepared, prepare } from '../prepare.ts'
import { compareOutputs, driftFigures } from '../variants/output-drift.ts'
import { type QuantisationInputs, quantisationInputs } from './quantisation-inputs.ts'

export interface QuantiseOptions extends JobOptions {
  /** name of the model; default: the only own one */
  readonly model?: string | undefined
  /** inputs of the calibration, fewer where files have fewer */
  readonly samples: number
  /** the file that is written */
  readonly out: string
  /** files of the scenario itself, which are not overwritten either */
  readonly files?: Iterable<string>
  readonly onNote?: (text: string) => void
}

/** What was quantised, and what that does to outputs. */
export interface QuantisedModel {
  readonly model: string
  readonly from: { readonly path: string; readonly bytes: number }
  readonly to: { readonly path: string; readonly bytes: number }
  /** nodes that compute with 8 bits, by operator */
  readonly quantised: QuantisedFile['quantised']
  /** nodes that stay as they were */
  readonly leftOut: readonly LeftOut[]
  /** kernels of 8 bits that ONNX Runtime makes of them on this machine, by operator */
  readonly kernels: QuantisedFile['kernels']
  /** kernels that convert between 8 bits and float32 */
  readonly conversions: number
  /** processor time of a request alone on this machine, in the median */
  readonly processorMs: QuantisedFile['processorMs']
  readonly calibration: {
    readonly samples: number
    /** padded, the least and the largest; null for a model without lengths */
    readonly lengths: readonly [least: number, largest: number] | null
  }
  /** against the float32 model; null where outputs cannot be compared */
  readonly drift: {
    readonly inputs: number
    readonly cosineMean: number
    readonly cosineLeast: number
    /** share of rows whose largest output is the same one */
    readonly sameTop: number
  } | null
  readonly warnings: readonly string[]
}

/**
 * Quantises an own model of a scenario to 8 bits, by the ranges of its values on requests with the
 * lengths of its traffic, and writes the file. Throws `Failure`.
 */
export async function quantiseModel(
  loaded: LoadedScenario,
  options: QuantiseOptions,
): Promise<QuantisedModel> {
  const { out, samples, files = [] } = options
  const name = chosenModel(loaded, options.model)
  const { signal, onNote, onProgress } = options
  const prepared = await prepare(loaded, { signal, onNote, onProgress })
  const file = await materialised(prepared, name, signal)
  await refuseOverwriting(out, [...files, ...(await filesRead(prepared, name, file))])
  const inputs = await quantisationInputs(prepared, name, file.inputs, samples)
  const undo = await writableFolder(dirname(out))
  const folder = await mkdtemp(join(tmpdir(), 'spillway-quantise-'))
  try {
    const result = await quantised({ name, file, folder, inputs }, options)
    onProgress?.('comparing outputs', 0, 1)
    const session = { executionProvider: 'cpu', threads: inputs.threads } as const
    const a = { file, session }
    const b = { file: { ...file, path: result.path }, session }
    const reply = await compareOutputs({ a, b, inputs: inputs.compared }, signal)
    const bytes = await readFile(result.path)
    await writeWhole(out, bytes)
    const { path: _, ...figures } = result
    return {
      model: name,
      from: { path: file.path, bytes: file.bytes },
      to: { path: out, bytes: bytes.length },
      ...figures,
      calibration: { samples: inputs.calibration.length, lengths: lengthsOf(file, inputs) },
      drift: typeof reply === 'string' ? null : driftOf(reply, inputs),
      warnings: [
        ...inputs.warnings,
        ...kernelWarnings(result),
        ...slowerWarnings(result),
        ...(typeof reply === 'string' ? [`outputs are not compared: ${reply}`] : []),
      ],
    }
  } catch (error) {
    return await undo(error)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function materialised(
  { scenario, directory }: Prepared,
  name: string,
  signal: AbortSignal | undefined,
): Promise<ModelFile> {
  const places = { directory, cacheDirectory: cacheDirectory(), signal }
  try {
    return await materialise(scenario.models[name]!, 'fp32', places)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const problems = error.problems.map((text) => `models.${name}: ${text}`)
    throw new Failure(problems, error.exitCode)
  }
}

/** Files that the command reads, but for the one that the model names for int8. */
async function filesRead(prepared: Prepared, name: string, file: ModelFile): Promise<string[]> {
  const { graph } = await readOnnx(file.path, '.')
  const weights = (graph?.externalFiles ?? []).map((location) =>
    resolve(dirname(file.path), location),
  )
  const model = prepared.scenario.models[name]!
  const int8 = 'onnx' in model && typeof model.onnx !== 'string' ? model.onnx.int8 : undefined
  const replaced = int8 === undefined ? null : resolve(prepared.directory, int8)
  return [file.path, ...weights, ...dataFiles(prepared).filter((path) => path !== replaced)]
}

interface Task {
  readonly name: string
  readonly file: ModelFile
  readonly folder: string
  readonly inputs: QuantisationInputs
}

function quantised(
  { name, file, folder, inputs }: Task,
  { signal, onProgress }: QuantiseOptions,
): Promise<QuantisedFile> {
  const { calibration, threads } = inputs
  const show = (done: number) => onProgress?.(`calibrating ${name}`, done, calibration.length)
  show(0)
  return quantiseApart({ file, folder, threads, inputs: calibration }, signal, show)
}

function lengthsOf({ inputs }: ModelFile, { calibration }: QuantisationInputs) {
  if (!inputs.some(({ shape }) => shape.includes('length'))) return null
  const lengths = calibration.map(({ length }) => length)
  return [Math.min(...lengths), Math.max(...lengths)] as const
}

function driftOf(reply: Parameters<typeof driftFigures>[0], { compared }: QuantisationInputs) {
  const { cosine_mean, cosine_least, top1 } = driftFigures(reply)
  return {
    inputs: compared.length,
    cosineMean: cosine_mean,
    cosineLeast: cosine_least,
    sameTop: top1,
  }
}

/** Says where ONNX Runtime computes with float32 what has 8 bits in the file. */
function kernelWarnings({ quantised, kernels }: QuantisedFile): string[] {
  const sum = (counts: Readonly<Record<string, number>>) =>
    Object.values(counts).reduce((total, n) => total + n, 0)
  const missing = sum(quantised) - sum(kernels)
  if (missing <= 0) return []
  return [`ONNX Runtime computes ${missing} of ${sum(quantised)} with float32, from 8 bits`]
}

function slowerWarnings({ processorMs: { from, to } }: QuantisedFile): string[] {
  if (to < from) return []
  const text = 'the quantised model takes no less processor time than the float32 one here'
  return [`${text}: conversions may cost more than products of 8 bits save`]
}

/** Throws `Failure` where a file to be written is a folder, or one of the files that are read. */
async function refuseOverwriting(out: string, read: Iterable<string>): Promise<void> {
  const there = await stat(out).catch(() => null)
  if (there === null) return
  if (there.isDirectory()) {
    throw new Failure(`--out: ${out} is a folder; name a file in it`, EXIT.usage)
  }
  for (const path of read) {
    const input = await stat(path).catch(() => null)
    if (input === null || input.dev !== there.dev || input.ino !== there.ino) continue
    throw new Failure(`--out: ${out} is read by this command; name another file`, EXIT.usage)
  }
}

/** The name of the model to quantise, by default the only own one. Throws `Failure`. */
function chosenModel(
  { scenario: { models }, file }: LoadedScenario,
  asked: string | undefined,
): string {
  const files = Object.keys(models).filter((name) => 'onnx' in models[name]!)
  if (asked !== undefined) expectFile(models, files, asked)
  else if (files.length === 0) {
    const text = 'has no model of an ONNX file; a pool has a built-in kind as int8 by its precision'
    throw new Failure(`${file} models: ${text}`)
  } else if (files.length > 1) {
    throw new Failure(`${file} models: choose one of ${files.join(', ')} by --model`, EXIT.usage)
  }
  const name = asked ?? files[0]!
  const model = models[name]!
  if (isOnnxDecoder(model)) {
    const text = 'is a decoder; quantise supports only models with stated inputs'
    throw new Failure(`${file} models.${name}: ${text}. Use the tool that exported the file`)
  }
  if ('onnx' in model && typeof model.onnx !== 'string' && model.onnx.fp32 === undefined) {
    throw new Failure(`${file} models.${name}.onnx: expected a file for fp32 to quantise, got none`)
  }
  return name
}

function expectFile(
  models: LoadedScenario['scenario']['models'],
  files: readonly string[],
  name: string,
): void {
  if (files.includes(name)) return
  const model = Object.hasOwn(models, name) ? models[name] : undefined
  if (model === undefined) {
    const meant = nearest(name, files)
    const hint = meant === null ? '' : `; did you mean ${meant}?`
    const names = Object.keys(models).join(', ')
    throw new Failure(`--model: expected one of ${names}, got ${name}${hint}`, EXIT.usage)
  }
  const reason =
    'work' in model
      ? 'has declared work, and no file to quantise'
      : 'is built in; a pool has it as int8 by precision: int8'
  throw new Failure(`--model: ${name} ${reason}`, EXIT.usage)
}

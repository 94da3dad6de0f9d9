import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve, sep } from 'node:path'
import {
  Failure,
  hashOf,
  isBuiltinDecoder,
  isOnnxDecoder,
  isVisible,
  type Model,
  onnxFileOf,
  type Precision,
  readUserFile,
  Unreadable,
  userFilePieces,
} from '../../scenarios/index.ts'
import { builtinContent, builtinFile, bytesHash } from './builtin-file.ts'
import { statedDecoder } from './decoder-file.ts'
import { builtDecoder, decoderOptions } from './decoder-inputs.ts'
import { samplesProblem } from './input-values.ts'
import type { InputSpec, ModelFile, ModelPlaces } from './model-types.ts'
import { readSamples } from './npy.ts'
import { checkInputs } from './signature.ts'

/**
 * Returns a scenario's model as a file: builds a built-in model unless it is in the cache, finds
 * and checks an `onnx` one. Throws `Failure` with every mismatch between declared inputs and graph,
 * or between the graph and the inputs of a decoder.
 */
export async function materialise(
  model: Model,
  precision: Precision,
  places: ModelPlaces,
): Promise<ModelFile> {
  if ('work' in model) {
    throw new Failure(`model with work ${model.work.law} is declared work, nothing can run it live`)
  }
  if ('builtin' in model) {
    const { path, inputs, bytes } = await builtinFile(model, precision, places)
    const content = builtinContent(model, precision)
    const file = { path, key: bytesHash(bytes), content, inputs, bytes: bytes.length }
    if (!isBuiltinDecoder(model)) return file
    return { ...file, decoder: builtDecoder(decoderOptions(model), precision) }
  }
  const userModel = await readUserModel(model, precision, places.directory)
  const { reference, path, graph, content, bytes, inputs } = userModel
  if (!graph) throw new Failure(`${reference}: expected an ONNX model, got another kind of file`)
  const failure = (problems: readonly string[]) =>
    new Failure(problems.map((text) => `${reference}: ${text}`))
  const file = { path, key: content, content, inputs, bytes }
  if (isOnnxDecoder(model)) {
    const decoder = statedDecoder(graph, model)
    if ('layout' in decoder) return { ...file, decoder }
    throw failure(decoder)
  }
  const problems = [...checkInputs(inputs, graph.inputs), ...userModel.sampleProblems]
  if (problems.length > 0) throw failure(problems)
  return file
}

/**
 * Identifies what a model computes, so that figures of two models are not confused. Null for
 * declared work; throws `Failure` if the file is missing. Relative paths start at `directory`.
 */
export async function contentOf(
  model: Model,
  precision: Precision,
  directory: string,
): Promise<string | Failure | null> {
  if ('work' in model) return null
  if ('builtin' in model) return builtinContent(model, precision)
  try {
    const { content, sampleProblems } = await readUserModel(model, precision, directory)
    return sampleProblems.length === 0 ? content : new Failure(sampleProblems)
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
}

type UserModel = Extract<Model, { onnx: unknown }>

/**
 * Reads an own model, its weights in other files and the samples of its inputs. The content of a
 * model without these is the hash of its file, which `sha256sum` shows, too.
 */
async function readUserModel(model: UserModel, precision: Precision, directory: string) {
  const reference = onnxFileOf(model, precision)
  const { path, bytes, graph } = await readOnnx(reference, directory)
  const stated = 'inputs' in model ? model.inputs : {}
  const inputs = Object.entries(stated).map(
    ([name, input]): InputSpec => ({
      name,
      ...input,
      ...(input.file !== undefined && { file: resolve(directory, input.file) }),
    }),
  )
  const fileHash = bytesHash(bytes)
  let total = bytes.length
  const others: Record<string, string> = {}
  for (const name of graph?.externalFiles ?? []) {
    const { hash, size } = await externalFile(reference, name, dirname(path))
    others[`external data ${name}`] = hash
    total += size
  }
  const sampleProblems: string[] = []
  for (const input of inputs) {
    if (input.file === undefined) continue
    const { hash, array } = await samplesOf(stated[input.name]!.file!, input)
    others[`samples of ${input.name}`] = hash
    const problem = samplesProblem(input, array)
    if (problem) sampleProblems.push(`inputs.${input.name}.file: ${problem}`)
  }
  const content = Object.keys(others).length === 0 ? fileHash : hashOf({ own: fileHash, ...others })
  return { reference, path, graph, inputs, content, bytes: total, sampleProblems }
}

/** An ONNX file, and what it states; without a graph where it is no model. */
export async function readOnnx(reference: string, directory: string) {
  const path = findUserModel(reference, directory)
  try {
    const bytes = await readUserFile(path, MOST_BYTES)
    // only a model of the user is decoded, which loads the format of ONNX
    const { readGraph } = await import('./onnx-graph.ts')
    return { path, bytes, graph: readGraph(bytes) }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    const what = error.missing ? 'nothing' : error.message
    throw new Failure(`${reference}: expected an ONNX file, got ${what} at ${path}`)
  }
}

async function externalFile(
  reference: string,
  name: string,
  folder: string,
): Promise<{ hash: string; size: number }> {
  const path = resolve(folder, name)
  // as ONNX Runtime does: a model must not have other files of this machine read
  if (!path.startsWith(join(resolve(folder), sep))) {
    throw new Failure(`${reference}: expected weights beside the model, got the file ${name}`)
  }
  const hash = createHash('sha256')
  let size = 0
  try {
    for await (const piece of userFilePieces(path, MOST_EXTERNAL_BYTES)) {
      hash.update(piece)
      size += piece.length
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    const what = error.missing ? 'nothing' : error.message
    const text = `keeps weights in ${name}, but there is ${what} at ${path}`
    throw new Failure(`${reference}: ${text}; put that file beside the model`)
  }
  return { hash: hash.digest('hex'), size }
}

async function samplesOf(file: string, { name, file: path }: InputSpec) {
  try {
    return await readSamples(path!)
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    const what = error.missing ? `nothing at ${path}` : error.message
    throw new Failure(`inputs.${name}.file: expected samples in ${file}, got ${what}`)
  }
}

/** The file of a relative path, or of npm:PACKAGE/PATH in node_modules of `directory` or above. */
function findUserModel(reference: string, directory: string): string {
  return reference.startsWith('npm:')
    ? inPackage(reference, directory)
    : resolve(directory, reference)
}

/** Limit of the ONNX format, and of one read of Node. */
const MOST_BYTES = 2 ** 31 - 1

/** Of files with weights; far beyond use. */
const MOST_EXTERNAL_BYTES = 1e12

/**
 * Packages of models often hide their files behind `exports`. So the package's folder is looked up
 * along Node's search path, and the rest of the path is joined to it.
 */
function inPackage(reference: string, directory: string): string {
  const parts = /^npm:((?:@[^/]+\/)?[^@/][^/]*)\/(.+)$/.exec(reference)
  if (!parts) throw new Failure(`${reference}: expected npm:PACKAGE/PATH, got ${reference}`)
  const name = parts[1]!
  const path = parts[2]!
  const searched = createRequire(join(resolve(directory), 'scenario.js')).resolve.paths(name) ?? []
  const folder = searched
    .map((place) => join(place, name))
    .find((place) => isVisible(place) && existsSync(place))
  if (folder !== undefined) return join(folder, path)
  throw new Failure(
    `${reference}: package ${name} is not installed where ${resolve(directory)} sees it; ` +
      `run: npm install ${name}`,
  )
}

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import {
  Failure,
  type Model,
  type Precision,
  Unreadable,
  userFilePieces,
} from '../../scenarios/index.ts'
import { builtinContent, builtinFile, bytesHash } from './builtin-file.ts'
import type { ModelFile, ModelPlaces } from './model-types.ts'
import { checkInputs, readSignature } from './signature.ts'

/**
 * Returns a scenario's model as a file: builds a built-in model unless it is in the cache, finds
 * and checks an `onnx` one. Throws `Failure` with every mismatch between declared inputs and graph.
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
    return { path, key: bytesHash(bytes), content, inputs, bytes: bytes.length }
  }
  const path = findUserModel(model.onnx, places.directory)
  const pieces: Buffer[] = []
  for await (const piece of userModelPieces(model.onnx, path)) pieces.push(piece)
  const bytes = Buffer.concat(pieces)
  const inputs = Object.entries(model.inputs).map(([name, input]) => ({ name, ...input }))
  const problems = checkInputs(inputs, readSignature(model.onnx, bytes))
  if (problems.length > 0) throw new Failure(problems.map((text) => `${model.onnx}: ${text}`))
  const key = bytesHash(bytes)
  return { path, key, content: key, inputs, bytes: bytes.length }
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
    const hash = createHash('sha256')
    const path = findUserModel(model.onnx, directory)
    for await (const piece of userModelPieces(model.onnx, path)) hash.update(piece)
    return hash.digest('hex').slice(0, 16)
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
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

/** The bytes of that file, in pieces. Throws `Failure` if it is no file, or too large. */
async function* userModelPieces(reference: string, path: string): AsyncGenerator<Buffer> {
  try {
    yield* userFilePieces(path, MOST_BYTES)
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    const found = error.missing ? 'nothing' : error.message
    throw new Failure(`${reference}: expected an ONNX file, got ${found} at ${path}`)
  }
}

/**
 * Packages of models often hide their files behind `exports`. So the package's folder is looked up
 * along Node's search path, and the rest of the path is joined to it.
 */
function inPackage(reference: string, directory: string): string {
  const parts = /^npm:((?:@[^/]+\/)?[^@/][^/]*)\/(.+)$/.exec(reference)
  if (!parts) throw new Failure(`${reference}: expected npm:PACKAGE/PATH, got ${reference}`)
  const [, name, path] = parts as unknown as [string, string, string]
  const searched = createRequire(join(resolve(directory), 'scenario.js')).resolve.paths(name) ?? []
  const folder = searched.map((place) => join(place, name)).find((place) => existsSync(place))
  if (folder !== undefined) return join(folder, path)
  throw new Failure(
    `${reference}: package ${name} is not installed where ${resolve(directory)} sees it; ` +
      `run: npm install ${name}`,
  )
}

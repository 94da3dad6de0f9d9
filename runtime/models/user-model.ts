import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { Failure, Unreadable, userFilePieces } from '../../scenarios/index.ts'

/** The file of a relative path, or of npm:PACKAGE/PATH in node_modules of `directory` or above. */
export function findUserModel(reference: string, directory: string): string {
  return reference.startsWith('npm:')
    ? inPackage(reference, directory)
    : resolve(directory, reference)
}

/** Limit of the ONNX format, and of one read of Node. */
const MOST_BYTES = 2 ** 31 - 1

/** The bytes of that file, in pieces. Throws `Failure` if it is no file, or too large. */
export async function* userModelPieces(reference: string, path: string): AsyncGenerator<Buffer> {
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

import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { Failure } from '../../scenarios/index.ts'

/**
 * The file that a scenario's `onnx` names: a path relative to `directory`, or npm:PACKAGE/PATH in
 * the node_modules that `directory` sees. Throws `Failure` where it does not exist.
 */
export function findUserModel(reference: string, directory: string): string {
  const path = reference.startsWith('npm:')
    ? inPackage(reference, directory)
    : resolve(directory, reference)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isFile()) return path
  throw new Failure(
    `${reference}: expected an ONNX file, got ${found ? 'no file' : 'nothing'} at ${path}`,
  )
}

/**
 * Packages that hold models often hide their files behind `exports`, so the package's folder is
 * looked up along Node's own search path and the rest of the path is joined to it.
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

import { existsSync } from 'node:fs'
import { basename, dirname, isAbsolute, posix, relative, resolve, sep } from 'node:path'
import { Failure } from '../failure.ts'
import {
  childOf,
  type MapNode,
  mapChildren,
  type Node,
  type Place,
  type PlacedProblem,
  plainOf,
  problemTexts,
  withEntry,
} from '../parse/located.ts'
import { merge } from '../parse/merge.ts'
import { overridden, type ParsedScenario, type ParseOptions, validated } from '../parse/parse.ts'
import { fileOrigin, parseYamlTree } from '../parse/yaml-tree.ts'
import { catalogued } from './catalogued.ts'
import { isVisible } from './file-access.ts'
import { guessedTraces } from './guessed-traces.ts'
import { expectScenario, findScenario, unread } from './shipped.ts'
import type { FoundFile } from './shipped-files.ts'
import { pathFrom, readUserText, Unreadable } from './user-file.ts'

export interface LoadedScenario extends ParsedScenario {
  /** relative paths of the scenario start here */
  readonly directory: string
  /** how its traces are read where the scenario leaves that open, a line each */
  readonly notes: readonly string[]
}

/** A scenario with all that it extends as one text, which can go to another machine. */
export interface ScenarioText {
  /** its name in messages */
  readonly file: string
  readonly text: string
  /** relative paths in it start here */
  readonly directory: string
}

export interface LoadOptions extends ParseOptions {
  /** gets the path of each file that values of the scenario are from, unless it ships */
  readonly onFile?: OnFile | undefined
}

type OnFile = (path: string) => void

/** Reads a scenario and all files that it extends, without a look at what they hold. */
export async function scenarioText(path: string): Promise<ScenarioText> {
  const problems: PlacedProblem[] = []
  const { root, directory } = await readExtended(path, problems)
  if (root === null || problems.length > 0) throw new Failure(problemTexts(problems))
  const { extends: _, ...plain } = plainOf(root) as Record<string, unknown>
  return { file: path, text: JSON.stringify(plain), directory }
}

/**
 * Reads a scenario with all files that it extends, applies overrides and validates the result.
 * Throws `Failure` with every problem found, in the order of the text. `path`, and so the files in
 * messages, is relative to the working directory. If no file is there, it may be the name of a
 * shipped scenario, whose relative paths start at the working directory.
 */
export async function loadScenario(
  source: string | ScenarioText,
  options: LoadOptions = {},
): Promise<LoadedScenario> {
  const { onFile } = options
  const placed: PlacedProblem[] = []
  const { file, root: tree, directory } = await readSource(source, placed, onFile)
  const stated = overridden(tree, placed, options)
  const { root: complete, complete: completed } = await catalogued(
    stated,
    directory,
    placed,
    onFile,
  )
  const { root, notes } = await guessedTraces(complete, directory, placed)
  return { ...validated(root, placed, { ...options, file }, completed), directory, notes }
}

async function readSource(
  source: string | ScenarioText,
  problems: PlacedProblem[],
  onFile?: OnFile,
) {
  if (typeof source === 'string') {
    return { file: source, ...(await readExtended(source, problems, onFile)) }
  }
  const { file, text, directory } = source
  const { root, problems: ofText } = parseYamlTree(text, fileOrigin(file, 0))
  problems.push(...ofText)
  return { file, root, directory }
}

/** Limit of a scenario together with all files that it extends. */
const MOST_BYTES = 16_000_000
const MOST_FILES = 32

interface ScenarioFile extends FoundFile {
  readonly root: Node
  /** relative paths in it start here */
  readonly directory: string
}

/** A hint where a file is named without its suffix. */
const withSuffix = (path: string) =>
  isVisible(`${path}.yaml`) && existsSync(`${path}.yaml`)
    ? `; did you mean ${basename(path)}.yaml?`
    : ''

/** Where a file is named that another file extends. */
interface Link {
  readonly place: Place
  readonly target: string
}

/**
 * Merges a file over the chain of files that it extends. `root` is null if the chain breaks; the
 * problem is added. Throws `Failure` if the first file cannot be read.
 */
async function readExtended(
  file: string,
  problems: PlacedProblem[],
  onFile?: OnFile,
): Promise<{ readonly root: Node | null; readonly directory: string }> {
  const source = expectScenario(file)
  const chain: ScenarioFile[] = []
  let left = MOST_BYTES
  const directory = source.shipped ? '.' : dirname(file)
  const broken = { root: null, directory }
  for (let next = { ...source, directory }, link: Link | null = null; ; ) {
    const refuse = (reason: string) => {
      if (link === null) throw new Failure(`${unread(file)}: ${reason}`)
      const text = `expected a scenario file, got "${link.target}": ${reason}`
      problems.push({ place: link.place, path: 'extends', text })
      return broken
    }
    if (chain.length === MOST_FILES) return refuse(`more than ${MOST_FILES} files in a row`)
    if (chain.some(({ path }) => resolve(path) === resolve(next.path))) {
      return refuse('it leads back to itself')
    }
    const read = await readText(next.path, left)
    if ('reason' in read)
      return refuse(`${read.reason}${link === null ? '' : withSuffix(next.path)}`)
    left -= read.bytes
    const { root, problems: ofText } = parseYamlTree(read.text, fileOrigin(next.path, chain.length))
    problems.push(...ofText)
    if (root === null) return broken
    if (link !== null && root.kind !== 'map') return refuse('it holds no map')
    chain.push({ ...next, root })
    if (!next.shipped) onFile?.(next.path)
    link = linkOf(root)
    if (link === null) return { root: merged(chain), directory }
    next = linked(next, link.target)
  }
}

/** The file that another one extends. A missing one is refused when it is read. */
function linked(from: Omit<ScenarioFile, 'root'>, target: string): Omit<ScenarioFile, 'root'> {
  const file = pathFrom(dirname(from.path), target)
  const { shipped = false, path = file } = findScenario(file, target) ?? {}
  const ofLibrary = shipped || (from.shipped && dirname(path) === dirname(from.path))
  return { path, shipped: ofLibrary, directory: ofLibrary ? from.directory : dirname(path) }
}

function linkOf(root: Node): Link | null {
  const link = childOf(root, 'extends')
  if (root.kind !== 'map' || link?.kind !== 'value' || typeof link.value !== 'string') return null
  return { place: link.place, target: link.value }
}

/** `left`: bytes that can still be read. */
async function readText(
  path: string,
  left: number,
): Promise<{ text: string; bytes: number } | { reason: string }> {
  try {
    const text = await readUserText(path, MOST_BYTES)
    const bytes = Buffer.byteLength(text)
    if (bytes > left) {
      return { reason: `more than ${MOST_BYTES / 1e6} MB, with the files that extend it` }
    }
    return { text, bytes }
  } catch (error) {
    if (error instanceof Unreadable) return { reason: error.message }
    throw error
  }
}

/** Merges each file over the next one, which it extends, starting with the last. */
function merged(chain: readonly ScenarioFile[]): Node {
  return chain.reduceRight((below, above) => ({
    ...above,
    root: merge(movePaths(below.root, below.directory, above.directory), above.root),
  })).root
}

/** Rewrites paths that are relative to another file's folder. */
function movePaths(root: Node, from: string, to: string): Node {
  if (root.kind !== 'map' || resolve(from) === resolve(to)) return root
  const move = (node: Node): Node => {
    const path = node.kind === 'value' ? node.value : null
    if (typeof path !== 'string' || isAbsolute(path) || path.startsWith('npm:')) return node
    const moved = relative(resolve(to), resolve(from, path)).split(sep).join(posix.sep)
    return { ...node, value: moved } as Node
  }
  const models = change(root, 'models', (list) =>
    mapChildren(list, (model) =>
      change(
        change(model, 'onnx', (file) => mapChildren(move(file), move)),
        'inputs',
        (inputs) => mapChildren(inputs, (input) => change(input, 'file', move)),
      ),
    ),
  )
  // the name of an accelerator of the catalogue stays
  const file = (node: Node): Node =>
    node.kind === 'value' && /\.ya?ml$/.test(String(node.value)) ? move(node) : node
  const pools = change(models, 'pools', (list) =>
    mapChildren(list, (pool) => change(pool, 'accelerator', file)),
  )
  return change(pools, 'traffic', (list) =>
    mapChildren(list, (item) =>
      change(item, 'arrivals', (arrivals) => change(arrivals, 'file', move)),
    ),
  )
}

function change(node: Node, key: string, by: (inner: Node) => Node): Node {
  const entry = node.kind === 'map' ? node.entries.get(key) : undefined
  return entry ? withEntry(node as MapNode, key, { ...entry, node: by(entry.node) }) : node
}

import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join, posix, relative, resolve, sep } from 'node:path'
import {
  childOf,
  type ListNode,
  type MapNode,
  type Node,
  type PlacedProblem,
  withEntry,
} from './located.ts'
import { merge } from './merge.ts'
import { fileOrigin, parseYamlTree } from './yaml-tree.ts'

/** Why a file cannot be read as text, in words. */
export function readText(path: string): { text: string } | { reason: string } {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)) }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return { reason: 'no such file' }
    if (code === 'EISDIR') return { reason: 'a folder' }
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return { reason: 'bytes that are not UTF-8' }
    return { reason: code ?? String(error) }
  }
}

/**
 * Follows `extends` of a parsed file, as long as there is one, and lays each file on the one it
 * extends. `file` is the path in messages, relative to the working directory. Null where the
 * chain breaks, with the problem noted.
 */
export function followExtends(
  root: Node,
  file: string,
  problems: PlacedProblem[],
  seen: readonly string[] = [resolve(file)],
): Node | null {
  const link = childOf(root, 'extends')
  if (root.kind !== 'map' || link?.kind !== 'value' || typeof link.value !== 'string') return root
  const baseFile = isAbsolute(link.value) ? link.value : join(dirname(file), link.value)
  const refuse = (found: string): null => {
    const text = `expected a scenario file, got "${link.value}": ${found}`
    problems.push({ place: link.place, path: 'extends', text })
    return null
  }
  if (seen.includes(resolve(baseFile))) return refuse('it leads back to itself')
  const read = readText(baseFile)
  if ('reason' in read) return refuse(read.reason)
  const base = parseYamlTree(read.text, fileOrigin(baseFile, seen.length))
  problems.push(...base.problems)
  if (base.root?.kind !== 'map') return base.root ? refuse('it holds no map') : null
  const chain = [...seen, resolve(baseFile)]
  const below = followExtends(base.root, baseFile, problems, chain)
  return below && merge(movePaths(below, dirname(baseFile), dirname(file)), root)
}

/** Paths stand beside the file that has them: those of a file elsewhere are rewritten. */
function movePaths(root: Node, from: string, to: string): Node {
  if (root.kind !== 'map' || resolve(from) === resolve(to)) return root
  const move = (node: Node): Node => {
    const path = node.kind === 'value' ? node.value : null
    if (typeof path !== 'string' || isAbsolute(path) || path.startsWith('npm:')) return node
    const moved = relative(resolve(to), resolve(from, path)).split(sep).join(posix.sep)
    return { ...node, value: moved } as Node
  }
  const models = change(root, 'models', (all) =>
    changeAll(all, (model) => change(model, 'onnx', move)),
  )
  return change(models, 'traffic', (all) =>
    changeAll(all, (own) => change(own, 'arrivals', (arrivals) => change(arrivals, 'file', move))),
  )
}

function change(node: Node, key: string, by: (inner: Node) => Node): Node {
  const entry = node.kind === 'map' ? node.entries.get(key) : undefined
  return entry ? withEntry(node as MapNode, key, { ...entry, node: by(entry.node) }) : node
}

function changeAll(node: Node, by: (inner: Node) => Node): Node {
  if (node.kind === 'list') return { ...node, items: (node as ListNode).items.map(by) }
  if (node.kind !== 'map') return node
  const entries = [...node.entries].map(
    ([key, entry]) => [key, { ...entry, node: by(entry.node) }] as const,
  )
  return { ...node, entries: new Map(entries) }
}

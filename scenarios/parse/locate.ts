import { childOf, entryName, type Node, type Path } from './located.ts'

/** Where a path of a scenario leads. */
export type Located =
  | { readonly path: Path; readonly node: Node }
  /** `within`: the part that there is, `names`: what it has */
  | { readonly path: null; readonly within: Path; readonly names: readonly string[] }

/**
 * Follows a path as in `--set`: entries of lists are referred to by number, name or class, and
 * names can contain dots.
 */
export function locate(root: Node, text: string): Located {
  const steps = text.split('.')
  let node = root
  const path: (string | number)[] = []
  for (let at = 0; at < steps.length; ) {
    const taken = longestKey(node, steps.slice(at))
    if (taken === null) return { path: null, within: path, names: namesOf(node) }
    path.push(taken.key)
    node = childOf(node, taken.key)!
    at += taken.steps
  }
  return { path, node }
}

function longestKey(node: Node, steps: readonly string[]) {
  for (let n = steps.length; n > 0; n--) {
    const key = keyOf(node, steps.slice(0, n).join('.'))
    if (key !== null) return { key, steps: n }
  }
  return null
}

function keyOf(node: Node, text: string): string | number | null {
  if (node.kind === 'map') return node.entries.has(text) ? text : null
  if (node.kind === 'value') return null
  const index = /^\d+$/.test(text)
    ? Number(text)
    : node.items.findIndex((item) => entryName(item) === text)
  return node.items[index] === undefined ? null : index
}

function namesOf(node: Node): string[] {
  if (node.kind === 'map') return [...node.entries.keys()]
  return node.kind === 'list' ? node.items.map((item, i) => entryName(item) ?? String(i)) : []
}

import { describeValue, listed } from './describe-value.ts'
import {
  entryName,
  type ListNode,
  type MapNode,
  type Node,
  overrideRank,
  type Place,
  type PlacedProblem,
  withEntry,
} from './located.ts'
import { didYouMean } from './nearest.ts'
import { splitOverride } from './option-values.ts'
import { parseYamlTree } from './yaml-tree.ts'

export interface Override {
  /** as the user wrote it, cut to fit a line: `--set duration_s=10` */
  readonly label: string
  /** `path=value` */
  readonly text: string
}

/**
 * Applies `path=value` in order. Entries of lists are referred to by number, name or class.
 * Those of a variant lie over those of the command line.
 */
export function applyOverrides(
  root: Node,
  overrides: readonly Override[],
  problems: PlacedProblem[],
  ofVariant = false,
): Node {
  let tree = root
  for (const [i, override] of overrides.entries()) {
    const split = splitOverride(override.text)
    const { steps } = split ?? { steps: [] }
    const rank = overrideRank(i, ofVariant)
    const place: Place = { label: override.label, rank, names: steps.join('.') }
    const refuse = (text: string) => void problems.push({ place, text })
    if (split === null) {
      refuse(`expected path=value, got ${describeValue(override.text)}`)
    } else if (split.steps[0] === 'extends') {
      refuse('expected a value of the scenario; extends has been followed by then')
    } else {
      const value = parseYamlTree(split.value, () => place)
      for (const problem of value.problems) refuse(problem.text)
      if (value.root) tree = setAt(tree, split.steps, value.root, { place, refuse, done: [] })
    }
  }
  return tree
}

interface Setting {
  readonly place: Place
  readonly refuse: (text: string) => void
  readonly done: readonly string[]
}

function setAt(node: Node | undefined, steps: readonly string[], value: Node, s: Setting): Node {
  if (steps.length === 0) return value
  if (node?.kind === 'list') return setInList(node, steps, value, s)
  const map: MapNode =
    node?.kind === 'map' ? node : { kind: 'map', place: s.place, entries: new Map() }
  // names can contain dots: the longest run of steps that is a key is used
  const taken = longest(steps, (key) => map.entries.has(key)) ?? 1
  const key = steps.slice(0, taken).join('.')
  const rest = steps.slice(taken)
  const below = map.entries.get(key)
  if (below && rest.length === 0 && value.kind === 'value' && value.value === null) {
    return withEntry(map, key, null)
  }
  if (key === '__proto__') {
    s.refuse('expected a key that is text, got __proto__')
    return map
  }
  const next = setAt(below?.node, rest, value, { ...s, done: [...s.done, key] })
  const place = rest.length === 0 ? s.place : (below?.key ?? s.place)
  return withEntry(map, key, { key: place, node: next })
}

function setInList(list: ListNode, steps: readonly string[], value: Node, s: Setting): Node {
  const indexOf = (key: string) =>
    /^\d+$/.test(key) ? Number(key) : list.items.findIndex((item) => entryName(item) === key)
  const taken = longest(steps, (key) => list.items[indexOf(key)] !== undefined)
  if (taken === null) {
    const where = s.done.join('.')
    const named = list.items.map((item, i) => entryName(item) ?? String(i))
    const entries = named.length === 0 ? 'which is empty' : `which has ${listed(named)}`
    s.refuse(
      `expected an entry of ${where}, ${entries}, got ${JSON.stringify(steps[0])}${didYouMean(steps[0], named)}`,
    )
    return list
  }
  const key = steps.slice(0, taken).join('.')
  const items = [...list.items]
  const index = indexOf(key)
  const rest = steps.slice(taken)
  if (rest.length === 0 && value.kind === 'value' && value.value === null) {
    return { ...list, items: items.toSpliced(index, 1) }
  }
  const done = [...s.done, key]
  items[index] = setAt(items[index], rest, value, { ...s, done })
  return { ...list, items }
}

function longest(steps: readonly string[], exists: (key: string) => boolean): number | null {
  for (let n = steps.length; n > 0; n--) if (exists(steps.slice(0, n).join('.'))) return n
  return null
}

/**
 * A document as a tree. Every value and every key has the place where it was written: a file that
 * extends another, and `--set`, mix values of several origins.
 */
export type Path = readonly (string | number)[]
export type Plain = string | number | boolean | null

export interface Place {
  /** `file:line:col`, or `--set path=value` */
  readonly label: string
  /** order of problems: by origin, then by offset in it */
  readonly rank: number
  /** the path of a `--set`, which need not be repeated in messages */
  readonly names?: string
}

export interface MapNode {
  readonly kind: 'map'
  readonly place: Place
  readonly entries: ReadonlyMap<string, Entry>
}
export interface ListNode {
  readonly kind: 'list'
  readonly place: Place
  readonly items: readonly Node[]
}
interface ValueNode {
  readonly kind: 'value'
  readonly place: Place
  readonly value: Plain
}
export type Node = MapNode | ListNode | ValueNode
export interface Entry {
  readonly key: Place
  readonly node: Node
}

/** Distance of the ranks of two origins; ranks within an origin differ by less. */
const ORIGIN = 2 ** 32
/** More than the number of files. */
const COMMAND_LINE = 2 ** 16

/** The rank of an offset in the `order`-th file, counted from the file that extends all others. */
export const fileRank = (order: number, offset: number) => order * ORIGIN + offset

/** The rank of the `i`-th override: after all files; of a variant after the command line, too. */
export const overrideRank = (i: number, ofVariant = false) =>
  (COMMAND_LINE + (ofVariant ? 1 : 0)) * ORIGIN + i

/**
 * Whether `upper` was merged over `lower`: it is in a file that extends the other's, on the command
 * line, or of a variant.
 */
export function liesOn(upper: Place, lower: Place): boolean {
  const [a, b] = [Math.floor(upper.rank / ORIGIN), Math.floor(lower.rank / ORIGIN)]
  return a >= COMMAND_LINE ? a > b : a < b && b < COMMAND_LINE
}

/** Whether parts of a document were written in several files, or over it. */
export function isLayered(root: Node): boolean {
  const origin = (place: Place) => Math.floor(place.rank / ORIGIN)
  const ofRoot = origin(root.place)
  const differs = (node: Node): boolean => {
    if (origin(node.place) !== ofRoot) return true
    if (node.kind === 'list') return node.items.some(differs)
    if (node.kind === 'value') return false
    return [...node.entries.values()].some(
      (entry) => origin(entry.key) !== ofRoot || differs(entry.node),
    )
  }
  return differs(root)
}

/** A problem at a path of the document. `key`: with the key itself, not with its value. */
export interface Problem {
  readonly path: Path
  readonly at: 'key' | 'value'
  readonly text: string
  /** a key that has no effect; defaults that were filled in may have none */
  readonly unused?: boolean
}

/** A problem with a known place. */
export interface PlacedProblem {
  readonly place: Place
  /** as in `--set`; none for a problem of the text rather than of a value */
  readonly path?: string | (() => string)
  readonly text: string
}

/** Further messages do not help. */
export const MOST_MESSAGES = 100

/**
 * `file:line:col path: text`, in the order of the text and each once: the first MOST_MESSAGES, and
 * the number of further ones. `problems` are looked up in the document `root`.
 */
export function problemTexts(
  placed: readonly PlacedProblem[],
  problems: readonly Problem[] = [],
  root: Node | null = null,
): string[] {
  // the path becomes text only where it is shown, since that searches lists for names
  const lookedUp = problems.map(({ path, at, text }): PlacedProblem => {
    return { place: placeOf(root!, path, at), path: () => pathText(root!, path), text }
  })
  const inOrder = [...placed, ...lookedUp].sort((a, b) => a.place.rank - b.place.rank)
  const texts = new Set<string>()
  for (const [i, problem] of inOrder.entries()) {
    if (texts.size === MOST_MESSAGES) return [...texts, `… and ${inOrder.length - i} more`]
    texts.add(problemText(problem))
  }
  return [...texts]
}

function problemText({ place, path: stated, text }: PlacedProblem): string {
  const path = typeof stated === 'function' ? stated() : stated
  if (!path || place.names === path) return `${place.label}: ${text}`
  return place.names === undefined
    ? `${place.label} ${path}: ${text}`
    : `${place.label}: ${path}: ${text}`
}

/** The same document as plain objects and arrays. */
export function plainOf(node: Node): unknown {
  if (node.kind === 'value') return node.value
  if (node.kind === 'list') return node.items.map(plainOf)
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, plainOf(entry.node)]))
}

export function childOf(node: Node, step: string | number): Node | undefined {
  if (node.kind === 'map') return node.entries.get(String(step))?.node
  return node.kind === 'list' && typeof step === 'number' ? node.items[step] : undefined
}

export function nodeAt(root: Node, path: Path): Node | undefined {
  let node: Node | undefined = root
  for (const step of path) node = node && childOf(node, step)
  return node
}

/** Where a path was written; if it was not, the place of the innermost value that would hold it. */
export function placeOf(root: Node, path: Path, at: 'key' | 'value'): Place {
  let node = root
  for (const [i, step] of path.entries()) {
    if (at === 'key' && i === path.length - 1 && node.kind === 'map') {
      return node.entries.get(String(step))?.key ?? node.place
    }
    const next = childOf(node, step)
    if (next === undefined) return node.place
    node = next
  }
  return node.place
}

/** A path as in `--set`: entries of lists by a unique name if they have one. */
export function pathText(root: Node, path: Path): string {
  let node: Node | undefined = root
  const steps: string[] = []
  for (const step of path) {
    const list: Node | undefined = node
    node = node && childOf(node, step)
    const label = list?.kind === 'list' && node ? entryName(node) : null
    const unique = list?.kind === 'list' && list.items.filter((x) => entryName(x) === label)
    steps.push(label !== null && unique && unique.length === 1 ? label : String(step))
  }
  return steps.join('.')
}

/** The `name` or `class` of an entry of a list, or null if it has none. */
export function entryName(node: Node): string | null {
  const naming = childOf(node, 'name') ?? childOf(node, 'class')
  const text = naming?.kind === 'value' ? naming.value : null
  return typeof text === 'string' && /^[a-z][a-z0-9._-]{0,99}$/i.test(text) ? text : null
}

/** The same node with other children. */
export function mapChildren(node: Node, by: (child: Node, step: string | number) => Node): Node {
  if (node.kind === 'list') return { ...node, items: node.items.map(by) }
  if (node.kind !== 'map') return node
  const entries = [...node.entries].map(
    ([key, entry]) => [key, { ...entry, node: by(entry.node, key) }] as const,
  )
  return { ...node, entries: new Map(entries) }
}

export function withEntry(map: MapNode, key: string, entry: Entry | null): MapNode {
  const entries = new Map(map.entries)
  if (entry === null) entries.delete(key)
  else entries.set(key, entry)
  return { ...map, entries }
}

/** The same tree with another node at a path that exists. */
export function replaced(node: Node, [step, ...rest]: Path, by: Node): Node {
  if (step === undefined) return by
  if (node.kind === 'list') {
    return {
      ...node,
      items: node.items.map((item, i) => (i === step ? replaced(item, rest, by) : item)),
    }
  }
  const map = node as MapNode
  const entry = map.entries.get(String(step))!
  return withEntry(map, String(step), { ...entry, node: replaced(entry.node, rest, by) })
}

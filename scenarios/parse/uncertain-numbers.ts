import * as z from 'zod'
import { scenarioSchema } from '../schema/schema.ts'
import { bare, schemaAt } from '../schema/schema-walk.ts'
import { readNumberAndWidth } from '../schema/uncertain.ts'
import { locate } from './locate.ts'
import {
  childOf,
  type Entry,
  liesOn,
  type MapNode,
  type Node,
  nodeAt,
  type Path,
  type Place,
  type PlacedProblem,
  type Plain,
  pathText,
  plainOf,
  replaced,
  withEntry,
} from './located.ts'

/** Keys whose texts and lists are no numbers of the scenario. */
const LEFT_ALONE = ['uncertain', 'variants', 'slo', 'name', 'description']

/** An uncertain number that stands in place of a number. */
interface Stated {
  readonly path: Path
  readonly place: Place
  readonly value: number
  /** as `uncertain` has it */
  readonly width: Node
}

/**
 * Moves uncertain numbers into `uncertain`: `12 ± 10 %` and `[10, 14]` in place of a number leave
 * the number there, 12, and the width at its path, with the place where both were written.
 */
export function withUncertainNumbers(root: Node, problems: PlacedProblem[]): Node {
  if (root.kind !== 'map') return root
  const candidates = [...root.entries].flatMap(([key, { node }]) =>
    LEFT_ALONE.includes(key) ? [] : statedIn(node, [key]),
  )
  if (candidates.length === 0) return root
  const plain = plainOf(root)
  const stated = candidates.filter(({ path }) => isNumber(path, plain))
  return stated.reduce<MapNode>((tree, each) => moved(tree, each, problems), root)
}

function moved(root: MapNode, stated: Stated, problems: PlacedProblem[]): MapNode {
  const { path, place, value, width } = stated
  const number: Node = { kind: 'value', place, value }
  const tree = replaced(root, path, number) as MapNode
  const text = pathText(tree, path)
  const before = tree.entries.get('uncertain')
  const empty: MapNode = { kind: 'map', place, entries: new Map<string, Entry>() }
  const map = before?.node ?? empty
  // the schema refuses another value
  if (map.kind !== 'map') return tree
  const twice = [...map.entries.keys()].some((key) => {
    const at = locate(tree, key)
    return at.path !== null && pathText(tree, at.path) === text
  })
  if (twice) {
    problems.push({ place, path: text, text: 'expected one width, got another under uncertain' })
    return tree
  }
  const uncertain = withEntry(map, text, { key: place, node: width })
  return withEntry(tree, 'uncertain', { key: before?.key ?? place, node: uncertain })
}

/** What may be an uncertain number, by its form alone. */
function statedIn(node: Node, path: Path): Stated[] {
  if (node.kind === 'value') return statedText(node.place, node.value, path)
  if (node.kind === 'list') return node.items.flatMap((item, i) => statedIn(item, [...path, i]))
  return [...node.entries].flatMap(([key, { node: inner }]) => {
    const at = [...path, key]
    const range = inner.kind === 'list' ? rangeOf(inner) : null
    if (range === null) return statedIn(inner, at)
    const [low, high] = range
    return [{ path: at, place: inner.place, value: (low + high) / 2, width: inner }]
  })
}

function statedText(place: Place, text: Plain, path: Path): Stated[] {
  if (typeof text !== 'string') return []
  const read = readNumberAndWidth(text)
  if (read === null) return []
  const width: Node = { kind: 'value', place, value: read.width }
  return [{ path, place, value: read.value, width }]
}

/** A low and a higher number: only as the value of a key, as lists hold lists of numbers. */
function rangeOf(list: Extract<Node, { kind: 'list' }>): readonly [number, number] | null {
  const [low, high, ...more] = list.items.map((item) =>
    item.kind === 'value' && typeof item.value === 'number' ? item.value : null,
  )
  if (low == null || high == null || more.length > 0) return null
  return low < high ? [low, high] : null
}

function isNumber(path: Path, plain: unknown): boolean {
  const schema = schemaAt(scenarioSchema, path, plain)
  return schema !== null && numberOf(schema) !== null
}

/** The schema of the numbers that a key may have; null where it has lists, or no numbers. */
export function numberOf(schema: z.core.$ZodType): z.ZodNumber | null {
  const branches = schema instanceof z.ZodUnion ? schema.options.map(bare) : [bare(schema)]
  if (branches.some((branch) => branch instanceof z.ZodArray || branch instanceof z.ZodTuple)) {
    return null
  }
  return branches.find((branch) => branch instanceof z.ZodNumber) ?? null
}

/**
 * Without the widths of numbers that a change replaced or removed, where number and width were
 * written together: a variant that states a number of its own states all of it.
 */
export function withoutReplacedWidths(before: Node, after: Node): Node {
  const stated = childOf(before, 'uncertain')
  const kept = childOf(after, 'uncertain')
  if (stated?.kind !== 'map' || kept?.kind !== 'map' || after.kind !== 'map') return after
  const placeAt = (root: Node, text: string) => {
    const at = locate(root, text)
    return at.path === null ? null : at.node.place
  }
  let widths: MapNode = kept
  for (const [key, { node }] of stated.entries) {
    const together = placeAt(before, key) === node.place
    if (together && placeAt(after, key) !== node.place) widths = withEntry(widths, key, null)
  }
  const entry = after.entries.get('uncertain')!
  return withEntry(
    after,
    'uncertain',
    widths.entries.size === 0 ? null : { ...entry, node: widths },
  )
}

/** Numbers of laws that a fit finds, and that its alternatives state, too. */
const FITTED = [
  ...['base_ms', 'per_sequence_ms', 'per_prefill_token_ms', 'per_context_token_ms'],
  ...['compute', 'memory', 'launch_us', 'saturation_tokens', 'sharpness'],
]

/**
 * Without the alternatives of a fit of which an upper file, `--set` or a variant states a number
 * anew: a law that is stated is none of those that fit the measurements as well.
 */
export function withoutStaleLaws(root: Node): Node {
  const models = childOf(root, 'models')
  if (models?.kind !== 'map') return root
  const holders = [...models.entries.keys()].flatMap((name): Path[] => [
    ['models', name, 'work'],
    ['models', name, 'work', 'efficiency'],
  ])
  return holders.reduce((tree, path) => {
    const law = nodeAt(tree, path)
    if (law?.kind !== 'map') return tree
    const alternatives = law.entries.get('alternatives')?.node
    if (alternatives === undefined) return tree
    const isAnew = FITTED.some((key) => {
      const number = law.entries.get(key)?.node
      return number !== undefined && liesOn(number.place, alternatives.place)
    })
    return isAnew ? replaced(tree, path, withEntry(law, 'alternatives', null)) : tree
  }, root)
}

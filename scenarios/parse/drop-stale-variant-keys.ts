import * as z from 'zod'
import { bare, branchOf, isMap, keysOf, schemaAt } from '../schema/schema-walk.ts'
import {
  childOf,
  type Entry,
  isLayered,
  liesOn,
  mapChildren,
  type Node,
  type Place,
  plainOf,
  withEntry,
} from './located.ts'

/**
 * Drops keys of a replaced kind. When an override, or a file that extends, changes `process`,
 * `distribution`, `policy` or the like, keys that only the old kind has are dropped with it. Keys
 * that no kind has stay, and are refused later.
 */
export function dropStaleVariantKeys(root: Node, schema: z.core.$ZodType): Node {
  return isLayered(root) ? withoutStaleKeys(root, schema) : root
}

function withoutStaleKeys(root: Node, schema: z.core.$ZodType): Node {
  const unwrapped = bare(schema)
  const value = plainOf(root)
  const node =
    unwrapped instanceof z.ZodDiscriminatedUnion ? ofOneKind(root, unwrapped, value) : root
  return mapChildren(node, (child, step) => {
    const below = schemaAt(schema, [step], value)
    return below === null ? child : withoutStaleKeys(child, below)
  })
}

function ofOneKind(node: Node, union: z.ZodDiscriminatedUnion, value: unknown): Node {
  const kind = childOf(node, union.def.discriminator)
  const branch = branchOf(union, value)
  if (node.kind !== 'map' || kind === undefined || branch === null || !isMap(value)) return node
  const ofAnyKind = new Set(union.options.flatMap((option) => keysOf(branchOf(option, value))))
  const ofThisKind = keysOf(branch)
  let kept = node
  for (const [key, entry] of node.entries) {
    if (ofThisKind.includes(key) || !ofAnyKind.has(key) || !isUnder(entry, kind.place)) continue
    kept = withEntry(kept, key, null)
  }
  return kept
}

/** Whether an entry was written entirely in a layer below `place`. */
function isUnder({ key, node }: Entry, place: Place): boolean {
  if (!liesOn(place, key) || !liesOn(place, node.place)) return false
  const inner =
    node.kind === 'list'
      ? node.items.map((item) => ({ key: item.place, node: item }))
      : node.kind === 'map'
        ? [...node.entries.values()]
        : []
  return inner.every((entry) => isUnder(entry, place))
}

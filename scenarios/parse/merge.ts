import { childOf, type Entry, type ListNode, type MapNode, type Node } from './located.ts'

/**
 * Merges `over` into `base`. Maps merge. Lists merge entry by entry if all entries have a `name`
 * (or all a `class`). Any other value in `over` replaces the one in `base`. A null removes the
 * value that it overrides.
 */
export function merge(base: Node, over: Node): Node {
  if (base.kind === 'map' && over.kind === 'map') return mergeMaps(base, over)
  if (base.kind === 'list' && over.kind === 'list') {
    for (const key of ['name', 'class']) {
      if (isKeyed(base, key) && isKeyed(over, key)) return mergeLists(base, over, key)
    }
  }
  return over
}

function mergeMaps(base: MapNode, over: MapNode): MapNode {
  const entries = new Map<string, Entry>(base.entries)
  for (const [key, entry] of over.entries) {
    const below = base.entries.get(key)
    const removes = entry.node.kind === 'value' && entry.node.value === null
    if (below && removes) entries.delete(key)
    else entries.set(key, below ? { key: entry.key, node: merge(below.node, entry.node) } : entry)
  }
  return { kind: 'map', place: over.place, entries }
}

function mergeLists(base: ListNode, over: ListNode, key: string): ListNode {
  const items = [...base.items]
  for (const item of over.items) {
    const at = items.findIndex((below) => keyOf(below, key) === keyOf(item, key))
    if (at < 0) items.push(item)
    else items[at] = merge(items[at]!, item)
  }
  return { kind: 'list', place: over.place, items }
}

function isKeyed(list: ListNode, key: string): boolean {
  return list.items.length > 0 && list.items.every((item) => typeof keyOf(item, key) === 'string')
}

function keyOf(item: Node, key: string): unknown {
  const value = childOf(item, key)
  return value?.kind === 'value' ? value.value : undefined
}

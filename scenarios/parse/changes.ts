import { canonicalJson } from '../schema/canonical.ts'
import type { Scenario } from '../schema/schema.ts'

/** Keys without an effect on the simulation. */
const LABELS = ['name', 'description']

/**
 * Differences between two scenarios: "pools.central.batching.max_batch: 8 → 2" for each value, in
 * the order of the file. Pools and classes are referred to by name, as in `--set`.
 */
export function scenarioChanges(before: Scenario, after: Scenario): string[] {
  const [a, b] = [before, after].map((scenario) => {
    const rest = Object.entries(scenario).filter(([key]) => !LABELS.includes(key))
    return leaves(Object.fromEntries(rest), '')
  })
  const paths = [...new Set([...a!.keys(), ...b!.keys()])]
  return paths
    .filter((path) => a!.get(path) !== b!.get(path))
    .map((path) => `${path}: ${a!.get(path) ?? 'none'} → ${b!.get(path) ?? 'none'}`)
}

/** Every value of a tree as text, by its path. */
function leaves(value: unknown, path: string, found = new Map<string, string>()) {
  if (Array.isArray(value) && value.every((item) => nameOf(item) !== null)) {
    for (const item of value) leaves(item, join(path, nameOf(item)!), found)
  } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value)) leaves(inner, join(path, key), found)
  } else if (value !== undefined) found.set(path, canonicalJson(value).replace(/^"(.*)"$/, '$1'))
  return found
}

const join = (path: string, key: string) => (path === '' ? key : `${path}.${key}`)

/** The name of a pool or class. */
function nameOf(item: unknown): string | null {
  if (typeof item !== 'object' || item === null) return null
  const { name, class: named } = item as Record<string, unknown>
  return typeof name === 'string' ? name : typeof named === 'string' ? named : null
}

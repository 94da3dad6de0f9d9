import { Failure } from '../failure.ts'
import {
  childOf,
  type Node,
  nodeAt,
  type Path,
  type Place,
  type PlacedProblem,
  pathText,
  placeOf,
  replaced,
} from '../parse/located.ts'
import type { Accelerator } from '../schema/schema-accelerator.ts'
import { loadAccelerator } from './accelerators.ts'

/** A scenario with the accelerators of its pools, and the same for its changed copies. */
interface Catalogued {
  readonly root: Node
  /** puts the accelerators that variants name into a changed copy of the scenario */
  readonly complete: (changed: Node) => Node
}

/**
 * Puts what the catalogue or a file states of each accelerator in place of its name, as if the
 * scenario stated it: so checks and the hash are those of the complete scenario. Adds a problem for
 * each accelerator that cannot be read.
 */
export async function catalogued(
  stated: Node,
  directory: string,
  problems: PlacedProblem[],
  onFile?: (path: string) => void,
): Promise<Catalogued> {
  const accelerators = new Map<string, Accelerator>()
  const named = [...poolAccelerators(stated), ...variantAccelerators(stated)]
  for (const { at, name } of named) {
    if (accelerators.has(name)) continue
    try {
      accelerators.set(name, await loadAccelerator(name, directory, onFile))
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      const [place, path] = [placeOf(stated, at, 'value'), pathText(stated, at)]
      for (const text of error.problems) problems.push({ place, path, text })
    }
  }
  const complete = (root: Node) => completed(root, accelerators)
  return { root: complete(stated), complete }
}

interface Named {
  readonly at: Path
  readonly name: string
}

function poolAccelerators(root: Node): Named[] {
  const pools = childOf(root, 'pools')
  if (pools?.kind !== 'list') return []
  return pools.items.flatMap((_, i) => named(root, ['pools', i, 'accelerator']))
}

/** Those that variants give pools by `pools.NAME.accelerator`. */
function variantAccelerators(root: Node): Named[] {
  return keysOf(childOf(root, 'variants')).flatMap((variant) =>
    keysOf(nodeAt(root, ['variants', variant])).flatMap((path) =>
      /^pools\..+\.accelerator$/.test(path) ? named(root, ['variants', variant, path]) : [],
    ),
  )
}

const keysOf = (node: Node | undefined) => (node?.kind === 'map' ? [...node.entries.keys()] : [])

function named(root: Node, at: Path): Named[] {
  const node = nodeAt(root, at)
  if (node?.kind !== 'value' || typeof node.value !== 'string' || node.value === 'local') return []
  return [{ at, name: node.value }]
}

function completed(stated: Node, accelerators: ReadonlyMap<string, Accelerator>): Node {
  let root = stated
  for (const { at, name } of poolAccelerators(stated)) {
    const accelerator = accelerators.get(name)
    if (accelerator === undefined) continue
    root = replaced(root, at, placed(accelerator, placeOf(stated, at, 'value')))
  }
  return root
}

/** A plain value, all of it at one place. */
function placed(value: unknown, place: Place): Node {
  if (Array.isArray(value)) {
    return { kind: 'list', place, items: value.map((item) => placed(item, place)) }
  }
  if (typeof value !== 'object' || value === null) return { kind: 'value', place, value } as Node
  const entries = Object.entries(value).map(
    ([key, inner]) => [key, { key: place, node: placed(inner, place) }] as const,
  )
  return { kind: 'map', place, entries: new Map(entries) }
}

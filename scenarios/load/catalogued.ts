import { Draft } from '../checks/index.ts'
import { Failure } from '../failure.ts'
import {
  type Node,
  nodeAt,
  type Path,
  type Place,
  type PlacedProblem,
  pathText,
  placeOf,
  replaced,
} from '../parse/located.ts'
import { loadAccelerator } from './accelerators.ts'

/**
 * Puts what the catalogue or a file states of each accelerator in place of its name, as if the
 * scenario stated it: so checks and the hash are those of the complete scenario. Adds a problem for
 * each accelerator that cannot be read.
 */
export async function catalogued(
  stated: Node,
  directory: string,
  problems: PlacedProblem[],
): Promise<Node> {
  let root = stated
  for (const { path } of new Draft(stated).pools) {
    const at: Path = [...path, 'accelerator']
    const node = nodeAt(stated, at)
    if (node?.kind !== 'value' || typeof node.value !== 'string' || node.value === 'local') continue
    const place = placeOf(stated, at, 'value')
    try {
      const accelerator = await loadAccelerator(node.value, directory)
      root = replaced(root, at, placed(accelerator, place))
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      const name = pathText(stated, at)
      for (const text of error.problems) problems.push({ place, path: name, text })
    }
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

import { Draft } from '../checks/index.ts'
import {
  type MapNode,
  type Node,
  nodeAt,
  type Path,
  type PlacedProblem,
  pathText,
  placeOf,
  replaced,
  withEntry,
} from '../parse/located.ts'
import { GUESSED } from '../schema/trace-columns.ts'
import type { StatedRows } from '../trace/trace-piece.ts'
import { pathFrom } from './user-file.ts'

const LENGTHS = ['input_tokens', 'output_tokens'] as const

/**
 * Completes the traces of a scenario with what their first rows show, as if the scenario stated it:
 * so its checks and its hash are those of the complete scenario. Adds a problem for each trace
 * whose rows do not show it.
 */
export async function guessedTraces(
  stated: Node,
  directory: string,
  problems: PlacedProblem[],
): Promise<{ readonly root: Node; readonly notes: readonly string[] }> {
  if (!hasTraces(stated)) return { root: stated, notes: [] }
  const { guessTrace, isIncomplete, NotGuessed } = await import('../trace/trace-guess.ts')
  const draft = new Draft(stated)
  const notes: string[] = []
  let root = stated
  for (const traffic of draft.classes) {
    const { arrivals } = traffic
    if (arrivals?.process !== 'trace' || !isIncomplete(arrivals)) continue
    const path = [...traffic.path, 'arrivals']
    const { file } = arrivals
    try {
      const { rows, said } = await guessTrace(pathFrom(directory, file), arrivals, {
        key: (name) => `arrivals.${name}`,
        lengths: LENGTHS.filter((name) => traffic[name]?.distribution === 'trace'),
      })
      root = withRows(root, path, rows)
      // classes of one file are read alike
      const note = `${file}: ${said}`
      if (said !== null && !notes.includes(note)) notes.push(note)
    } catch (error) {
      if (!(error instanceof NotGuessed)) throw error
      const place = placeOf(stated, [...path, 'file'], 'value')
      const name = pathText(stated, [...path, 'file'])
      for (const text of error.problems)
        problems.push({ place, path: name, text: `${file}: ${text}` })
    }
  }
  return { root, notes }
}

function hasTraces(root: Node): boolean {
  const traffic = nodeAt(root, ['traffic'])
  const items = traffic?.kind === 'list' ? traffic.items : []
  return items.some((item) => {
    const process = nodeAt(item, ['arrivals', 'process'])
    return process?.kind === 'value' && process.value === 'trace'
  })
}

/** The arrivals at a path with the format, columns and unit of their rows. */
function withRows(root: Node, path: Path, rows: StatedRows): Node {
  const place = placeOf(root, [...path, 'file'], 'value')
  const value = (text: string): Node => ({ kind: 'value', place, value: text })
  const set = (map: MapNode, key: string, text: string | undefined) =>
    text === undefined || map.entries.has(key)
      ? map
      : withEntry(map, key, { key: place, node: value(text) })
  let arrivals = set(nodeAt(root, path) as MapNode, 'format', rows.format)
  arrivals = set(arrivals, 'time_unit', rows.time_unit)
  if (rows.columns !== undefined) {
    const stated = arrivals.entries.get('columns')
    let columns = (stated?.node ?? { kind: 'map', place, entries: new Map() }) as MapNode
    for (const key of GUESSED) columns = set(columns, key, rows.columns[key])
    arrivals = withEntry(arrivals, 'columns', { key: stated?.key ?? place, node: columns })
  }
  return replaced(root, path, arrivals)
}

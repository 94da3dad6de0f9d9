import type { Scenario, TraceSurvey } from '../../scenarios/index.ts'

/** A sentence for each file whose class column has values that no class of the scenario takes. */
export function unclaimedRows(
  { traffic }: Scenario,
  traces: ReadonlyMap<number, TraceSurvey>,
): string[] {
  const files = new Map<string, { column: string; left: Map<string, number> }>()
  for (const [index, { kinds }] of traces) {
    const { arrivals } = traffic[index]!
    if (arrivals.process !== 'trace' || arrivals.columns?.class === undefined) continue
    const { file, columns, class_values: values = [] } = arrivals
    const key = `${file}: ${columns.class}`
    const found = files.get(key) ?? { column: columns.class!, left: new Map(kinds) }
    for (const value of values) found.left.delete(value)
    files.set(key, found)
  }
  return [...files].flatMap(([key, { column, left }]) => {
    if (left.size === 0) return []
    const file = key.slice(0, -(column.length + 2))
    const rows = [...left.values()].reduce((sum, count) => sum + count, 0)
    const shown = [...left.keys()].slice(0, 10).map((value) => JSON.stringify(value))
    const more = left.size > shown.length ? ` and ${left.size - shown.length} more` : ''
    const text = `${rows} rows are in no class: those with ${column} ${shown.join(', ')}${more}`
    return [`${file}: ${text}; class_values of a class take them`]
  })
}

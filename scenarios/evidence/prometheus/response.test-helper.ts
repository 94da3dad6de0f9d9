import { type Series, type SeriesByName, seriesByName } from './range-response.ts'

/** 2026-11-30T00:00:00Z */
export const FROM_S = 1_795_996_800

type Labels = Readonly<Record<string, string>>

/** A series with a sample each step; undefined: no sample. */
export function seriesOf(
  name: string,
  values: readonly (number | undefined)[],
  { labels = {}, step_s = 15, from_s = FROM_S }: SeriesOptions = {},
): Series {
  const kept = [...values.entries()].filter(([, value]) => value !== undefined)
  return {
    name,
    labels: new Map(Object.entries(labels)),
    times: Float64Array.from(kept, ([i]) => from_s + i * step_s),
    values: Float64Array.from(kept, ([, value]) => value!),
  }
}

interface SeriesOptions {
  readonly labels?: Labels
  readonly step_s?: number
  readonly from_s?: number
}

/** What a counter reads after each of these increases. */
export function counted(increases: readonly number[], start = 0): number[] {
  let value = start
  return [start, ...increases.map((increase) => (value += increase))]
}

/** Counters of a server in a map, by the increases of each. */
export function countersOf(
  increases: Readonly<Record<string, readonly number[]>>,
  labels: Labels = {},
): SeriesByName {
  return seriesByName(
    Object.entries(increases).map(([name, values]) => seriesOf(name, counted(values), { labels })),
  )
}

type Entry = readonly [metric: Labels, values: readonly (readonly [number, string])[]]

/** A response of Prometheus to a query over a range. */
export function responseOf(...entries: readonly Entry[]) {
  const result = entries.map(([metric, values]) => ({ metric, values }))
  return { status: 'success', data: { resultType: 'matrix', result } }
}

import type { TopLevelSpec } from 'vega-lite'
import type { NonNormalizedSpec } from 'vega-lite/types_unstable/spec/index.js'
import type { Series } from '../../../sim/documents/index.ts'
import { count, time } from '../../format.ts'
import { type Layer, median, narrow, type Sides, subject, type World } from '../frame.ts'
import { latencyLimits, limitLines } from '../load/limits.ts'
import { latencies, type PanelGrid, panelled, panelTitle, runTime } from '../plot.ts'

/** Most cells in each direction, whatever the length of the run. */
const MOST_COLUMNS = 64
const MOST_ROWS = 40
const SHADES = 8

interface Cell {
  readonly x: number
  readonly x2: number
  readonly y: number
  readonly y2: number
  /** 0 … 1 of the fullest cell, on a square-root scale in eighths */
  readonly shade: number
}

/** Number of requests by latency and arrival; one panel for each side. */
export function latencyHeat(sides: Sides, width: number): TopLevelSpec {
  const small = narrow(width)
  const height = small ? 170 : 240
  const limits = latencyLimits(sides)
  const cells = sides.map(({ result }) => heatCells(result.series, small ? 24 : MOST_COLUMNS))
  const domain = latencyDomain(
    cells.flat(),
    limits.map(({ limitMs }) => limitMs),
  )
  const panel = (world: World, { plot, columns }: PanelGrid, i: number): NonNormalizedSpec => ({
    title: panelTitle(world.name, world.color),
    width: plot,
    height,
    layer: [
      heatLayer(cells[i]!, world, domain, i % columns === 0),
      ...limitLines(limits, { domain, height }),
    ],
  })
  const subtitle = `${subject(sides)} · darker: more requests at that time (square-root scale)`
  return panelled({ title: finding(sides), subtitle, panels: sides }, width, { axis: 44 }, panel)
}

function heatLayer(
  cells: Cell[],
  { color, result: { series } }: World,
  domain: readonly [number, number],
  titled: boolean,
): Layer {
  return {
    data: { values: cells },
    mark: { type: 'rect', color },
    encoding: {
      x: runTime(Math.max(1, series.heat.counts.length) * series.bucket_s),
      x2: { field: 'x2' },
      y: latencies('y', domain, titled ? 'latency' : null),
      y2: { field: 'y2' },
      opacity: {
        field: 'shade',
        type: 'quantitative',
        scale: { domain: [0, 1], range: [0.04, 1] },
        legend: null,
      },
    },
  }
}

/** The non-empty cells of a heat map, coarsened to the resolution of a picture. */
function heatCells({ bucket_s, heat }: Series, mostColumns: number): Cell[] {
  const { counts, latency_edges: edges } = heat
  const rows = Math.max(0, edges.length - 1)
  const used = usedRows(counts, rows)
  const perColumn = Math.ceil(counts.length / mostColumns)
  const perRow = Math.ceil((used.to - used.from) / MOST_ROWS)
  const cells: Cell[] = []
  const sums: number[] = []
  for (let c = 0; c < counts.length; c += perColumn) {
    const buckets = counts.slice(c, c + perColumn)
    for (let r = used.from; r < used.to; r += perRow) {
      const top = Math.min(r + perRow, used.to)
      let sum = 0
      for (const bucket of buckets) for (let i = r; i < top; i++) sum += bucket[i] ?? 0
      if (sum === 0) continue
      // a last, shorter column is weighted as a whole one
      sums.push(sum / buckets.length)
      const x2 = Math.min(c + perColumn, counts.length) * bucket_s
      cells.push({ x: c * bucket_s, x2, y: edges[r]!, y2: edges[top]!, shade: 0 })
    }
  }
  const fullest = Math.max(...sums, 0)
  return cells.map((cell, i) => ({
    ...cell,
    shade: Math.ceil(SHADES * Math.sqrt(sums[i]! / fullest)) / SHADES,
  }))
}

function usedRows(counts: readonly (readonly number[])[], rows: number) {
  let from = rows
  let to = 0
  for (const bucket of counts) {
    for (let r = 0; r < rows; r++) {
      if ((bucket[r] ?? 0) === 0) continue
      from = Math.min(from, r)
      to = Math.max(to, r + 1)
    }
  }
  return { from: Math.min(from, to), to }
}

function latencyDomain(cells: readonly Cell[], limits: readonly number[]): [number, number] {
  const low = Math.min(...cells.map(({ y }) => y).filter((y) => y > 0), ...limits)
  const high = Math.max(...cells.map(({ y2 }) => y2), ...limits)
  return high > 0 && Number.isFinite(low) ? [low / 1.1, high * 1.25] : [1, 10]
}

/** When the slowest twentieth was slowest, and by how much, on each side. */
function finding(sides: Sides): string {
  const peaks = sides.flatMap(({ name, result }) => {
    const { bucket_s, heat } = result.series
    const highs = heat.counts.map((bucket) => quantileOf(bucket, heat.latency_edges, 0.95))
    const ofRequests = highs.filter((value) => value !== null)
    const middle = median(ofRequests)
    const peak = Math.max(...ofRequests)
    if (middle === null) return []
    return [{ name, peak, middle, at: highs.indexOf(peak) * bucket_s }]
  })
  const main = peaks.at(-1)
  if (!main) return 'No latencies were recorded'
  if (peaks.every(({ peak, middle }) => peak < 1.5 * middle)) {
    return `Latency was steady over the run: p95 of each interval stayed near ${time(main.middle)}`
  }
  const first = peaks[0]!
  const apart = Math.abs(main.at - first.at)
  if (apart <= 0.1 * main.at) {
    const texts = peaks.map(({ name, peak }) => `${time(peak)} ${name}`)
    return `Latency was worst at ${count(main.at)} s: p95 ${texts.join(', ')}`
  }
  const texts = peaks.map(({ name, at, peak }) => `${name} at ${count(at)} s (p95 ${time(peak)})`)
  return `Latency was worst ${texts.join(', ')}`
}

/** The upper edge of the bin with the quantile `p`; null for an empty bucket. */
function quantileOf(bucket: readonly number[], edges: readonly number[], p: number): number | null {
  const total = bucket.reduce((sum, n) => sum + n, 0)
  if (total === 0) return null
  let below = 0
  const bin = bucket.findIndex((n) => (below += n) >= p * total)
  return edges[bin + 1] ?? null
}

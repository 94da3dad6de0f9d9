import type { TopLevelSpec } from 'vega-lite'
import { memorySpaces } from '../tables/memory-spaces.ts'
import { type ReportInput, WIDE, worlds } from './frame.ts'
import { errorChart } from './latency/error-chart.ts'
import { latencyHeat } from './latency/latency-heat.ts'
import { tailChart } from './latency/tail-chart.ts'
import { whatIfChart } from './latency/what-if-chart.ts'
import { ratioRows } from './latency/what-if-rows.ts'
import { whereTimeWent } from './latency/where-time-went.ts'
import { batchSizes } from './load/batch-sizes.ts'
import { machineSpeed } from './load/machine-speed.ts'
import { queueDepth } from './load/queue-depth.ts'
import { rates } from './load/rates.ts'
import { memoryCurve } from './memory/memory-curve.ts'
import { memoryMap } from './memory/memory-map.ts'

export { NARROW, type ReportInput, WIDE } from './frame.ts'

const CHARTS = {
  tail: tailChart,
  errors: errorChart,
  'what-if': whatIfChart,
  'where-time-went': whereTimeWent,
  rates,
  'queue-depth': queueDepth,
  'latency-heat': latencyHeat,
  'machine-speed': machineSpeed,
  'batch-sizes': batchSizes,
} as const

/** Number of spaces that are drawn, the worst first. */
export const MOST_SPACES = 4

type SingleChart = keyof typeof CHARTS
export type ChartName = SingleChart | `memory-${'curve' | 'map'}-${number}`

export interface NamedChart {
  readonly name: ChartName
  readonly spec: TopLevelSpec
}

/** Every chart that the documents have data for, in the order of the page. */
export function allCharts(input: ReportInput, width = WIDE): NamedChart[] {
  const single = (Object.keys(CHARTS) as SingleChart[])
    .filter((name) => hasData(name, input))
    .map((name) => ({ name, spec: CHARTS[name](input, width) }))
  return [...single, ...memoryCharts(input, width)]
}

/** Memory over time and the map of addresses, space by space. */
function memoryCharts(input: ReportInput, width: number): NamedChart[] {
  return memorySpaces(input)
    .slice(0, MOST_SPACES)
    .flatMap((space, i): NamedChart[] => [
      { name: `memory-curve-${i + 1}`, spec: memoryCurve(input, space, width) },
      ...(space.sides.some((side) => side.space.map.length > 0)
        ? [{ name: `memory-map-${i + 1}` as const, spec: memoryMap(input, space, width) }]
        : []),
    ])
}

function hasData(name: SingleChart, input: ReportInput): boolean {
  if (name === 'errors') {
    return input.comparison?.percentiles.some(({ measured }) => measured.value !== null) ?? false
  }
  if (name === 'what-if') return ratioRows(input.comparison?.what_if).length > 0
  const present = worlds(input)
  if (name === 'machine-speed') {
    return present.some(({ result }) => result.series.speed.some((speed) => speed !== null))
  }
  return present.length > 0
}

import type { TopLevelSpec } from 'vega-lite'
import { batchSizes } from './batch-sizes.ts'
import { errorChart } from './error-chart.ts'
import { type ReportInput, WIDE, worlds } from './frame.ts'
import { latencyHeat } from './latency-heat.ts'
import { machineSpeed } from './machine-speed.ts'
import { queueDepth } from './queue-depth.ts'
import { rates } from './rates.ts'
import { tailChart } from './tail-chart.ts'
import { whatIfChart } from './what-if-chart.ts'
import { ratioRows } from './what-if-rows.ts'
import { whereTimeWent } from './where-time-went.ts'

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

export type ChartName = keyof typeof CHARTS

export interface NamedChart {
  readonly name: ChartName
  readonly spec: TopLevelSpec
}

/** Every chart that the documents have data for, in the order of the page. */
export function allCharts(input: ReportInput, width = WIDE): NamedChart[] {
  return (Object.keys(CHARTS) as ChartName[])
    .filter((name) => hasData(name, input))
    .map((name) => ({ name, spec: CHARTS[name](input, width) }))
}

function hasData(name: ChartName, input: ReportInput): boolean {
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

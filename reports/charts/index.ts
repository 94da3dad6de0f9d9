import type { TopLevelSpec } from 'vega-lite'
import { memorySpaces } from '../tables/memory-spaces.ts'
import { powerOverTime } from './accelerator/power-over-time.ts'
import { type ReportInput, type Sides, WIDE, worlds } from './frame.ts'
import { blameFlows } from './latency/blame-flows.ts'
import { classTails } from './latency/class-tails.ts'
import { errorChart } from './latency/error-chart.ts'
import { errorSplitChart } from './latency/error-split-chart.ts'
import { latencyHeat } from './latency/latency-heat.ts'
import { tailChart, tokenTailChart } from './latency/tail-chart.ts'
import { whatIfChart } from './latency/what-if-chart.ts'
import { whereTimeWent } from './latency/where-time-went.ts'
import { batchSizes } from './load/batch-sizes.ts'
import { batchTimes } from './load/batch-times.ts'
import { machineSpeed } from './load/machine-speed.ts'
import { queueDepth } from './load/queue-depth.ts'
import { rates } from './load/rates.ts'
import { replicaHours } from './load/replica-hours.ts'
import { replicasOverTime } from './load/replicas-over-time.ts'
import { stepLanes } from './load/step-lanes.ts'
import { tunedSettings } from './load/tuned-settings.ts'
import { memoryCurve } from './memory/memory-curve.ts'
import { memoryMap } from './memory/memory-map.ts'
import { toPng, toSvg } from './render.ts'
import { bothIntervals } from './uncertainty/both-intervals.ts'
import { inputShares } from './uncertainty/input-shares.ts'

export { NARROW, type ReportInput, WIDE } from './frame.ts'

/** null if the documents have no data for it */
type Chart = (input: ReportInput, width: number) => TopLevelSpec | null

/** A chart of results, which needs at least one of them. */
function ofResults(
  chart: (sides: Sides, width: number, input: ReportInput) => TopLevelSpec | null,
): Chart {
  return (input, width) => {
    const [first, ...others] = worlds(input)
    return first ? chart([first, ...others], width, input) : null
  }
}

const CHARTS = {
  tail: ofResults(tailChart),
  'ttft-tail': ofResults(tokenTailChart('ttft')),
  'tpot-tail': ofResults(tokenTailChart('tpot')),
  'class-tails': ofResults(classTails),
  'both-intervals': ofResults(bothIntervals),
  'input-shares': ofResults(inputShares),
  errors: errorChart,
  'error-split': errorSplitChart,
  'what-if': whatIfChart,
  'step-lanes': stepLanes,
  'where-time-went': ofResults(whereTimeWent),
  blame: ({ blame }, width) => (blame ? blameFlows(blame, width) : null),
  rates: ofResults(rates),
  'queue-depth': ofResults(queueDepth),
  'replicas-over-time': ofResults(replicasOverTime),
  'replica-hours': ofResults(replicaHours),
  'tuned-settings': ofResults(tunedSettings),
  'latency-heat': ofResults(latencyHeat),
  'machine-speed': ofResults(machineSpeed),
  'power-over-time': ofResults(powerOverTime),
  'batch-sizes': ofResults(batchSizes),
  'batch-times': ofResults(batchTimes),
} as const satisfies Record<string, Chart>

/** Number of spaces that are drawn, the worst first. */
export const MOST_SPACES = 4

type SingleChart = keyof typeof CHARTS
export type ChartName = SingleChart | `memory-${'curve' | 'map'}-${number}`

interface NamedChart {
  readonly name: ChartName
  readonly spec: TopLevelSpec
}

/** Every chart that the documents have data for, in the order of the page. */
export function allCharts(input: ReportInput, width = WIDE): NamedChart[] {
  const single = (Object.keys(CHARTS) as SingleChart[]).flatMap((name) => {
    const spec = CHARTS[name](input, width)
    return spec ? [{ name, spec }] : []
  })
  return [...single, ...memoryCharts(input, width)]
}

/** Memory over time and the map of addresses, space by space. */
function memoryCharts(input: ReportInput, width: number): NamedChart[] {
  return memorySpaces(input)
    .slice(0, MOST_SPACES)
    .flatMap((space, i): NamedChart[] => {
      const curve = { name: `memory-curve-${i + 1}` as const, spec: memoryCurve(space, width) }
      const map = memoryMap(space, width)
      return map ? [curve, { name: `memory-map-${i + 1}`, spec: map }] : [curve]
    })
}

export type ChartFormat = 'svg' | 'png'

/** Draws charts in every format, each as the content of a file NAME.svg or NAME.png. */
export async function drawCharts(
  formats: readonly ChartFormat[],
  charts: readonly { readonly name: string; readonly spec: TopLevelSpec }[],
): Promise<{ readonly file: string; readonly content: string | Uint8Array }[]> {
  const drawn: { file: string; content: string | Uint8Array }[] = []
  for (const { name, spec } of charts) {
    for (const format of formats) {
      const content = format === 'svg' ? await toSvg(spec) : await toPng(spec)
      drawn.push({ file: `${name}.${format}`, content })
    }
  }
  return drawn
}

import type { Comparison, Result, TailPoint } from '../../../sim/documents/index.ts'
import { logTicks, type ReportInput, type Sides, type World, worlds } from '../../charts/frame.ts'
import { curvePoints, FIRST, TAIL_TICKS } from '../../charts/latency/tail-axis.ts'
import { anyLost, nines } from '../../charts/latency/tail-finding.ts'
import { latencyLimits } from '../../charts/load/limits.ts'
import { declared, threeDigits } from '../../format.ts'
import { type Curve, type PlotText, type Point, plotText, type Tick } from './layers.ts'
import { timeLines } from './time-lines.ts'

const TAIL_ROWS = 14
/** Classes that a plot has looks for. */
const CLASS_LOOKS = ['heavy', 'light', 'double', 'dots'] as const

/** The tail and the time line of the results, for a terminal of `width` columns. */
export function resultPlots(input: ReportInput, width: number): PlotText {
  const [first, ...others] = worlds(input)
  if (first === undefined) return []
  const sides: Sides = [first, ...others]
  const plots = [tailPlot(sides, input.comparison, width), ...timeLines(sides, width)]
  return plots.flatMap((plot, i) => (i === 0 ? plot : ['\n\n', ...plot]))
}

function tailPlot(sides: Sides, comparison: Comparison | null, width: number): PlotText {
  const curves = curvesOf(sides, comparison)
  const points = curves.flatMap((curve) => curve.points)
  if (points.length === 0) return ['Latency by percentile: the sample supports none']
  const last = Math.max(...points.map(([x]) => x))
  const limits = latencyLimits(sides).slice(0, 2)
  const lines = limits.map(({ text, limitMs }): Curve => {
    const y = Math.log10(limitMs)
    return {
      name: text,
      look: 'limit',
      points: [
        [nines(FIRST), y],
        [last, y],
      ],
    }
  })
  const drawn = [...lines, ...curves]
  const heights = drawn.flatMap((curve) => curve.points.map(([, y]) => y))
  const [low, high] = [Math.min(...heights), Math.max(...heights)]
  const margin = Math.max(0.03, 0.03 * (high - low))
  const yRange = [low - margin, high + margin] as const
  const xTicks = TAIL_TICKS.map((p): Tick => ({ at: nines(p), text: `p${declared(100 * p)}` }))
  const ticks = logTicks(10 ** yRange[0], 10 ** yRange[1])
  const yTicks = (ticks.length > 0 ? ticks : [10 ** low]).map(
    (ms): Tick => ({ at: Math.log10(ms), text: `${threeDigits(ms)} ms` }),
  )
  const served = anyLost(sides) ? ' of the served requests' : ''
  const title = `Latency${served} by percentile, log scale`
  const plot = { title, curves: drawn, width, height: TAIL_ROWS, yRange, yTicks }
  return plotText({ ...plot, xTicks: xTicks.filter(({ at }) => at <= last + 1e-9) })
}

/** Each side, or each of the busiest classes where there is one side with several. */
function curvesOf(sides: Sides, comparison: Comparison | null): Curve[] {
  const [first, ...others] = sides
  const classes = first.result.classes.filter(({ tail }) => tail.length > 0)
  if (others.length === 0 && comparison === null && classes.length > 1) {
    return classes
      .toSorted((a, b) => b.counts.arrived - a.counts.arrived)
      .slice(0, CLASS_LOOKS.length)
      .map(({ name, tail }, i) => ({ name, look: CLASS_LOOKS[i]!, points: pointsOf(tail) }))
  }
  const drawn = sides.map(sideCurve)
  if (sides.some(({ name }) => name === 'simulated') || comparison === null) return drawn
  return [predicted(comparison), ...drawn]
}

function sideCurve({ name, result }: World): Curve {
  const what = name === 'measured' ? measuredName(result) : 'simulated'
  return {
    name: what,
    look: name === 'simulated' ? 'heavy' : 'light',
    points: pointsOf(result.tail),
  }
}

const measuredName = ({ runs }: Result) =>
  runs > 1 ? `measured, median of ${runs} replays` : 'measured'

/** The simulated percentiles of a comparison, which has no curve. */
function predicted({ percentiles }: Comparison): Curve {
  const points = percentiles.flatMap(({ p, simulated }): Point[] =>
    simulated.value === null || simulated.value <= 0
      ? []
      : [[nines(p), Math.log10(simulated.value)]],
  )
  return { name: 'simulated', look: 'heavy', points }
}

const pointsOf = (tail: readonly TailPoint[]) =>
  curvePoints(tail).map(({ p, value }): Point => [nines(p), Math.log10(value)])

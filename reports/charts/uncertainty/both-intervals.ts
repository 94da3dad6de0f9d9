import type { TopLevelSpec } from 'vega-lite'
import type { Uncertainty } from '../../../sim/documents/index.ts'
import { valueText } from '../../format.ts'
import {
  endsText,
  type Figure,
  figureName,
  METRICS,
  shownFigures,
} from '../../tables/uncertainty-figures.ts'
import { frame, keyWords, type Layer, largest, narrow, type Sides, subject } from '../frame.ts'
import { intervalMarks, labels, logarithmic, valueLine } from '../plot.ts'
import { LIGHT } from '../theme.ts'
import { ratioTicks } from '../variants/variant-ratios.ts'
import { fitting, uncertainSide, wholeWidth } from './uncertain-side.ts'

/** Height of a row, px. */
const ROW = 40
/** From the top of a row: the name, and both intervals. */
const AT = { name: 9, draws: 22, inputs: 30 } as const
/** More rows are left to the tables. */
const MOST_ROWS = 24
/** Ends that are farther away than this factor are cut at the edge of the plot. */
const FARTHEST = 10

const DRAWS = { name: 'by draws', color: LIGHT.simulated }
const INPUTS = { name: 'with uncertain inputs', color: LIGHT.prediction }

/** Both intervals of each figure, over the figure; null where nothing is uncertain. */
export function bothIntervals(sides: Sides, width: number): TopLevelSpec | null {
  const side = uncertainSide(sides)
  const all = side === null ? [] : shownFigures(side.uncertainty).flatMap(rowOf)
  const rows = all.slice(0, MOST_ROWS)
  const widest = largest(rows, ({ inputs }) => inputs.high / inputs.low)
  if (side === null || widest === undefined) return null
  const ends = rows.flatMap(({ draws, inputs }) => [draws, inputs])
  const domain = [
    Math.min(0.95, ...ends.map(({ low }) => low)) / 1.02,
    Math.max(1.05, ...ends.map(({ high }) => high)) * 1.02,
  ] as const
  const small = narrow(width)
  const title = small ? 'ratio (log scale)' : 'ratio to the figure at the stated inputs (log scale)'
  const x = logarithmic('low', domain, { title, values: ratioTicks(domain), format: '~g' })
  const wide = wholeWidth(width)
  const bars = rows.flatMap(({ draws, inputs }, i) => [
    { ...draws, y: ROW * i + AT.draws, color: DRAWS.color },
    { ...inputs, y: ROW * i + AT.inputs, color: INPUTS.color },
  ])
  return {
    ...frame(finding(widest.figure), subtitle(side.sides, side.uncertainty, all.length), width),
    width: wide,
    height: ROW * rows.length,
    layer: [
      valueLine(1),
      ...intervalMarks(x, bars, [], 1),
      ...rows.flatMap(({ figure }, i) => rowLabels(figure, ROW * i + AT.name, wide)),
      ...keyWords([DRAWS, INPUTS], width),
    ],
  }
}

interface Range {
  readonly low: number
  readonly high: number
}

interface Row {
  readonly figure: Figure
  readonly draws: Range
  readonly inputs: Range
}

/** Intervals as ratios to the value; none of a figure that is 0, or not known. */
function rowOf(figure: Figure): Row[] {
  const { value, low, high } = figure.draws
  if (value === null || !(value > 0)) return []
  const cut = (ratio: number) => Math.min(FARTHEST, Math.max(1 / FARTHEST, ratio))
  const range = (from: number | null, to: number | null) => ({
    low: cut((from ?? 0) / value),
    high: cut((to ?? Number.POSITIVE_INFINITY) / value),
  })
  return [
    { figure, draws: range(low ?? value, high ?? value), inputs: range(figure.low, figure.high) },
  ]
}

const wideText = (figure: Figure) => endsText(figure.draws, figure, METRICS[figure.metric].quantity)

/** The name of a figure, its value, and its wider interval. */
function rowLabels(figure: Figure, y: number, wide: number): Layer[] {
  const value = valueText(figure.draws, METRICS[figure.metric].quantity)
  const text = `${value}, ${wideText(figure)}`
  const name = fitting(figureName(figure), text, wide)
  return [
    ...labels([{ x: 0, y, text: name, color: LIGHT.ink }], { align: 'left' }),
    ...labels([{ x: wide, y, text, color: LIGHT.ink }], { align: 'right' }),
  ]
}

/** "web: latency p99 may be [25, 35] ms with uncertain inputs, and [29.5, 29.8] ms by draws" */
function finding(figure: Figure): string {
  const ofDraws = endsText(figure.draws, figure.draws, METRICS[figure.metric].quantity)
  return `${figureName(figure)} may be ${wideText(figure)} with uncertain inputs, and ${ofDraws} by draws alone`
}

function subtitle(sides: Sides, { draws, replications }: Uncertainty, figures: number): string {
  return [
    subject(sides),
    `${draws} draws of the inputs with ${replications} replications each`,
    '95 % intervals over the figure at the stated inputs',
    ...(figures > MOST_ROWS ? [`the first ${MOST_ROWS} of ${figures} figures`] : []),
  ].join(' · ')
}

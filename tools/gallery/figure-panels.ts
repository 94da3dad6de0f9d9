import type { TopLevelSpec } from 'vega-lite'
import type { NonNormalizedSpec } from 'vega-lite/types_unstable/spec/index.js'
import { frame, type Layer, largest, PERCENT, word } from '../../reports/charts/frame.ts'
import { type Channel, latencies, linear, panelTitle } from '../../reports/charts/plot.ts'
import { textWidth } from '../../reports/charts/text-width.ts'
import { LABEL_SIZE, LIGHT } from '../../reports/charts/theme.ts'
import {
  estimateText,
  exactText,
  objectiveLimit,
  type Quantity,
  valueText,
} from '../../reports/format.ts'
import { parseObjective } from '../../scenarios/index.ts'
import type { Estimate, Result } from '../../sim/documents/index.ts'
import { headed, objectiveName } from './answers.ts'

/** One figure of one system. */
interface FigureRow {
  readonly label: string
  readonly phrase: string
  readonly estimate: Estimate
}

/** The same figure of several systems, times in ms or shares, and the limit that it is to keep. */
export interface FigurePanel {
  /** "p95 time to the first token" */
  readonly name: string
  readonly quantity: Quantity
  readonly limit: number | null
  readonly rows: readonly FigureRow[]
}

const ROW = 26
/** Above this ratio of the largest to the smallest figure a panel is logarithmic. */
const WIDE_RANGE = 6
/** px between a plot and the words beside it, and around the picture. */
const GAP = 12
const MARGIN = 24

/** A panel for each figure: a row for each system with its value and 95 % interval. */
export function figurePanels(
  chart: { readonly subtitle: string; readonly panels: readonly FigurePanel[] },
  width: number,
): TopLevelSpec {
  const { panels } = chart
  const widest = (texts: readonly string[]) =>
    Math.max(...texts.map((text) => textWidth(text, LABEL_SIZE)))
  const names = panels.flatMap(({ rows }) => rows.map(({ label }) => label))
  const figures = panels.flatMap(({ quantity, rows }) =>
    rows.map(({ estimate }) => figureText(estimate, quantity)),
  )
  const plot = width - widest(names) - widest(figures) - 2 * GAP - MARGIN
  return {
    ...frame(finding(panels[0]!), chart.subtitle, width),
    spacing: 22,
    vconcat: panels.map((panel) => drawn(panel, plot)),
  }
}

/** The objectives of several systems, a panel each. */
export function objectivePanels(
  systems: readonly (Pick<FigureRow, 'label' | 'phrase'> & {
    readonly objectives: Result['objectives']
  })[],
): FigurePanel[] {
  const [first] = systems
  const several = new Set(first!.objectives.map(({ class: name }) => name)).size > 1
  return first!.objectives.map(({ class: name, text }, i) => {
    const objective = parseObjective(text)!
    const { limit, quantity } = objectiveLimit(objective)
    return {
      name: `${objectiveName(objective)}${several ? ` of ${name}` : ''}`,
      quantity,
      limit,
      rows: systems.map(({ label, phrase, objectives }) => {
        return { label, phrase, estimate: objectives[i]!.estimate }
      }),
    }
  })
}

function drawn({ name, quantity, limit, rows }: FigurePanel, plot: number): NonNormalizedSpec {
  const intervals = rows.flatMap(({ estimate: { value, low, high } }, i) =>
    value === null ? [] : [{ value, low: low ?? value, high: high ?? value, y: ROW * (i + 0.5) }],
  )
  const ends = intervals.flatMap(({ low, high }) => [low, high])
  const x = axisOf(quantity, limit === null ? ends : [...ends, limit])
  const y = { field: 'y', type: 'quantitative' as const, scale: null, axis: null }
  const color = LIGHT.simulated
  return {
    title: panelTitle(limit === null ? name : `${name}, ${demand(quantity, limit)}`, LIGHT.ink),
    width: plot,
    height: ROW * rows.length,
    layer: [
      ...limitRule(limit, x),
      {
        data: { values: intervals },
        mark: { type: 'rule', strokeWidth: 2.5, opacity: 0.75, color },
        encoding: { x: { ...x, field: 'low' }, x2: { field: 'high' }, y },
      },
      {
        data: { values: intervals },
        mark: { type: 'point', filled: true, size: 60, opacity: 1, color },
        encoding: { x, y },
      },
      ...rows.flatMap(({ label, estimate }, i) => {
        const middle = ROW * (i + 0.5)
        const ink = LIGHT.ink
        return [
          word(label, -GAP, middle, { align: 'right', color: ink }),
          word(figureText(estimate, quantity), plot + GAP, middle, { align: 'left', color: ink }),
        ]
      }),
    ],
  }
}

/** "14.1 [13.6, 14.6] %", beside the plot. */
const figureText = (estimate: Estimate, quantity: Quantity) =>
  estimate.value === null ? 'infinite' : estimateText(estimate, quantity)

function limitRule(limit: number | null, x: Channel): Layer[] {
  if (limit === null) return []
  return [
    {
      data: { values: [{ value: limit }] },
      mark: { type: 'rule', color: LIGHT.limit, strokeDash: [5, 3], strokeWidth: 1.2 },
      encoding: { x },
    },
  ]
}

/** Shares from 0 to 1; times from 0, or on a log axis where they differ by far. */
function axisOf(quantity: Quantity, values: readonly number[]): Channel {
  const axis = { title: null, tickCount: 4, labelOverlap: 'parity', labelSeparation: 10 } as const
  if (quantity === 'share') return linear('value', [0, 1], { ...axis, labelExpr: PERCENT })
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const unit = quantity === 'usd' ? 'USD' : 'ms'
  const labelExpr = `format(datum.value, ',') + ' ${unit}'`
  if (most / least <= WIDE_RANGE) return linear('value', [0, 1.1 * most], { ...axis, labelExpr })
  const { axis: ticks, ...channel } = latencies('value', [least / 1.4, most * 1.4], null)
  return { ...channel, axis: { ...ticks, ...axis, labelOverlap: 'greedy', labelExpr } }
}

const demand = (quantity: Quantity, limit: number) =>
  `${quantity === 'share' ? 'to be above' : 'to be below'} ${exactText(limit, quantity)}`

/** The best and the worst system by the first figure; of one system what the figure is to be. */
function finding({ name, quantity, limit, rows }: FigurePanel): string {
  const badness = ({ estimate: { value } }: FigureRow) =>
    (value ?? Number.POSITIVE_INFINITY) * (quantity === 'share' ? -1 : 1)
  const worst = largest(rows, badness)!
  const best = largest(rows, (row) => -badness(row))!
  const say = ({ estimate, phrase }: FigureRow) =>
    `${estimate.value === null ? 'infinite' : valueText(estimate, quantity)} ${phrase}`
  if (rows.length === 1) {
    const wanted = limit === null ? '' : `, ${demand(quantity, limit)}`
    return `${headed(name)} is ${figureText(best.estimate, quantity)}${wanted}`
  }
  return `${headed(name)} is ${say(best)}, ${say(worst)}`
}

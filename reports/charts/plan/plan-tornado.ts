import type { TopLevelSpec } from 'vega-lite'
import { parseObjective } from '../../../scenarios/index.ts'
import type { Plan } from '../../../sim/documents/index.ts'
import { declared, exactText, objectiveLimit, signedPercent } from '../../format.ts'
import { causeName, winnerName, winnerOf } from '../../tables/plan-sentences.ts'
import { frame, keyWords, type Layer, narrow, PERCENT, plotWidth } from '../frame.ts'
import { type Channel, labels, linear } from '../plot.ts'
import { LIGHT } from '../theme.ts'

const BAR = 22
const ROW = 48
/** A limit that is farther away than this many bars is not drawn. */
const FARTHEST = 4

interface Bar {
  readonly name: string
  readonly less: number
  readonly more: number
}

/** What a change of each cause either way does to the binding figure of the winner. */
export function planTornado(plan: Plan, width: number): TopLevelSpec | null {
  const winner = winnerOf(plan)
  const bars = plan.sensitivity
    .flatMap(({ what, less, more }): Bar[] =>
      less.value === null || more.value === null
        ? []
        : [{ name: causeName(what), less: less.value, more: more.value }],
    )
    .sort((a, b) => span(b) - span(a))
  const binding = winner?.figures.objectives.find(
    ({ class: name, text }) => name === winner.binding.class && text === winner.binding.text,
  )
  const now = binding?.estimate.value ?? null
  if (winner === null || now === null || bars.length === 0) return null
  const objective = parseObjective(winner.binding.text)!
  const goodput = objective.kind === 'goodput'
  const { limit } = objectiveLimit(objective)
  const by = `${declared(100 * plan.sensitivity[0]!.change)} %`
  const wide = plotWidth(width)
  const ends = bars.flatMap(({ less, more }) => [less, more])
  const far = Math.abs(limit - now) > FARTHEST * Math.max(...ends.map((end) => Math.abs(end - now)))
  const x = axisOf([now, ...ends, ...(far ? [] : [limit])], goodput, width)
  const [from, to] = x.scale.domain
  const at = (value: number) => (wide * (value - from)) / (to - from)
  const text = (value: number) => endText(value, goodput)
  const height = ROW * bars.length
  return {
    ...frame(
      finding(bars, { by, now, limit, goodput }),
      subtitle(plan, by, far ? `limit ${text(limit)}, beyond the plot` : null),
      width,
    ),
    width: wide,
    height,
    layer: [
      ...bars.flatMap((bar, i) => barLayers(bar, ROW * i + ROW / 2, { now, at, text })),
      rule(at(now), LIGHT.ink, height),
      ...(far ? [] : limitLayers(at(limit), `limit ${text(limit)}`, { wide, height })),
      {
        data: { values: [{ value: now }] },
        mark: { type: 'point', opacity: 0 },
        encoding: { x, y: { value: 0 } },
      },
      ...keyWords(
        [
          { name: `${by} less`, color: LIGHT.prediction },
          { name: `${by} more`, color: LIGHT.simulated },
        ],
        width,
      ),
    ],
  }
}

/** The end of a bar, or the limit, to the digits by which those of one chart differ. */
export function endText(value: number, goodput: boolean): string {
  if (goodput) return exactText(value, 'share')
  return exactText(Number(value.toPrecision(3)), 'time')
}

const span = ({ less, more }: Bar) => Math.abs(more - less)

function axisOf(values: readonly number[], goodput: boolean, width: number): Channel {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const margin = 0.12 * (most - least || most)
  const axis = goodput ? { title: 'goodput', labelExpr: PERCENT } : { title: 'latency (ms)' }
  return linear('value', [Math.max(0, least - margin), most + margin], {
    ...axis,
    tickCount: narrow(width) ? 5 : 8,
  })
}

function barLayers(
  { name, less, more }: Bar,
  y: number,
  {
    now,
    at,
    text,
  }: {
    readonly now: number
    readonly at: (value: number) => number
    readonly text: (value: number) => string
  },
): Layer[] {
  const part = (value: number, color: string): Layer => ({
    data: { values: [{}] },
    mark: { type: 'rect', color, opacity: 0.75 },
    encoding: {
      x: { value: Math.min(at(now), at(value)) },
      x2: { value: Math.max(at(now), at(value)) },
      y: { value: y - BAR / 2 + 6 },
      y2: { value: y + BAR / 2 + 6 },
    },
  })
  const end = (value: number) => {
    const left = at(value) < at(now)
    const place = { align: left ? 'right' : 'left', dx: left ? -5 : 5 } as const
    return labels([{ x: at(value), y: y + 6, text: text(value), color: LIGHT.ink }], place)
  }
  return [
    part(less, LIGHT.prediction),
    part(more, LIGHT.simulated),
    ...end(less),
    ...end(more),
    ...labels([{ x: 0, y: y - 15, text: name, color: LIGHT.ink }], { align: 'left', bold: true }),
  ]
}

function limitLayers(
  x: number,
  text: string,
  { wide, height }: { readonly wide: number; readonly height: number },
): Layer[] {
  const right = x > wide / 2
  const place = { align: right ? 'right' : 'left', dx: right ? -6 : 6 } as const
  return [rule(x, LIGHT.limit, height), ...labels([{ x, y: 8, text, color: LIGHT.limit }], place)]
}

function rule(x: number, color: string, height: number): Layer {
  const strokeDash = color === LIGHT.limit ? { strokeDash: [5, 3] } : {}
  return {
    data: { values: [{}] },
    mark: { type: 'rule', color, strokeWidth: 1.2, ...strokeDash },
    encoding: { x: { value: x }, y: { value: 0 }, y2: { value: height } },
  }
}

/** "10 % more rate raises the p95 by 31 %, and breaks the objective". */
function finding(
  [most]: readonly Bar[],
  of: {
    readonly by: string
    readonly now: number
    readonly limit: number
    readonly goodput: boolean
  },
): string {
  const { by, now, limit, goodput } = of
  const worse = (a: number, b: number) => (goodput ? a < b : a > b)
  const { name, less, more } = most!
  const [value, way] = worse(more, less) ? [more, 'more'] : [less, 'less']
  const breaks = worse(value, limit) ? ', which breaks it' : ', which it still holds'
  return `${by} ${way} ${name} changes the binding figure by ${signedPercent(value / now - 1)}${breaks}`
}

function subtitle(plan: Plan, by: string, limit: string | null): string {
  const winner = winnerOf(plan)!
  return [
    plan.scenario.name,
    `${winner.binding.class}: ${winner.binding.text} of the ${winnerName(winner)}`,
    `one cause at a time, ${by} less and more`,
    'means of 10 replications of the same draws',
    ...(limit === null ? [] : [limit]),
  ].join(' · ')
}

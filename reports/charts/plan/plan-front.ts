import type { TopLevelSpec } from 'vega-lite'
import { isTimed, parseObjective } from '../../../scenarios/index.ts'
import type { Estimate, Plan, PlanRow } from '../../../sim/documents/index.ts'
import { count, plural, time } from '../../format.ts'
import { statedWinnerOf, sureText, winnerOf } from '../../tables/plan-sentences.ts'
import { configurationText, costText } from '../../tables/plan-table.ts'
import { frame, keyWords, type Layer, narrow, plotWidth } from '../frame.ts'
import { type Channel, COLOR, labels, latencies, levelLine, linear, pixel } from '../plot.ts'
import { LIGHT } from '../theme.ts'

/** Figures beyond this many times the limit are drawn at the edge of the plot. */
const MOST_TIMES = 20

const VERDICTS = {
  MEETS: { name: 'meets', color: LIGHT.simulated },
  UNDECIDED: { name: 'undecided', color: LIGHT.batchWait },
  FAILS: { name: 'fails', color: LIGHT.muted },
} as const

interface Point {
  readonly row: PlanRow
  readonly cost: number
  readonly ms: number
  readonly low: number
  readonly high: number
}

/**
 * Cost and latency of every configuration that was simulated and has a price, and the front of
 * those that meet.
 */
export function planFront(plan: Plan, width: number): TopLevelSpec {
  const judged = timedObjective(plan)
  const title = finding(plan)
  const exact = plan.rows.flatMap((row) => pointOf(row, judged) ?? [])
  const height = narrow(width) ? 260 : 340
  const limitMs = judged?.limitMs ?? null
  const y = rangeOf(exact, limitMs)
  const clipped = exact.some(({ ms }) => ms > y[1])
  const subtitle = subtitleOf(plan, judged?.text ?? 'p99 latency', clipped)
  const points = exact.map((point) => inside(point, y))
  const x = costAxis(plan, points, width)
  const of = judged === null ? 'p99 latency' : `p${Number((100 * judged.percentile).toFixed(3))}`
  const encoding = { x, y: latencies('ms', y, of) }
  const wide = plotWidth(width)
  const limit = limitMs === null ? null : pixel(limitMs, y, height, true)
  return {
    ...frame(title, subtitle, width),
    width: wide,
    height,
    layer: [
      frontLine(points, encoding),
      ...(limit === null
        ? []
        : [
            levelLine(limit, LIGHT.limit),
            ...labels(
              [{ x: wide, y: limit - 9, text: `limit ${time(limitMs!)}`, color: LIGHT.limit }],
              { align: 'right' },
            ),
          ]),
      ...marks(points, encoding),
      ...named(plan, points, { x, y, wide, height }),
      ...keyWords(Object.values(VERDICTS), width),
    ],
  }
}

interface Judged {
  readonly class: string
  readonly text: string
  readonly percentile: number
  readonly limitMs: number
}

/** The objective of times that binds the winner, or else the first one. */
function timedObjective(plan: Plan): Judged | null {
  const row = winnerOf(plan) ?? plan.rows[0]!
  const timed = row.objectives.flatMap(({ class: name, text }): Judged[] => {
    const objective = parseObjective(text)
    if (objective === null || !isTimed(objective)) return []
    const { percentile, limitMs } = objective
    return [{ class: name, text, percentile, limitMs }]
  })
  const binding = timed.find(
    ({ class: name, text }) => name === row.binding.class && text === row.binding.text,
  )
  return binding ?? timed[0] ?? null
}

/** Null for one without a price. */
function pointOf(row: PlanRow, judged: Judged | null): Point | null {
  const { cost } = row
  if (cost === null) return null
  const { objectives, classes } = row.figures
  const judgedObjective = objectives.find(
    ({ class: name, text }) => name === judged?.class && text === judged.text,
  )
  const estimate: Estimate = judgedObjective?.estimate ?? classes[0]!.latency_all.p99
  // lost requests make it infinite, which is beyond any limit
  const ms = estimate.value ?? Number.POSITIVE_INFINITY
  return { row, cost, ms, low: estimate.low ?? ms, high: estimate.high ?? ms }
}

function rangeOf(points: readonly Point[], limitMs: number | null): readonly [number, number] {
  const finite = points.map(({ ms }) => ms).filter(Number.isFinite)
  const drawn = [...finite, ...(limitMs === null ? [] : [limitMs])]
  if (drawn.length === 0) return [1, 10]
  const least = Math.min(...drawn) / 1.4
  const most =
    limitMs === null ? Math.max(...drawn) : Math.min(Math.max(...drawn), limitMs * MOST_TIMES)
  return [least, Math.max(most, limitMs ?? 0) * 1.4]
}

function inside(point: Point, [least, most]: readonly [number, number]): Point {
  const clip = (ms: number) => Math.min(most, Math.max(least, ms))
  return { ...point, ms: clip(point.ms), low: clip(point.low), high: clip(point.high) }
}

function costAxis({ cost_unit: unit }: Plan, points: readonly Point[], width: number): Channel {
  // where none that was simulated has a price, an empty plot
  const costs = points.length === 0 ? [0] : points.map(({ cost }) => cost)
  const [least, most] = [Math.min(...costs), Math.max(...costs)]
  const margin = 0.08 * (most - least || most || 1)
  const usdAxis = unit === 'usd_per_hour'
  return linear('cost', [Math.max(0, least - margin), most + margin], {
    title: usdAxis ? 'cost (US dollars an hour)' : 'cost (replicas)',
    tickCount: narrow(width) ? 5 : 8,
    ...(usdAxis ? { format: '$~f' } : { tickMinStep: 1 }),
  })
}

type Encoding = { readonly x: Channel; readonly y: Channel }

function marks(points: readonly Point[], { x, y }: Encoding): Layer[] {
  const drawn = points.map(({ row, cost, ms, low, high }) => ({
    cost,
    ms,
    low,
    high,
    color: VERDICTS[row.verdict].color,
    fade: row.verdict === 'FAILS' ? 0.45 : 1,
  }))
  const opacity = { field: 'fade', type: 'quantitative' as const, scale: null }
  return [
    {
      data: { values: drawn },
      mark: { type: 'rule', strokeWidth: 1 },
      encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color: COLOR, opacity },
    },
    {
      data: { values: drawn },
      mark: { type: 'point', filled: true, size: 62 },
      encoding: { x, y, color: COLOR, opacity },
    },
  ]
}

/** Steps along the configurations that meet and that none cheaper beats. */
function frontLine(points: readonly Point[], encoding: Encoding): Layer {
  const meeting = points
    .filter(({ row }) => row.verdict === 'MEETS')
    .sort((a, b) => a.cost - b.cost || a.ms - b.ms)
  const front = meeting.filter((point, i) =>
    meeting.slice(0, i).every((cheaper) => cheaper.ms > point.ms),
  )
  return {
    data: { values: front.map(({ cost, ms }) => ({ cost, ms })) },
    mark: { type: 'line', interpolate: 'step-after', color: LIGHT.simulated, opacity: 0.5 },
    encoding,
  }
}

function named(
  plan: Plan,
  points: readonly Point[],
  at: {
    readonly x: Channel
    readonly y: readonly [number, number]
    readonly wide: number
    readonly height: number
  },
): Layer[] {
  const [from, to] = at.x.scale.domain
  const winner = winnerOf(plan)
  const stated = statedWinnerOf(plan)
  return points.flatMap((point) => {
    const { row } = point
    const isWinner = row === winner
    const names = [
      ...(isWinner ? ['cheapest'] : row === stated ? ['cheapest at the stated inputs'] : []),
      ...(row.today ? ['today'] : []),
    ]
    if (names.length === 0) return []
    const text = names.join(', and ')
    const x = (at.wide * (point.cost - from)) / (to - from)
    const y = pixel(point.ms, at.y, at.height, true)
    const right = x > 0.7 * at.wide
    const color = isWinner ? LIGHT.simulated : LIGHT.ink
    const place = { align: right ? 'right' : 'left', dx: right ? -9 : 9, bold: isWinner } as const
    // below the point, where no interval crosses it
    return labels([{ x, y: y + 13, text, color }], place)
  })
}

function finding(plan: Plan): string {
  const winner = winnerOf(plan)
  const sure = sureText(plan)
  if (winner === null) return `No configuration holds every objective at ${sure}`
  if (winner.cost === null) {
    return `Without a price, every objective is held at ${sure}: ${configurationText(plan, winner)}`
  }
  const hold = plan.cost_unit === 'replicas' && winner.cost !== 1 ? 'hold' : 'holds'
  return `${costText(plan, winner.cost)} ${hold} every objective at ${sure}: ${configurationText(plan, winner)}`
}

function subtitleOf(plan: Plan, text: string, clipped: boolean): string {
  const verdicts = Object.entries(VERDICTS).flatMap(([verdict, { name }]) => {
    const n = plan.rows.filter((row) => row.verdict === verdict).length
    return n === 0 ? [] : [`${count(n)} ${name}`]
  })
  const unpriced = plan.rows.filter(({ cost }) => cost === null).length
  return [
    plan.scenario.name,
    `${plural(plan.configurations, 'configuration')}, ${count(plan.rows.length)} simulated: ${verdicts.join(', ')}`,
    `${text}, bar: 95 % interval`,
    'line: the front of those that meet',
    ...(plan.survive === undefined
      ? []
      : [`drawn without a loss, judged also without a ${plan.survive}`]),
    ...(unpriced > 0 ? [`not drawn: ${count(unpriced)} without a price`] : []),
    ...(clipped ? ['at the upper edge: beyond the plot'] : []),
  ].join(' · ')
}

import type { TopLevelSpec } from 'vega-lite'
import type { Sweep } from '../../../sim/documents/index.ts'
import { time } from '../../format.ts'
import { inUsd, valuesText } from '../../tables/sweep-rows.ts'
import { frame, keyWords, type Layer, narrow, plotWidth } from '../frame.ts'
import { COLOR, endLabels, latencies, linear, pixel } from '../plot.ts'
import { LIGHT } from '../theme.ts'
import {
  latencyRange,
  limitLayers,
  type Point,
  pointsOf,
  sweepSubject,
  verdictKey,
} from './sweep-marks.ts'

/** Configurations of the front that are named. */
const MOST_NAMES = 6
const LABELS = 170

interface Priced extends Point {
  readonly usd: number
}

/** Latency against price, with the front of those that hold; null without prices. */
export function sweepFront(sweep: Sweep, width: number): TopLevelSpec | null {
  const priced = pointsOf(sweep).flatMap((point): Priced[] => {
    const cost = point.row.figures?.cost
    return cost == null || point.ms === null ? [] : [{ ...point, usd: cost.usd_per_hour }]
  })
  const y = latencyRange(priced, sweep.figure.limit_ms)
  if (sweep.front === null || y === null) return null
  const front = sweep.front.flatMap((number) =>
    priced.filter(({ row }) => row.configuration === number),
  )
  const small = narrow(width)
  const height = small ? 250 : 330
  const wide = plotWidth(width, small ? 0 : LABELS)
  const most = 1.08 * Math.max(...priced.map((point) => point.usd))
  const x = linear('usd', [0, most], { title: 'price (USD an hour)', tickCount: 6 })
  const encoding = { x, y: latencies('ms', y) }
  const values = (points: readonly Priced[]) =>
    points.map(({ usd: price, ms, color }) => ({ usd: price, ms, color }))
  const step: Layer = {
    data: { values: values(front) },
    mark: { type: 'line', interpolate: 'step-after', color: LIGHT.simulated, strokeWidth: 1.6 },
    encoding,
  }
  const names = front.slice(0, MOST_NAMES).map(({ row, usd: price, ms }) => ({
    x: (price / most) * wide,
    y: pixel(ms!, y, height, true) - 11,
    text: `no. ${row.configuration}${small ? '' : `: ${valuesText(sweep, row)}`}`,
    color: LIGHT.ink,
  }))
  const subtitle = `${sweepSubject(sweep)} · ${sweep.figure.class} ${sweep.figure.text} · line: the front, on which no other that holds is both cheaper and faster`
  return {
    ...frame(finding(front), subtitle, width),
    width: wide,
    height,
    layer: [
      step,
      {
        data: { values: values(priced.filter(({ end }) => end === 'FAIL')) },
        mark: { type: 'point', filled: true, size: 45, opacity: 0.45 },
        encoding: { ...encoding, color: COLOR },
      },
      {
        data: { values: values(priced.filter(({ end }) => end !== 'FAIL')) },
        mark: { type: 'point', filled: true, size: 60, opacity: 0.9 },
        encoding: { ...encoding, color: COLOR },
      },
      ...limitLayers(sweep, y, height),
      ...endLabels(names, height - 4, { dx: 5 }),
      ...keyWords(verdictKey(priced), width),
    ],
  }
}

function finding(front: readonly Priced[]): string {
  const [first, last] = [front[0], front.at(-1)]
  if (first === undefined || last === undefined) {
    return 'No configuration with a price and a latency certainly holds every objective'
  }
  if (first === last) {
    return `No dearer configuration is faster than no. ${first.row.configuration}, ${inUsd(first.usd)} an hour`
  }
  return `From ${inUsd(first.usd)} to ${inUsd(last.usd)} an hour the latency falls from ${time(first.ms!)} to ${time(last.ms!)}`
}

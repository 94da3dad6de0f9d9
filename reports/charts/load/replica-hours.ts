import type { TopLevelSpec } from 'vega-lite'
import { type ReplicaUse, replicaUse } from '../../../sim/documents/index.ts'
import { figure } from '../../format.ts'
import { hoursOf, idleText } from '../../tables/replica-hours.ts'
import {
  frame,
  keyWords,
  type Layer,
  largest,
  narrow,
  plotWidth,
  type Sides,
  subject,
} from '../frame.ts'
import { LIGHT } from '../theme.ts'
import { midpoints, type Panel, panelLines, panelY, timeAxis } from './time-panels.ts'

const NEEDED = { name: 'needed', color: LIGHT.simulated }
const PAID = { name: 'paid', color: LIGHT.queue, strokeDash: [7, 3] }
const IDLE = { name: 'idle', color: LIGHT.muted }

/** Replicas that are paid for and that the work needs, over time; null without a capacity. */
export function replicaHours(sides: Sides, width: number): TopLevelSpec | null {
  const side = sides.find(({ result }) => replicaUse(result).length > 0)
  if (side === undefined) return null
  const use = replicaUse(side.result)
  return replicaHoursOf(use, subject([side]), width)
}

/** Of several pools the one with the most idle replica-hours. */
export function replicaHoursOf(
  pools: readonly ReplicaUse[],
  about: string,
  width: number,
): TopLevelSpec {
  const use = largest(pools, (pool) => hoursOf(pool).idle)!
  const hours = hoursOf(use)
  const title = `${figure(hours.paid)} replica-hours of ${use.name} are paid for, and the work needs ${figure(hours.needed)}: ${idleText(hours)} are idle`
  const most = 1.1 * Math.max(1, ...use.paid, ...use.needed)
  const panel: Panel = {
    title: 'replicas',
    domain: [0, most],
    lines: [use.paid, use.needed].map((values) => midpoints(values, use.every_s)),
  }
  const x = timeAxis(use.every_s * use.needed.length, width, true)
  const y = panelY(panel)
  const areas = [
    { from: use.needed, to: use.paid, color: LIGHT.free },
    { from: use.needed.map(() => 0), to: use.needed, color: LIGHT.simulated },
  ].map(
    ({ from, to, color }): Layer => ({
      data: {
        values: midpoints(to, use.every_s).map(({ x, y }, i) => ({
          x,
          y,
          low: Math.min(y, from[i]!),
        })),
      },
      mark: { type: 'area', color, opacity: color === LIGHT.free ? 0.7 : 0.35 },
      encoding: { x, y, y2: { field: 'low' } },
    }),
  )
  const which = pools.length > 1 ? ` · pool ${use.name}, with the most idle hours` : ''
  return {
    ...frame(title, `${about}${which} · needed: at full batches or steps`, width),
    width: plotWidth(width),
    height: narrow(width) ? 150 : 190,
    layer: [
      ...areas,
      ...panelLines(panel, x, [PAID, NEEDED]),
      ...keyWords([PAID, NEEDED, IDLE], width),
    ],
  }
}

import { isTimed, parseObjective } from '../../../scenarios/index.ts'
import { declared, exactText, percentileName } from '../../format.ts'
import type { Layer, Sides } from '../frame.ts'
import type { TailTime } from '../latency/tail-time.ts'
import { labels, levelLine, pixel } from '../plot.ts'
import { LIGHT } from '../theme.ts'

/** A limit of the scenario on a time of requests. */
export interface Limit {
  readonly p: number
  readonly limitMs: number
  readonly text: string
}

/** Limits of a time, by default the latency, of all classes without duplicates, ascending. */
export function latencyLimits([{ result }]: Sides, kind: TailTime = 'latency'): Limit[] {
  const several = result.classes.length > 1
  const limits = new Map<string, Limit>()
  for (const { class: name, text } of result.objectives) {
    const objective = parseObjective(text)
    if (objective === null || !isTimed(objective) || objective.kind !== kind) continue
    const { percentile: p, limitMs, window_s } = objective
    const window = window_s === null ? '' : ` in the worst ${declared(window_s)} s`
    const of = several ? ` (${name})` : ''
    const label = `SLO ${percentileName(p)}${window} < ${exactText(limitMs, 'time')}${of}`
    limits.set(label, { p, limitMs, text: label })
  }
  return [...limits.values()].sort((a, b) => a.limitMs - b.limitMs || a.p - b.p)
}

interface Plot {
  /** ms */
  readonly domain: readonly [number, number]
  readonly height: number
}

/** Dashed red lines over the whole plot on a log axis of ms, labelled at the left. */
export function limitLines(limits: readonly Limit[], { domain, height }: Plot): Layer[] {
  const inside = limits.filter(({ limitMs }) => limitMs > domain[0] && limitMs < domain[1])
  if (inside.length === 0) return []
  const heights = [...new Set(inside.map(({ limitMs }) => limitMs))].map((limitMs) => ({
    y: pixel(limitMs, domain, height, true),
    text: inside
      .filter((limit) => limit.limitMs === limitMs)
      .map(({ text }) => text)
      .join(', '),
  }))
  const texts = heights.map(({ y, text }, i) => {
    // the label is above its line, unless the next line is too close
    const above = heights[i + 1]
    const crowded = above !== undefined && y - above.y < 18
    return { x: 6, y: crowded ? y + 10 : y - 9, text, color: LIGHT.limit }
  })
  return [...heights.map(({ y }) => levelLine(y, LIGHT.limit)), ...labels(texts, { align: 'left' })]
}

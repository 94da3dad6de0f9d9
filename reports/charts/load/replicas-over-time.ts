import type { TopLevelSpec } from 'vega-lite'
import type { NonNormalizedSpec } from 'vega-lite/types_unstable/spec/index.js'
import type { PoolAvailability, Result } from '../../../sim/documents/index.ts'
import { capitalise, fixed, percent, plural, runsText } from '../../format.ts'
import { availablePools, regretOf } from '../../tables/availability-tables.ts'
import { frame, keyWords, type Layer, largest, plotWidth, type Sides, subject } from '../frame.ts'
import { supportedPercentile } from '../latency/latency-over-time.ts'
import type { Channel } from '../plot.ts'
import { LIGHT } from '../theme.ts'
import { limitLines } from './limits.ts'
import {
  endOf,
  latencyPanel,
  loadPanel,
  midpoints,
  PANEL_SPACING,
  type Panel,
  panelHeight,
  panelLimits,
  panelLines,
  panelY,
  timeAxis,
} from './time-panels.ts'

const SERVING = { name: 'serving', color: LIGHT.simulated }
const PAID = { name: 'paid', color: LIGHT.queue, strokeDash: [7, 3] }
const ORACLE = { name: 'oracle', color: LIGHT.prediction, strokeDash: [2, 2] }
const DECISION = { name: '▾ decisions', color: LIGHT.muted }

/** Of more decisions none is drawn: they would be a band. */
const MOST_DECISIONS = 150

type Drawn = ReturnType<typeof availablePools>[number]

/**
 * Arrivals, replicas and latency over time, below one another; null where no replica comes or
 * goes. Of several pools that whose replicas change most.
 */
export function replicasOverTime(sides: Sides, width: number): TopLevelSpec | null {
  const world = sides.find(({ result }) => availablePools(result).length > 0)
  if (world === undefined) return null
  const pools = availablePools(world.result)
  const pool = largest(pools, ({ availability }) => spread(availability))!
  const { availability } = pool
  const p = supportedPercentile(world.result.series)
  const load = loadPanel(world)
  const replicas = replicasPanel(availability)
  const latency = latencyPanel(world, p)
  const height = panelHeight(width)
  const endS = endOf(world)
  const panel = (layer: Layer[]): NonNormalizedSpec => ({ width: plotWidth(width), height, layer })
  const x = timeAxis(endS, width, false)
  const last = timeAxis(endS, width, true)
  const { keys, styles } = namesOf(availability)
  const decided = decisions(availability, { x, panel: replicas })
  const named = decided.length > 0 ? [...keys, DECISION] : keys
  const drawn = [
    panel(panelLines(load, x, [{ color: LIGHT.ink }])),
    panel([...panelLines(replicas, x, styles), ...decided, ...keyWords(named, width)]),
    panel([
      ...panelLines(latency, last, [SERVING]),
      ...limitLines(panelLimits(world, width), { domain: latency.domain, height }),
    ]),
  ]
  const which = pools.length > 1 ? ` · pool ${pool.name}` : ''
  const subtitle = `${subject([world])}${which} · means over runs${decidedText(decided)}`
  return {
    ...frame(finding(pool, world.result), subtitle, width),
    spacing: PANEL_SPACING,
    vconcat: drawn,
  }
}

const decidedText = (decided: readonly Layer[]) =>
  decided.length > 0 ? ' · decisions of the first run' : ''

/** How much the number of replicas changes. */
function spread({ series }: PoolAvailability): number {
  return Math.max(...series.paid, ...series.serving) - Math.min(...series.serving)
}

function replicasPanel({ series, regret }: PoolAvailability): Panel {
  const oracle = typeof regret === 'object' && regret !== null ? regret.oracle.serving : []
  const lines = [series.paid, series.serving, oracle]
  // with room for the marks of decisions
  const most = 1.2 * Math.max(1, ...lines.flat())
  return {
    title: 'replicas',
    domain: [0, most],
    lines: lines.map((values) => midpoints(values, series.every_s)),
  }
}

/** Without a name for what is not drawn. */
function namesOf(availability: PoolAvailability) {
  const keys = regretOf(availability) === null ? [SERVING, PAID] : [SERVING, PAID, ORACLE]
  // what serves is drawn over what is paid
  return { keys, styles: [PAID, SERVING, ORACLE] }
}

/** Marks at the top, each with its reason. */
function decisions(
  { decisions: decided }: PoolAvailability,
  { x, panel }: { readonly x: Channel; readonly panel: Panel },
): Layer[] {
  if (decided.length === 0 || decided.length > MOST_DECISIONS) return []
  const values = decided.map(({ at_s, replicas, reason }) => ({
    x: at_s,
    y: 0.96 * panel.domain[1],
    text: `${replicas}: ${reason}`,
  }))
  const tooltip = { field: 'text', type: 'nominal' } as const
  return [
    {
      data: { values },
      mark: { type: 'point', shape: 'triangle-down', size: 22, filled: true, color: LIGHT.muted },
      encoding: { x, y: panelY(panel), tooltip },
    },
  ]
}

/** What scaling cost against the oracle; or how many replicas served, or were lost. */
function finding({ name, availability }: Drawn, result: Result): string {
  const regret = regretOf(availability)
  const { losses, series } = availability
  if (regret !== null) {
    const { value: hours } = regret.replica_hours
    const { value: short } = regret.short_share
    const usd = regret.usd?.value ?? null
    const money = usd === null ? '' : ` (${fixed(Math.abs(usd), 2)} USD)`
    const more = (hours ?? 0) >= 0 ? 'more' : 'less'
    return `Pool ${name} pays for ${fixed(Math.abs(hours ?? 0), 1)} replica-hours${money} ${more} than the oracle, and has too few replicas in ${percent(short ?? 0)} of the time`
  }
  const [low, high] = [Math.min(...series.serving), Math.max(...series.serving)]
  const range = `from ${fixed(low, 1)} to ${fixed(high, 1)} replicas of ${name} serve`
  if (losses === 0) return capitalise(range)
  return `Replicas are lost ${plural(losses, 'time')} in ${runsText(result)}; ${range}`
}

import type { TopLevelSpec } from 'vega-lite'
import type { World } from '../../reports/charts/frame.ts'
import { comparedTails, tailsFinding } from '../../reports/charts/latency/compared-tails.ts'
import { tailChart } from '../../reports/charts/latency/tail-chart.ts'
import { anyLost } from '../../reports/charts/latency/tail-finding.ts'
import { latencyLimits } from '../../reports/charts/load/limits.ts'
import { LIGHT } from '../../reports/charts/theme.ts'
import { plural } from '../../reports/format.ts'
import type { Result } from '../../sim/documents/index.ts'
import { type System, WIDTH } from './entry.ts'
import { type FigurePanel, figurePanels, objectivePanels } from './figure-panels.ts'

/** Charts of one or several results. */

/** A result as reports draw it. */
export const worldOf = (result: Result): World => ({
  name: 'simulated',
  color: LIGHT.simulated,
  result,
})

export const inputOf = (result: Result) => ({
  simulated: result,
  measured: null,
  comparison: null,
})

export const tailOf = (result: Result): TopLevelSpec =>
  tailChart([worldOf(result)], WIDTH, inputOf(result))

/** "overload, overload-deadline · simulated: 10 replications each" */
export function subjectOf(systems: readonly System[]): string {
  const names = [...new Set(systems.map(({ result }) => result.scenario.name))]
  const each = systems.length > 1 ? ' each' : ''
  return `${names.join(', ')} · simulated: ${plural(systems[0]!.result.runs, 'replication')}${each}`
}

export function tailsOf(systems: readonly [System, ...System[]]): TopLevelSpec {
  const tails = systems.map(({ label, phrase, result: { tail } }) => ({
    name: label,
    phrase,
    tail,
  }))
  const lost = anyLost(systems)
  const chart = {
    tails,
    limits: latencyLimits([worldOf(systems[0].result)]),
    lost,
    title: `${tailsFinding(tails, lost)}, in the median replication`,
    subtitle: `${subjectOf(systems)} · lines: their median`,
  }
  const drawn = comparedTails(chart, WIDTH)
  if (drawn === null) throw new Error('Expected `systems` to have served requests')
  return drawn
}

/** The objectives of each system, and further figures below them. */
export function objectivesOf(
  systems: readonly System[],
  further: readonly FigurePanel[] = [],
): TopLevelSpec {
  const lines = systems.map(({ label, phrase, result: { objectives } }) => {
    return { label, phrase, objectives }
  })
  const subtitle = `${subjectOf(systems)} · line: 95 % interval`
  return figurePanels({ subtitle, panels: [...objectivePanels(lines), ...further] }, WIDTH)
}

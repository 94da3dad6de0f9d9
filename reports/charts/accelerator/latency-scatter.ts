import type { TopLevelSpec } from 'vega-lite'
import { keyWords, type Layer, WIDE } from '../frame.ts'
import { linear, panelled, panelTitle } from '../plot.ts'
import { LIGHT } from '../theme.ts'

/** Latency of single requests, measured and simulated, in a panel for each system. */
export interface LatencyScatterChart {
  readonly title: string
  readonly subtitle: string
  readonly panels: readonly {
    readonly name: string
    /** s; `fitted`: whether the simulated system was fitted to the request */
    readonly requests: readonly {
      readonly measured: number
      readonly simulated: number
      readonly fitted: boolean
    }[]
  }[]
}

/** Simulated against measured latency of each request; the diagonal has no error. */
export function latencyScatterChart(chart: LatencyScatterChart): TopLevelSpec {
  return panelled(chart, WIDE, { axis: 58 }, ({ name, requests }, { plot }) => {
    const height = Math.min(plot, 320)
    const times = requests.flatMap(({ measured, simulated }) => [measured, simulated])
    const domain = [
      Math.floor((Math.min(...times) * 0.98) / 10) * 10,
      Math.ceil((Math.max(...times) * 1.02) / 10) * 10,
    ] as const
    const x = linear('measured', domain, { title: 'measured end to end (s)', tickCount: 6 })
    const y = linear('simulated', domain, { title: 'simulated end to end (s)', tickCount: 6 })
    const diagonal: Layer = {
      data: { values: domain.map((at) => ({ measured: at, simulated: at })) },
      mark: { type: 'line', color: LIGHT.muted, strokeWidth: 1.2, strokeDash: [5, 3] },
      encoding: { x, y },
    }
    const dots = (fitted: boolean): Layer => ({
      data: { values: requests.filter((request) => request.fitted === fitted) },
      mark: {
        type: 'point',
        filled: true,
        opacity: 0.75,
        size: 22,
        color: fitted ? LIGHT.sendDelay : LIGHT.simulated,
      },
      encoding: { x, y },
    })
    return {
      title: panelTitle(name, LIGHT.ink, 8),
      width: plot,
      height,
      layer: [
        diagonal,
        dots(true),
        dots(false),
        ...keyWords(
          [
            { name: 'fitted half', color: LIGHT.sendDelay },
            { name: 'predicted half', color: LIGHT.simulated },
          ],
          plot,
        ),
      ],
    }
  })
}

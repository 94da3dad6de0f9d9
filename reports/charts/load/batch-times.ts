import type { TopLevelSpec } from 'vega-lite'
import type { NonNormalizedSpec } from 'vega-lite/types_unstable/spec/index.js'
import type { Assumptions } from '../../../sim/documents/index.ts'
import { count, percent, time } from '../../format.ts'
import { type Layer, narrow, type Sides } from '../frame.ts'
import { endLabels, linear, panelled, panelTitle, pixel } from '../plot.ts'
import { textWidth } from '../text-width.ts'
import { LABEL_SIZE, LIGHT } from '../theme.ts'

type BatchTimes = Assumptions['batch_times'][number]

/** Most pools that are drawn, beside each other. */
const MOST_POOLS = 3

interface Panel extends Omit<BatchTimes, 'pool'> {
  readonly pools: readonly string[]
}

/** Time of a batch by its size, for some lengths: declared, or from the profile. */
export function batchTimes([{ result }]: Sides, width: number): TopLevelSpec | null {
  const panels = panelsOf(result.assumptions.batch_times)
  const shown = panels.slice(0, MOST_POOLS)
  if (shown.length === 0) return null
  const height = narrow(width) ? 150 : 170
  const names = shown.flatMap(({ curves }) => curves.map((curve) => textOf(curve.length)))
  const room = Math.max(0, ...names.map((name) => textWidth(name, LABEL_SIZE)))
  const source = result.profile === null ? basisText(shown) : `profile ${result.profile.name}`
  const more = panels.length > MOST_POOLS ? `, ${MOST_POOLS} of ${panels.length} kinds of pool` : ''
  const lengths = names.some((name) => name !== '') ? ' · a line for each length' : ''
  const subtitle = `${result.scenario.name} · mean at speed 1, ${source}${more}${lengths}${errorText(shown)}${scatterText(shown)}`
  const chart = { title: finding(shown[0]!, panels.length > 1), subtitle, panels: shown }
  return panelled(chart, width, { axis: 40, labels: room }, (panel, { plot }) =>
    drawn(panel, plot, height),
  )
}

/** What the times rest on where nothing was calibrated; of several panels, the least sure one. */
function basisText(panels: readonly Panel[]): string {
  const elsewhere = panels.flatMap(({ transferred }) => transferred?.fitted_on ?? [])
  if (elsewhere.length > 0) return `transferred from ${elsewhere[0]}`
  return panels.every(({ basis }) => basis === 'fit') ? 'as fitted' : 'as declared'
}

/** The error that the times state of themselves; of several panels, the largest. */
function errorText(panels: readonly Panel[]): string {
  const errors = panels.flatMap(({ error }) => error ?? [])
  if (errors.length === 0) return ''
  const { of, median } = errors.reduce((a, b) => (b.median > a.median ? b : a))
  return ` · median error of the ${of} ${percent(median)}`
}

/** The scatter of single ones about the mean; of several panels, the largest. */
function scatterText(panels: readonly Panel[]): string {
  const residuals = panels.flatMap(({ residual }) => residual ?? [])
  if (residuals.length === 0) return ''
  return ` · single ones scatter by ${percent(Math.max(...residuals.map(({ of_all: cv }) => cv)))}`
}

/** Pools with the same times share a panel. */
function panelsOf(ofPools: readonly BatchTimes[]): Panel[] {
  const panels = new Map<string, Panel>()
  for (const { pool, ...times } of ofPools) {
    const key = JSON.stringify(times)
    panels.set(key, { ...times, pools: [...(panels.get(key)?.pools ?? []), pool] })
  }
  return [...panels.values()]
}

const textOf = (length: number | null) =>
  length === null ? '' : `${count(length)} ${length === 1 ? 'token' : 'tokens'}`

function drawn({ pools, steps, sizes, curves }: Panel, width: number, height: number) {
  const most = Math.max(...curves.flatMap(({ ms }) => ms))
  const domain = [0, most > 0 ? 1.05 * most : 1] as const
  const last = sizes.at(-1)!
  const x = linear('x', [0, last], {
    title: steps ? 'sequences in a step' : 'requests in a batch',
    tickCount: Math.min(8, last, Math.floor(width / 30)),
    grid: false,
  })
  const y = linear('y', domain, { title: 'time (ms)', tickCount: 4 })
  const lines = curves.map(
    ({ ms }, i): Layer => ({
      data: { values: ms.map((value, j) => ({ x: sizes[j]!, y: value })) },
      mark: {
        type: 'line',
        point: sizes.length < 3,
        color: LIGHT.service,
        strokeWidth: 1.2 + 0.7 * i,
      },
      encoding: { x, y },
    }),
  )
  const ends = curves.flatMap(({ length, ms }) =>
    length === null
      ? []
      : [
          {
            text: textOf(length),
            color: LIGHT.service,
            x: width,
            y: pixel(ms.at(-1)!, domain, height),
          },
        ],
  )
  return {
    title: panelTitle(pools.length > 3 ? `${pools.length} pools` : pools.join(', '), LIGHT.ink),
    width,
    height,
    layer: [...lines, ...endLabels(ends, height - 4, { dx: 6 })],
  } satisfies NonNormalizedSpec
}

/** "A batch of 8 takes 2.1 to 9.4 ms by its length, a single request 1 to 2 ms". */
function finding({ pools, steps, sizes, curves }: Panel, several: boolean): string {
  const at = (i: number) => {
    const times = curves.map(({ ms }) => ms.at(i)!)
    const [low, high] = [time(Math.min(...times)), time(Math.max(...times))]
    return low === high ? low : `${low} to ${high}`
  }
  const most = sizes.at(-1)!
  const where = several ? ` in ${pools[0]}` : ''
  const single = steps ? 'one sequence' : 'a single request'
  if (most === 1) return `${steps ? 'A decode step' : 'A request'}${where} takes ${at(0)}`
  const what = steps ? `A decode step of ${count(most)} sequences` : `A batch of ${count(most)}`
  return `${what}${where} takes ${at(-1)}, ${single} ${at(0)}`
}

import type { TopLevelSpec } from 'vega-lite'
import type { NonNormalizedSpec } from 'vega-lite/types_unstable/spec/index.js'
import type { StepColumns, StepWindow } from '../../../sim/documents/index.ts'
import { capitalise, declared, listed, plural, time } from '../../format.ts'
import { frame, keyWords, type Layer, narrow, plotWidth, type ReportInput } from '../frame.ts'
import { type Channel, COLOR, linear, panelTitle } from '../plot.ts'
import { LIGHT } from '../theme.ts'

/** Height of a lane, px, and from one to the next. */
const LANE = 64
const SPACING = 10

/** Kinds of steps by what they compute. */
const DECODES = { name: 'decodes only', color: LIGHT.service }
const BESIDE = { name: 'prompts beside decodes', color: LIGHT.batchWait }
const PROMPTS = { name: 'prompts only', color: LIGHT.queue }
const KINDS = [DECODES, BESIDE, PROMPTS]

const SIDES = ['measured', 'simulated'] as const

type Engine = StepWindow['engines'][number]

interface Bar {
  readonly kind: (typeof KINDS)[number]
  readonly atMs: number
  readonly ms: number
  readonly sequences: number
}

/**
 * Steps of each engine over a short window, measured above simulated: a bar for each step, as high
 * as it has sequences. Null where no engine generates.
 */
export function stepLanes({ comparison }: ReportInput, width: number): TopLevelSpec | null {
  const window = comparison?.steps
  if (!comparison || !window) return null
  const lanes = window.engines.flatMap((engine) =>
    SIDES.map((side) => ({ engine, side, bars: barsOf(engine[side]) })),
  )
  const bars = lanes.flatMap((lane) => lane.bars)
  if (bars.length === 0) return null
  const keys = KINDS.filter((kind) => bars.some((bar) => bar.kind === kind))
  const { from_s, to_s, engines, engines_left_out } = window
  const drawn = lanes.map(({ engine, side, bars: ofLane }, i): NonNormalizedSpec => {
    const [first, last] = [i === 0, i === lanes.length - 1]
    const y = linear('y', [0, engine.max_sequences], {
      title: 'sequences',
      values: [0, engine.max_sequences / 2, engine.max_sequences].filter(Number.isInteger),
      minExtent: 40,
      maxExtent: 40,
    })
    return {
      title: panelTitle(laneName(engine, side, engines.length), LIGHT[side]),
      width: plotWidth(width),
      height: LANE,
      layer: [
        barsLayer(ofLane, window, { x: windowTime(window, width, last), y }, narrow(width)),
        ...(first ? keyWords(keys, width) : []),
      ],
    }
  })
  const left = engines_left_out > 0 ? ` · ${plural(engines_left_out, 'further engine')}` : ''
  const from = `${declared(from_s)} to ${declared(to_s)} s, when the most tokens were computed`
  const subtitle = `${comparison.scenario.name} · replay ${window.replay + 1}, ${from} · each bar a step, as high as it has sequences · simulated: with the speed of this replay${left}`
  return { ...frame(finding(lanes), subtitle, width), spacing: SPACING, vconcat: drawn }
}

const laneName = ({ pool, replica }: Engine, side: string, engines: number) =>
  engines > 1 ? `${pool} ${replica + 1}, ${side}` : side

function barsOf({ at_ms, ms, decodes, prompts }: StepColumns): Bar[] {
  return at_ms.map((atMs, i) => {
    const kind = prompts[i] === 0 ? DECODES : decodes[i] === 0 ? PROMPTS : BESIDE
    return { kind, atMs, ms: ms[i]!, sequences: decodes[i]! + prompts[i]! }
  })
}

/** Only the lowest lane has the labels of the time. */
function windowTime({ from_s, to_s }: StepWindow, width: number, last: boolean): Channel {
  const labels = last ? { title: 'time since the start (s)' } : { title: null, labels: false }
  return linear('x', [from_s, to_s], { ...labels, tickCount: narrow(width) ? 4 : 8, grid: false })
}

function barsLayer(
  bars: readonly Bar[],
  { from_s, to_s }: StepWindow,
  { x, y }: { readonly x: Channel; readonly y: Channel },
  small: boolean,
): Layer {
  const values = bars.map(({ kind, atMs, ms, sequences }) => ({
    x: from_s + atMs / 1000,
    x2: Math.min(to_s, from_s + (atMs + ms) / 1000),
    y: sequences,
    color: kind.color,
  }))
  return {
    data: { values },
    // in a narrow picture a gap would hide what it separates
    mark: { type: 'rect', stroke: LIGHT.paper, strokeWidth: small ? 0.2 : 0.5 },
    encoding: { x, x2: { field: 'x2' }, y, y2: { datum: 0 }, color: COLOR },
  }
}

/** Mean times of steps with and without prompts, where both sides have such steps; or of all. */
function finding(
  lanes: readonly { readonly side: (typeof SIDES)[number]; readonly bars: readonly Bar[] }[],
): string {
  const timesOf = (isOf: (bar: Bar) => boolean) =>
    SIDES.flatMap((side) => {
      const bars = lanes.flatMap((lane) => (lane.side === side ? lane.bars.filter(isOf) : []))
      if (bars.length === 0) return []
      return [`${time(bars.reduce((sum, { ms }) => sum + ms, 0) / bars.length)} ${side}`]
    })
  const texts = [
    { what: 'steps with prompts take', times: timesOf(({ kind }) => kind !== DECODES) },
    { what: 'steps that only decode take', times: timesOf(({ kind }) => kind === DECODES) },
  ].flatMap(({ what, times }) => (times.length < 2 ? [] : [`${what} ${listed(times)}`]))
  if (texts.length === 0) return `A step takes ${listed(timesOf(() => true))}`
  return capitalise(texts.join('; '))
}

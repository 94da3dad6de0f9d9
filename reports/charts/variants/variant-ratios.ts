import type { TopLevelSpec } from 'vega-lite'
import { VARIANT_METRICS, type VariantRatio, type Variants } from '../../../sim/documents/index.ts'
import { changeText, hasCounted } from '../../tables/variants-table.ts'
import { frame, keyWords, type Layer, largest, logTicks, word } from '../frame.ts'
import { intervalMarks, logarithmic, valueLine, widerMarks } from '../plot.ts'
import { textWidth } from '../text-width.ts'
import { LABEL_SIZE, LIGHT } from '../theme.ts'

/** Height of a row, px, and of the space above the rows of each variant. */
const ROW = 26
const HEAD = 26
/** px from the middle of a row where there are both sides. */
const OFFSET = 5
interface Mark {
  readonly side: 'simulated' | 'measured'
  readonly ratio: VariantRatio & { readonly value: number }
}

interface Row {
  readonly metric: string
  readonly marks: readonly Mark[]
}

/** Ratios of every variant to the first one with their intervals; null where there is none. */
export function variantRatios(document: Variants, width: number): TopLevelSpec | null {
  const { variants, ratios, measured } = document
  const groups = variants.slice(1).map(({ name }) => ({
    name,
    rows: rowsOf(
      [...sided('simulated', ratios), ...sided('measured', measured?.ratios ?? [])],
      name,
    ),
  }))
  const marks = groups.flatMap(({ rows }) => rows.flatMap((row) => row.marks))
  if (marks.length === 0) return null
  const ends = marks.flatMap(({ ratio: { value, low, high, with_inputs: wide } }) => [
    value,
    low ?? value,
    high ?? value,
    ...[wide?.low, wide?.high].flatMap((end) => (end != null && end > 0 ? [end] : [])),
  ])
  const domain = [Math.min(0.9, ...ends) / 1.02, Math.max(1.1, ...ends) * 1.02] as const
  const x = logarithmic('low', domain, {
    title: `ratio to ${variants[0]!.name} (log scale)`,
    values: ratioTicks(domain),
    format: '~g',
  })
  const left = 12 + Math.max(...marks.map(({ ratio }) => textWidth(ratio.metric, LABEL_SIZE)))
  const placed: { name: string | null; metric: string; y: number; marks: readonly Mark[] }[] = []
  let y = 0
  for (const { name, rows } of groups) {
    placed.push({ name, metric: '', y: y + HEAD / 2, marks: [] })
    y += HEAD
    for (const row of rows) {
      placed.push({ name: null, metric: row.metric, y: y + ROW / 2, marks: row.marks })
      y += ROW
    }
  }
  const both = measured !== null
  const drawn = placed.flatMap((row) =>
    row.marks.map(({ side, ratio }) => {
      const offset = both ? (side === 'simulated' ? -OFFSET : OFFSET) : 0
      const color = ratio.difference === 'none found' ? LIGHT.muted : LIGHT[side]
      const { value, low, high, with_inputs: wide } = ratio
      return { value, low: low ?? value, high: high ?? value, wide, y: row.y + offset, color }
    }),
  )
  // an end that is infinite, or 0, is that of the plot
  const wider = drawn.flatMap(({ wide, y: at, color }) =>
    wide === undefined
      ? []
      : [{ low: wide.low || domain[0], high: wide.high ?? domain[1], y: at, color }],
  )
  const bars = drawn.map(({ wide: _, ...bar }) => bar)
  const dots = bars.map(({ value, y, color }) => ({ low: value, y, color }))
  const labels = placed.flatMap(({ name, metric, y: at }): Layer[] =>
    name === null
      ? [word(metric, -10, at, { align: 'right', color: LIGHT.ink })]
      : [word(name, 0, at, { align: 'left', color: LIGHT.ink, fontWeight: 'bold' })],
  )
  const keys = [
    { name: 'simulated', color: LIGHT.simulated },
    ...(both ? [{ name: 'measured', color: LIGHT.measured }] : []),
    { name: 'no difference found', color: LIGHT.muted },
  ]
  const thin = wider.length === 0 ? '' : '; thin: with uncertain inputs'
  const subtitle = `${document.scenario.name} · intervals by a test of all ratios together (Holm, 5 %)${thin}`
  return {
    ...frame(
      finding(marks, variants[0]!.name, (name) => hasCounted(measured, name)),
      subtitle,
      width,
    ),
    width: width - left - 40,
    height: y,
    layer: [
      valueLine(1),
      ...widerMarks(x, wider),
      ...intervalMarks(x, bars, dots, 55),
      ...labels,
      ...keyWords(keys, width),
    ],
  }
}

function sided(side: Mark['side'], ratios: readonly VariantRatio[]): Mark[] {
  return ratios.flatMap((ratio) => {
    const { value } = ratio
    return value === null ? [] : [{ side, ratio: { ...ratio, value } }]
  })
}

function rowsOf(marks: readonly Mark[], variant: string): Row[] {
  const ofVariant = marks.filter(({ ratio }) => ratio.variant === variant)
  const metrics = VARIANT_METRICS.filter((metric) =>
    ofVariant.some(({ ratio }) => ratio.metric === metric),
  )
  return metrics.map((metric) => ({
    metric,
    marks: ofVariant.filter(({ ratio }) => ratio.metric === metric),
  }))
}

/** Ticks of ratios, at steps that suit a small range, too. */
export function ratioTicks([low, high]: readonly [number, number]): number[] {
  if (high / low > 4) return logTicks(low, high)
  const step = high / low > 1.6 ? 0.2 : 0.05
  const from = Math.ceil(low / step)
  const number = Math.floor(high / step) - from + 1
  return Array.from({ length: number }, (_, i) => Number(((from + i) * step).toFixed(2)))
}

/** The largest difference that was found, of latencies before others. */
function finding(
  marks: readonly Mark[],
  first: string,
  counts: (variant: string) => boolean,
): string {
  const real = marks.filter(({ ratio }) => ratio.difference !== 'none found')
  if (real.length === 0) return `No difference from ${first} was found`
  const measured = real.filter(({ side, ratio }) => side === 'measured' && counts(ratio.variant))
  const simulated = real.filter(({ side }) => side === 'simulated')
  const deciding = measured.length > 0 ? measured : simulated
  if (deciding.length === 0) return `No difference from ${first} was found`
  const { ratio, side } = largest(deciding, ({ ratio: { value } }) => Math.abs(Math.log(value)))!
  return `${ratio.metric} of ${ratio.variant}: ${changeText(ratio.value)} against ${first}, ${side}`
}

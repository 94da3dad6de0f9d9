import type { TopLevelSpec } from 'vega-lite'
import type { Blamed } from '../../../sim/documents/index.ts'
import { percent, time } from '../../format.ts'
import { blamedFinding, blameSubject, groupName } from '../../tables/blame-table.ts'
import { frame, narrow, plotWidth, WIDE } from '../frame.ts'
import { linear } from '../plot.ts'
import { textWidth } from '../text-width.ts'
import { LABEL_SIZE, LIGHT } from '../theme.ts'

const ROW = 34
const SIZE = LABEL_SIZE - 1
/** The darkest cell; text stays readable on it. */
const DARKEST = 0.55
/** More groups are no longer told apart. */
const MOST = 14

/**
 * Time that requests of each group waited for those of each other: a row for each group that is
 * waited for. Null with a single group, or where no request waited for another one.
 */
export function blameFlows(document: Blamed, width: number): TopLevelSpec | null {
  const { groups, flows } = document
  const most = Math.max(0, ...flows.flat())
  if (groups.length < 2 || groups.length > MOST || !(most > 0)) return null
  const small = narrow(width)
  const requests = groups.reduce((sum, group) => sum + group.requests, 0)
  const names = groups.map(groupName)
  // the longest of a class at the top
  const order = groups.map((_, i) => groups.length - 1 - i)
  const rowNames = order.map((i) =>
    small ? names[i]! : `${names[i]}, ${percent(groups[i]!.requests / requests)} of requests`,
  )
  const widest = Math.max(...rowNames.map((text) => textWidth(text, SIZE)))
  const wide = plotWidth(width) - Math.max(0, widest - 28)
  const cells = order.flatMap((from, row) =>
    flows[from]!.map((ms, to) => ({
      x: to,
      x2: to + 0.97,
      y: row,
      y2: row + 0.94,
      opacity: ms === 0 ? 0.03 : 0.06 + (DARKEST - 0.06) * Math.sqrt(ms / most),
      text: ms === 0 ? '' : time(ms),
    })),
  )
  const room = wide / groups.length
  const fits = cells.every(({ text }) => textWidth(text, SIZE) + 6 < room)
  const x = linear('x', [0, groups.length], {
    ...axis('requests that waited (class and length)', names),
    labelLimit: small ? 140 : room - 4,
    labelAngle: small ? -90 : 0,
  })
  const y = {
    ...linear('y', [0, groups.length], { ...axis(null, rowNames), labelLimit: widest + 8 }),
    scale: { domain: [groups.length, 0] as [number, number], nice: false as const },
  }
  const text = fits ? 'in each cell the time waited' : 'darker: more time waited'
  const subtitle = `${blameSubject(document)} · rows: requests that were waited for · ${text}`
  return {
    ...frame(blamedFinding(document), subtitle, width),
    width: wide,
    height: ROW * groups.length,
    layer: [
      {
        data: { values: cells },
        mark: { type: 'rect', color: LIGHT.queue },
        encoding: {
          x,
          x2: { field: 'x2' },
          y,
          y2: { field: 'y2' },
          opacity: { field: 'opacity', type: 'quantitative', scale: null },
        },
      },
      {
        data: {
          values: fits
            ? cells.map((cell) => ({ ...cell, x: cell.x + 0.48, y: cell.y + 0.47 }))
            : [],
        },
        mark: { type: 'text', fontSize: SIZE, color: LIGHT.ink },
        encoding: { x, y, text: { field: 'text' } },
      },
    ],
  }
}

const axis = (title: string | null, names: readonly string[]) => ({
  title,
  grid: false,
  values: names.map((_, i) => i + 0.5),
  labelExpr: `${JSON.stringify(names)}[datum.value - 0.5]`,
  labelFontSize: SIZE,
})

/** The charts of blame alone, as files. */
export function blameCharts(document: Blamed): { name: string; spec: TopLevelSpec }[] {
  const spec = blameFlows(document, WIDE)
  return spec === null ? [] : [{ name: 'blame', spec }]
}

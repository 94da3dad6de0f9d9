import type { TopLevelSpec } from 'vega-lite'
import type { NonNormalizedSpec } from 'vega-lite/types_unstable/spec/index.js'
import { sizeUnit } from '../../format.ts'
import { CUT_AXIS, type Space, spaceText } from '../../tables/memory-spaces.ts'
import { inLines, KEY_LINE, type Layer, largest, narrow, subject, word } from '../frame.ts'
import { COLOR, linear, type PanelGrid, panelled, panelTitle, pixel, runTime } from '../plot.ts'
import { textWidth } from '../text-width.ts'
import { LABEL_SIZE, LIGHT } from '../theme.ts'
import { layOut, type MapLayout, type Rectangle } from './memory-layout.ts'
import { mapFinding } from './memory-map-finding.ts'
import { kindsAmong, type OwnerKind } from './memory-owners.ts'

const SWATCH = 10

interface Plot {
  readonly wide: number
  readonly height: number
}

/** Owners of addresses over time; one panel for each side that recorded a map, if any did. */
export function memoryMap(space: Space, width: number): TopLevelSpec | null {
  const [first, ...others] = space.filter((side) => side.space.map.length > 0)
  if (!first) return null
  const sides: Space = [first, ...others]
  const small = narrow(width)
  const height = small ? 200 : 280
  const layouts = sides.map((side) =>
    layOut(side.space, {
      endS: side.result.duration_s,
      rows: height,
      columns: small ? 30 : 60,
      mostRectangles: small ? 500 : 1000,
    }),
  )
  const kinds = layouts.flatMap(({ rectangles }) => rectangles.map(({ owner }) => owner.kind))
  const panel = (layout: MapLayout, { plot: wide, columns }: PanelGrid, i: number) => {
    const { name, color } = sides[i]!
    const key = ownerKey(kindsAmong(new Set(kinds)), wide)
    const offset = 10 + (i < columns ? key.height : 0)
    return {
      ...(sides.length > 1 && { title: panelTitle(name, color, offset) }),
      width: wide,
      height,
      layer: [
        ...drawing(layout, { wide, height }, i % columns === 0),
        ...(i === 0 ? key.layers : []),
      ],
    } satisfies NonNormalizedSpec
  }
  const subtitle = [
    subject(sides),
    spaceText(first.space),
    'first run at regular times, each at the peak of a batch',
    ...(layouts.some(({ domain: [low] }) => low > 0) ? [CUT_AXIS] : []),
    ...(layouts.some(({ borders }) => borders.length > 0) ? ['thin lines: regions'] : []),
  ].join(' · ')
  const chart = { title: mapFinding(sides), subtitle, panels: layouts }
  return panelled(chart, width, { axis: 52 }, panel)
}

function drawing({ domain, endS, rectangles, borders }: MapLayout, plot: Plot, first: boolean) {
  const unit = sizeUnit(domain[1])
  const y = linear('y', [domain[0] * unit.factor, domain[1] * unit.factor], {
    title: first ? `address (${unit.name})` : null,
    tickCount: 5,
    format: ',~f',
    grid: false,
  })
  const x = runTime(endS)
  const scaled = (mib: number) => Number((mib * unit.factor).toPrecision(6))
  const cells: Layer = {
    data: {
      values: rectangles.map(({ owner, ...at }) => ({
        ...at,
        y: scaled(at.y),
        y2: scaled(at.y2),
        color: owner.kind.color,
      })),
    },
    mark: { type: 'rect' },
    encoding: { x, x2: { field: 'x2' }, y, y2: { field: 'y2' }, color: COLOR },
  }
  const lines: Layer = {
    data: { values: borders.map((at) => ({ ...at, y: scaled(at.y) })) },
    mark: { type: 'rule', color: LIGHT.paper, strokeWidth: 1.2 },
    encoding: { x, x2: { field: 'x2' }, y },
  }
  return [
    cells,
    ...(borders.length > 0 ? [lines] : []),
    ...names(rectangles, { domain, endS }, plot),
  ]
}

/** The name of each owner in its largest rectangle, if it fits. */
function names(
  rectangles: readonly Rectangle[],
  { domain, endS }: Pick<MapLayout, 'domain' | 'endS'>,
  { wide, height }: Plot,
): Layer[] {
  const box = ({ x, x2, y, y2 }: Rectangle) => ({
    w: ((x2 - x) / endS) * wide,
    h: ((y2 - y) / (domain[1] - domain[0])) * height,
  })
  const area = (rectangle: Rectangle) => box(rectangle).w * box(rectangle).h
  return [...new Set(rectangles.map(({ owner }) => owner))].flatMap((owner): Layer[] => {
    const { pool, kind } = owner
    const fits = rectangles.flatMap((rectangle) => {
      const { w, h } = box(rectangle)
      const texts = pool === '' ? [kind.name] : [`${pool}: ${kind.name}`, kind.name, pool]
      const text = texts.find((name) => textWidth(name, LABEL_SIZE) + 10 <= w)
      return rectangle.owner === owner && text !== undefined && h >= 16 ? [{ rectangle, text }] : []
    })
    const best = largest(fits, ({ rectangle }) => area(rectangle))
    if (!best) return []
    const { x, x2, y, y2 } = best.rectangle
    const middle = pixel((y + y2) / 2, domain, height)
    return [word(best.text, ((x + x2) / 2 / endS) * wide, middle, { color: kind.text })]
  })
}

/** Swatches with their names above the plot, in as many lines as needed. */
function ownerKey(kinds: readonly OwnerKind[], wide: number) {
  const placed = inLines(kinds, wide, { size: LABEL_SIZE, gap: 14, before: SWATCH + 5 })
  const layers = placed.flatMap(({ name, color, x, line }): Layer[] => {
    const y = -12 - KEY_LINE * line
    return [
      {
        data: { values: [{}] },
        mark: { type: 'rect', color },
        encoding: {
          x: { value: x },
          x2: { value: x + SWATCH },
          y: { value: y - SWATCH / 2 },
          y2: { value: y + SWATCH / 2 },
        },
      },
      word(name, x + SWATCH + 5, y, { align: 'left', color: LIGHT.ink }),
    ]
  })
  return { layers, height: KEY_LINE * ((placed[0]?.line ?? 0) + 1) }
}

import type { TopLevelSpec } from 'vega-lite'
import type { NonNormalizedSpec } from 'vega-lite/types_unstable/spec/index.js'
import { sizeUnit } from '../../format.ts'
import { CUT_AXIS, type Space, spaceSubject, spaceText } from '../../tables/memory-spaces.ts'
import {
  frame,
  type Layer,
  largest,
  narrow,
  pixel,
  plotWidth,
  type ReportInput,
  WIDE,
} from '../frame.ts'
import { textWidth } from '../text-width.ts'
import { LABEL_SIZE, LIGHT } from '../theme.ts'
import { layOut, type MapLayout, type Rectangle } from './memory-layout.ts'
import { mapFinding } from './memory-map-finding.ts'
import { kindsAmong, type OwnerKind } from './memory-owners.ts'

/** Height of a line of the key, px. */
const KEY_LINE = 17
const SWATCH = 10

interface Plot {
  readonly wide: number
  readonly height: number
}

/** Owners of addresses over time; one panel for each side that recorded a map. */
export function memoryMap(input: ReportInput, space: Space, width = WIDE): TopLevelSpec {
  const small = narrow(width)
  const sides = space.sides.filter((side) => side.space.map.length > 0)
  const columns = small ? 1 : Math.max(1, sides.length)
  const wide = (plotWidth(width) - (columns - 1) * 76) / columns
  const plot = { wide, height: small ? 200 : 280 }
  const options = {
    rows: plot.height,
    columns: small ? 30 : 60,
    mostRectangles: small ? 500 : 1000,
  }
  const layouts = sides.map((side) =>
    layOut(side.space, { endS: side.world.result.duration_s, ...options }),
  )
  const kinds = layouts.flatMap(({ rectangles }) => rectangles.map(({ owner }) => owner.kind))
  const key = ownerKey(kindsAmong(new Set(kinds)), wide)
  const panel = (layout: MapLayout, i: number): NonNormalizedSpec => ({
    ...(sides.length > 1 && {
      title: {
        text: sides[i]!.world.name,
        color: sides[i]!.world.color,
        fontSize: 12,
        offset: 10 + (i < columns ? key.height : 0),
        frame: 'group',
      },
    }),
    ...{ width: wide, height: plot.height },
    layer: [...drawing(layout, plot, i % columns === 0), ...(i === 0 ? key.layers : [])],
  })
  const subtitle = [
    spaceSubject(input, { ...space, sides }),
    spaceText(space.sides[0]!.space),
    'the first run at even instants, each at the peak of a batch',
    ...(layouts.some(({ domain: [low] }) => low > 0) ? [CUT_AXIS] : []),
    ...(layouts.some(({ borders }) => borders.length > 0) ? ['thin lines: regions'] : []),
  ].join(' · ')
  return {
    ...frame(mapFinding(sides), subtitle, width),
    columns,
    spacing: 24,
    concat: layouts.map(panel),
  }
}

function drawing({ domain, endS, rectangles, borders }: MapLayout, plot: Plot, first: boolean) {
  const unit = sizeUnit(domain[1])
  const y = {
    field: 'y',
    type: 'quantitative' as const,
    scale: { domain: domain.map((mib) => mib * unit.factor), nice: false, zero: false },
    axis: {
      title: first ? `address (${unit.name})` : null,
      tickCount: 5,
      format: ',~f',
      grid: false,
    },
  }
  const x = {
    field: 'x',
    type: 'quantitative' as const,
    scale: { domain: [0, endS], nice: false },
    axis: { title: 'time since the start (s)', tickCount: 5, grid: false },
  }
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
    encoding: {
      x,
      x2: { field: 'x2' },
      y,
      y2: { field: 'y2' },
      color: { field: 'color', type: 'nominal', scale: null },
    },
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
    const at = {
      x: ((best.rectangle.x + best.rectangle.x2) / 2 / endS) * wide,
      y: pixel((best.rectangle.y + best.rectangle.y2) / 2, domain, height),
    }
    return [
      {
        data: { values: [{}] },
        mark: { type: 'text', text: best.text, color: kind.text, fontSize: LABEL_SIZE },
        encoding: { x: { value: at.x }, y: { value: at.y } },
      },
    ]
  })
}

/** Swatches with their names above the plot, in as many lines as needed. */
function ownerKey(kinds: readonly OwnerKind[], wide: number) {
  let [x, line] = [0, 0]
  const placed = kinds.map((kind) => {
    const room = SWATCH + 5 + textWidth(kind.name, LABEL_SIZE)
    if (x > 0 && x + room > wide) [x, line] = [0, line + 1]
    const at = { kind, x, line }
    x += room + 14
    return at
  })
  const layers = placed.flatMap(({ kind, x: left, line: i }): Layer[] => {
    const y = -12 - KEY_LINE * (line - i)
    const [data, half] = [{ values: [{}] }, SWATCH / 2]
    return [
      {
        data,
        mark: { type: 'rect', color: kind.color },
        encoding: {
          x: { value: left },
          x2: { value: left + SWATCH },
          y: { value: y - half },
          y2: { value: y + half },
        },
      },
      {
        data,
        mark: {
          type: 'text',
          text: kind.name,
          align: 'left',
          color: LIGHT.ink,
          fontSize: LABEL_SIZE,
        },
        encoding: { x: { value: left + SWATCH + 5 }, y: { value: y } },
      },
    ]
  })
  return { layers, height: KEY_LINE * (line + 1) }
}

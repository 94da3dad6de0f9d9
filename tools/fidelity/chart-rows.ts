import { type Layer, narrow } from '../../reports/charts/frame.ts'
import { textWidth, wrap } from '../../reports/charts/text-width.ts'
import { LABEL_SIZE, LIGHT } from '../../reports/charts/theme.ts'
import type { Verdict } from '../../sim/documents/index.ts'

/** Around a picture, px: the theme's, and the halo of labels at the edge. */
const PADDING = 12
/** Between labels and plot, px. */
const GAP = 10
/** Height of a line of text, px. */
const LINE = 16
/** Half of an axis label at the edge of a plot without labels beside it, px. */
const OVERHANG = 20
/** Widest lines of notes beside a plot, px. */
const WIDEST_NOTE = 300

/** Texts beside a row, or above it in a narrow picture. */
export interface RowWords {
  readonly name: string
  readonly note: string
  readonly color: string
}

interface Shape {
  /** height of the marks of a row, px */
  readonly body: number
  /** of the whole picture, px */
  readonly width: number
  /** space for further labels between the plot and the names, and for the notes, px */
  readonly left?: number
  readonly right?: number
}

export interface RowLayout {
  /** of the plot, px */
  readonly width: number
  readonly height: number
  /** top of the marks of a row, px from the top */
  readonly top: (row: number) => number
  readonly layers: readonly Layer[]
}

/** Rows with names at the left and notes at the right; above the marks in a narrow picture. */
export function rowLayout(words: readonly RowWords[], shape: Shape): RowLayout {
  return narrow(shape.width) ? wordsAbove(words, shape) : wordsBeside(words, shape)
}

function wordsBeside(words: readonly RowWords[], { body, width, left = 0, right = 0 }: Shape) {
  const notes = words.map(({ note }) => wrap(note, WIDEST_NOTE, LABEL_SIZE))
  const room = (texts: readonly string[]) =>
    Math.max(0, ...texts.map((text) => textWidth(text, LABEL_SIZE)))
  const names = left + GAP + room(words.map(({ name }) => name))
  const plot = Math.floor(
    width - 2 * PADDING - names - Math.max(OVERHANG, right + GAP + room(notes.flat())),
  )
  const row = Math.max(body, LINE * Math.max(...notes.map(({ length }) => length)) + 2)
  const middle = (i: number) => row * (i + 0.5)
  return {
    width: plot,
    height: row * words.length,
    top: (i: number) => middle(i) - body / 2,
    layers: [
      ...wordColumn(
        words.map(({ name }, i) => ({ text: name, y: middle(i), color: LIGHT.ink })),
        { x: -left - GAP, align: 'right' },
      ),
      ...wordColumn(
        words.flatMap(({ color }, i) =>
          notes[i]!.map((text, line, { length }) => ({
            text,
            y: middle(i) + LINE * (line - (length - 1) / 2),
            color,
          })),
        ),
        { x: plot + right + GAP, align: 'left' },
      ),
    ],
  }
}

function wordsAbove(words: readonly RowWords[], { body, width, left = 0, right = 0 }: Shape) {
  const [before, after] = [left, right].map((inset) => Math.max(OVERHANG, inset)) as [
    number,
    number,
  ]
  const room = width - 2 * PADDING
  const plot = room - before - after
  const long = words.some(
    ({ name, note }) => textWidth(name, LABEL_SIZE) + 2 * GAP + textWidth(note, LABEL_SIZE) > room,
  )
  const notes = words.map(({ note }) => (long ? wrap(note, room, LABEL_SIZE) : [note]))
  const lines = Math.max(...notes.map(({ length }) => length)) + (long ? 1 : 0)
  const row = LINE * lines + body
  const line = (i: number, number: number) => row * i + LINE * (number + 0.5)
  return {
    width: plot,
    height: row * words.length,
    top: (i: number) => row * i + LINE * lines,
    layers: [
      ...wordColumn(
        words.map(({ name }, i) => ({ text: name, y: line(i, 0), color: LIGHT.ink })),
        { x: -before, align: 'left' },
      ),
      ...wordColumn(
        words.flatMap(({ color }, i) =>
          notes[i]!.map((text, number) => ({ text, color, y: line(i, number + (long ? 1 : 0)) })),
        ),
        long ? { x: -before, align: 'left' } : { x: plot + after, align: 'right' },
      ),
    ],
  }
}

/** Labels one below the other, px from the left and the top, with a halo over lines. */
export function wordColumn(
  words: readonly { readonly text: string; readonly y: number; readonly color: string }[],
  at: { readonly x: number; readonly align: 'left' | 'right'; readonly size?: number },
): Layer[] {
  const data = { values: [...words] }
  const mark = { type: 'text' as const, align: at.align, fontSize: at.size ?? LABEL_SIZE }
  const text = { field: 'text', type: 'nominal' as const }
  const encoding = { x: { value: at.x }, y: Y, text }
  const halo = { fill: LIGHT.paper, stroke: LIGHT.paper, strokeWidth: 4 }
  return [
    { data, mark: { ...mark, ...halo }, encoding },
    { data, mark, encoding: { ...encoding, color: COLOR } },
  ]
}

/** Pixels from the top of the plot. */
export const Y = { field: 'y', type: 'quantitative' as const, scale: null, axis: null }
/** A colour from the data. */
export const COLOR = { field: 'color', type: 'nominal' as const, scale: null }

/** An axis of relative errors. */
export interface ErrorAxis {
  readonly field: 'low'
  readonly type: 'quantitative'
  readonly scale: {
    readonly domain: [number, number]
    readonly nice: false
    readonly type?: 'symlog'
    readonly constant?: number
  }
  readonly axis: {
    readonly title: string
    readonly labelExpr: string
    readonly tickCount?: number
    readonly values?: number[]
  }
}

const SIGNED = `datum.value === 0 ? '0' : format(datum.value * 100, '+,~f') + ' %'`

/** Relative errors on both sides of 0, up to `reach`. */
export function errorAxis(reach: number, title: string, tickCount: number): ErrorAxis {
  return {
    field: 'low',
    type: 'quantitative',
    scale: { domain: [-reach, reach], nice: false },
    axis: { title, labelExpr: SIGNED, tickCount },
  }
}

/** About linear up to this error, and logarithmic above it. */
const LINEAR = 0.01

/** An axis for errors of very different sizes: 1 % and 500 % are both readable. */
export function logErrorAxis(low: number, high: number, title: string): ErrorAxis {
  const values = [-10, -1, -0.1, 0, 0.1, 1, 10].filter((tick) => tick >= low && tick <= high)
  return {
    field: 'low',
    type: 'quantitative',
    scale: { type: 'symlog', constant: LINEAR, domain: [low, high], nice: false },
    axis: { title, labelExpr: SIGNED, values },
  }
}

export interface ErrorMark {
  /** relative */
  readonly error: number
  readonly y: number
  readonly color: string
  /** drawn as an outline */
  readonly hollow?: boolean
}

/** A dot for each error; an arrow at the end of the axis for an error beyond it. */
export function errorDots(marks: readonly ErrorMark[], x: ErrorAxis, size: number): Layer[] {
  const [least, most] = x.scale.domain
  const values = marks.map(({ error, ...mark }) => ({
    ...mark,
    low: Math.max(0.985 * least, Math.min(0.985 * most, error)),
    shape: error > most ? 'triangle-right' : error < least ? 'triangle-left' : 'circle',
  }))
  const encoding = { x, y: Y, color: COLOR, shape: { ...COLOR, field: 'shape' } }
  return [false, true].map((hollow) => ({
    data: { values: values.filter((mark) => (mark.hollow ?? false) === hollow) },
    mark: { type: 'point', filled: !hollow, size, opacity: hollow ? 1 : 0.8 },
    encoding,
  }))
}

export interface Band {
  readonly low: number
  readonly high: number
  readonly y: number
  readonly y2: number
}

/** Shaded ranges of errors, cut at the ends of the axis. */
export function errorBands(
  bands: readonly Band[],
  x: ErrorAxis,
  style: { readonly color: string; readonly opacity: number },
): Layer {
  const [least, most] = x.scale.domain
  const values = bands.map(({ low, high, ...rows }) => ({
    ...rows,
    low: Math.max(least, low),
    high: Math.min(most, high),
  }))
  return {
    data: { values },
    mark: { type: 'rect', ...style },
    encoding: { x, x2: { field: 'high' }, y: Y, y2: { field: 'y2' } },
  }
}

/** The line of no error. */
export const ZERO: Layer = {
  data: { values: [{}] },
  mark: { type: 'rule', color: LIGHT.muted },
  encoding: { x: { datum: 0, type: 'quantitative' } },
}

export function verdictColor(verdict: Verdict | null): string {
  return verdict === 'FAIL' ? LIGHT.limit : verdict === 'PASS' ? LIGHT.ink : LIGHT.muted
}

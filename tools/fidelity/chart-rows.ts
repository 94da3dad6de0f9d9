import { type Layer, narrow, SIGNED_PERCENT } from '../../reports/charts/frame.ts'
import { COLOR, PIXEL_Y } from '../../reports/charts/plot.ts'
import { textWidth, wrap } from '../../reports/charts/text-width.ts'
import { LABEL_SIZE, LIGHT } from '../../reports/charts/theme.ts'
import { capitalise, inWords, percentileName, plural, signedPercent } from '../../reports/format.ts'
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

/** Where the words of rows stand: each column has a place, and `y` of a row and its line. */
interface Placed {
  /** of the plot, and of a row with its words, px */
  readonly plot: number
  readonly row: number
  readonly top: (row: number) => number
  readonly names: ColumnPlace & { readonly y: (row: number) => number }
  /** lines of the note of each row */
  readonly lines: readonly (readonly string[])[]
  readonly notes: ColumnPlace & { readonly y: (row: number, line: number) => number }
}

/** Rows with names at the left and notes at the right; above the marks in a narrow picture. */
export function rowLayout(words: readonly RowWords[], shape: Shape): RowLayout {
  const placed = narrow(shape.width) ? wordsAbove(words, shape) : wordsBeside(words, shape)
  const { plot, row, top, names, lines, notes } = placed
  const named = words.map(({ name }, i) => ({ text: name, y: names.y(i), color: LIGHT.ink }))
  const noted = words.flatMap(({ color }, i) =>
    lines[i]!.map((text, line) => ({ text, y: notes.y(i, line), color })),
  )
  const layers = [...wordColumn(named, names), ...wordColumn(noted, notes)]
  return { width: plot, height: row * words.length, top, layers }
}

function wordsBeside(words: readonly RowWords[], shape: Shape): Placed {
  const { body, width, left = 0, right = 0 } = shape
  const lines = words.map(({ note }) => wrap(note, WIDEST_NOTE, LABEL_SIZE))
  const room = (texts: readonly string[]) =>
    Math.max(0, ...texts.map((text) => textWidth(text, LABEL_SIZE)))
  const names = left + GAP + room(words.map(({ name }) => name))
  const notes = Math.max(OVERHANG, right + GAP + room(lines.flat()))
  const plot = Math.floor(width - 2 * PADDING - names - notes)
  const row = Math.max(body, LINE * Math.max(...lines.map(({ length }) => length)) + 2)
  const middle = (i: number) => row * (i + 0.5)
  const lineOf = (i: number, line: number) => middle(i) + LINE * (line - (lines[i]!.length - 1) / 2)
  return {
    plot,
    row,
    lines,
    top: (i) => middle(i) - body / 2,
    names: { x: -left - GAP, align: 'right', y: middle },
    notes: { x: plot + right + GAP, align: 'left', y: lineOf },
  }
}

function wordsAbove(words: readonly RowWords[], shape: Shape): Placed {
  const { body, width, left = 0, right = 0 } = shape
  const [before, after] = [Math.max(OVERHANG, left), Math.max(OVERHANG, right)]
  const room = width - 2 * PADDING
  const plot = room - before - after
  const long = words.some(
    ({ name, note }) => textWidth(name, LABEL_SIZE) + 2 * GAP + textWidth(note, LABEL_SIZE) > room,
  )
  const lines = words.map(({ note }) => (long ? wrap(note, room, LABEL_SIZE) : [note]))
  /** line of a row in which its note starts */
  const first = long ? 1 : 0
  const height = LINE * (first + Math.max(...lines.map(({ length }) => length)))
  const row = height + body
  const lineOf = (i: number, line: number) => row * i + LINE * (line + 0.5)
  const atLeft = { x: -before, align: 'left' } as const
  const notesAt = long ? atLeft : ({ x: plot + after, align: 'right' } as const)
  return {
    plot,
    row,
    lines,
    top: (i) => row * i + height,
    names: { ...atLeft, y: (i) => lineOf(i, 0) },
    notes: { ...notesAt, y: (i, line) => lineOf(i, line + first) },
  }
}

interface ColumnPlace {
  /** px from the left */
  readonly x: number
  readonly align: 'left' | 'right'
  readonly size?: number
}

/** Labels one below the other, px from the left and the top, with a halo over lines. */
export function wordColumn(
  words: readonly { readonly text: string; readonly y: number; readonly color: string }[],
  at: ColumnPlace,
): Layer[] {
  const data = { values: [...words] }
  const mark = { type: 'text' as const, align: at.align, fontSize: at.size ?? LABEL_SIZE }
  const text = { field: 'text', type: 'nominal' as const }
  const encoding = { x: { value: at.x }, y: PIXEL_Y, text }
  const halo = { fill: LIGHT.paper, stroke: LIGHT.paper, strokeWidth: 4 }
  return [
    { data, mark: { ...mark, ...halo }, encoding },
    { data, mark, encoding: { ...encoding, color: COLOR } },
  ]
}

interface ErrorScale {
  readonly domain: [low: number, high: number]
  readonly type?: 'symlog'
  readonly constant?: number
}

/** An axis of relative errors. */
const axisOf = (
  scale: ErrorScale,
  axis: { title: string; tickCount?: number; values?: number[] },
) => ({
  field: 'low' as const,
  type: 'quantitative' as const,
  scale: { ...scale, nice: false as const },
  axis: { ...axis, labelExpr: SIGNED_PERCENT },
})

export type ErrorAxis = ReturnType<typeof axisOf>

/** Relative errors on both sides of 0, up to `reach`. */
export function errorAxis(reach: number, title: string, tickCount: number): ErrorAxis {
  return axisOf({ domain: [-reach, reach] }, { title, tickCount })
}

/** About linear up to this error, and logarithmic above it. */
const LINEAR = 0.01

/** An axis for errors of very different sizes: 1 % and 500 % are both readable. */
export function logErrorAxis(low: number, high: number, title: string): ErrorAxis {
  const values = [-10, -1, -0.1, 0, 0.1, 1, 10].filter((tick) => tick >= low && tick <= high)
  return axisOf({ type: 'symlog', constant: LINEAR, domain: [low, high] }, { title, values })
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
  const encoding = { x, y: PIXEL_Y, color: COLOR, shape: { ...COLOR, field: 'shape' } }
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
    encoding: { x, x2: { field: 'high' }, y: PIXEL_Y, y2: { field: 'y2' } },
  }
}

export function verdictColor(verdict: Verdict | null): string {
  return verdict === 'FAIL' ? LIGHT.limit : verdict === 'PASS' ? LIGHT.ink : LIGHT.muted
}

/** "Three of 4 scenarios rebuilt, one undecided", or "All 4 scenarios are rebuilt". */
export function passedText(verdicts: readonly Verdict[], noun: string, done: string): string {
  const of = (verdict: Verdict) => verdicts.filter((each) => each === verdict).length
  const all = plural(verdicts.length, noun)
  if (of('PASS') === verdicts.length) return `All ${all} are ${done}`
  const undecided = of('UNDECIDED') === 0 ? '' : `, ${inWords(of('UNDECIDED'))} undecided`
  return `${capitalise(inWords(of('PASS')))} of ${all} ${done}${undecided}`
}

/** "+5.0 % at p50". */
export const errorText = (error: number, p: number) =>
  `${signedPercent(error)} at ${percentileName(p)}`

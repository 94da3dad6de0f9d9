import plotted from 'simple-ascii-chart'

/** Text with a style, as the terminal prints it. */
interface StyledText {
  readonly style: 'blue' | 'yellow' | 'green' | 'magenta' | 'red'
  readonly text: string
}

/** Lines of a plot; without colours they still tell its curves apart. */
export type PlotText = readonly (string | StyledText)[]

export type Point = readonly [x: number, y: number]

/** How a curve is drawn: its lines, and its colour. */
interface Look {
  readonly style: StyledText['style']
  /** for ━ ┃ ┏ ┓ ┗ ┛ in this order */
  readonly glyphs: string
}

const LOOKS = {
  heavy: { style: 'blue', glyphs: '━┃┏┓┗┛' },
  light: { style: 'yellow', glyphs: '─│┌┐└┘' },
  double: { style: 'green', glyphs: '═║╔╗╚╝' },
  dots: { style: 'magenta', glyphs: '······' },
  limit: { style: 'red', glyphs: '╌╌╌╌╌╌' },
} as const satisfies Record<string, Look>

type LookName = keyof typeof LOOKS

export interface Curve {
  readonly name: string
  readonly look: LookName
  readonly points: readonly Point[]
}

interface Plot {
  readonly title: string
  /** later ones are drawn over earlier ones */
  readonly curves: readonly Curve[]
  /** columns of the terminal, and rows of the plot itself */
  readonly width: number
  readonly height: number
  readonly yRange: readonly [number, number]
  readonly xTicks: readonly Tick[]
  readonly yTicks: readonly Tick[]
}

export interface Tick {
  readonly at: number
  readonly text: string
}

/** Width of the labels beside the plot. */
const LABELS = 8
/** Columns of the axis and behind the plot. */
const AXIS = 3
/** Plots are drawn at least so wide. */
const NARROWEST = 20

/** Columns that the curves of a plot have. */
export const plotColumns = (width: number) => Math.max(NARROWEST, width - LABELS - AXIS)

const DRAWN = '━┃┏┓┗┛'
const SPACE = ' '
/** Fills labels to one width, so that the axes of all plots stand below each other. */
const FILL = '_'

/** Curves on common axes, with their names above them. */
export function plotText(plot: Plot): PlotText {
  const { title, curves } = plot
  const names = curves.flatMap(({ name, look }, i): (string | StyledText)[] => [
    i === 0 ? '' : '   ',
    { style: LOOKS[look].style, text: `${LOOKS[look].glyphs[0]} ${name}` },
  ])
  const margin = SPACE.repeat(LABELS + 1)
  return [title, '\n', margin, ...names, '\n', ...joined(overlaid(plot))]
}

/** A cell: what stands there, and the curve that it belongs to; null for the axes. */
interface Cell {
  readonly glyph: string
  readonly look: LookName | null
}

/** Each curve drawn alone and laid over those before it: the library mixes curves that meet. */
function overlaid(plot: Plot): Cell[][] {
  const xs = plot.curves.flatMap(({ points }) => points.map(([x]) => x))
  const [first, last] = [Math.min(...xs), Math.max(...xs)]
  const drawings = plot.curves.map((curve) => drawnAlone(curve, plot, [first, last]))
  const [rows = [], ...others] = drawings
  for (const drawing of others) {
    drawing.forEach((row, i) => {
      row.forEach((cell, j) => {
        if (cell.look !== null) rows[i]![j] = cell
      })
    })
  }
  return rows
}

/** The library marks series with colours: that of the curve, and one of the ends of the axis. */
const [CURVE, ENDS] = ['31', '32'] as const

function drawnAlone(curve: Curve, plot: Plot, [first, last]: readonly [number, number]): Cell[][] {
  const { width, height, yRange, xTicks, yTicks } = plot
  const labelOf = (ticks: readonly Tick[], value: number) =>
    ticks.find(({ at }) => Math.abs(at - value) < 1e-9)?.text ?? ''
  const points = curve.points.map(([x, y]): [number, number] => [x, y])
  // a point at either end that the curve does not reach, so that every curve gets the same axis
  const ends = [first, last]
    .filter((end) => points.every(([x]) => x !== end))
    .map((x): [number, number][] => [[x, yRange[1]]])
  const drawn = plotted([points, ...ends], {
    width: plotColumns(width),
    height,
    yRange: [...yRange],
    color: ['ansiRed', 'ansiGreen', 'ansiGreen'],
    customXAxisTicks: xTicks.map(({ at }) => at),
    customYAxisTicks: yTicks.map(({ at }) => at),
    formatter: (value, { axis }) =>
      axis === 'x' ? labelOf(xTicks, value) : labelOf(yTicks, value).padStart(LABELS, FILL),
  })
  // the first lines are empty or hold the arrow of the axis only
  const lines = drawn.split('\n').filter((line) => /[^\s▲]/.test(line))
  return lines.map((line) => cellsOf(line.replaceAll(FILL, SPACE), curve.look))
}

const BLANK: Cell = { glyph: SPACE, look: null }

/** The characters of a line without the colours. */
function cellsOf(line: string, look: LookName): Cell[] {
  const esc = String.fromCharCode(27)
  const cell = new RegExp(`${esc}\\[(\\d+)m(.)${esc}\\[0m|(.)`, 'gu')
  return [...line.matchAll(cell)].map(([, color, colored, plain]) => {
    if (color === ENDS) return BLANK
    if (color !== CURVE) return { glyph: plain!, look: null }
    return { glyph: LOOKS[look].glyphs[DRAWN.indexOf(colored!)] ?? colored!, look }
  })
}

/** Lines of cells as text; neighbours of one curve are one piece. */
function joined(rows: readonly (readonly Cell[])[]): PlotText {
  return rows.flatMap((row, i) => {
    const parts: (string | StyledText)[] = i === 0 ? [] : ['\n']
    const end = row.findLastIndex(({ glyph }) => glyph !== SPACE) + 1
    for (let j = 0; j < end; ) {
      const { look } = row[j]!
      let text = ''
      while (j < end && row[j]!.look === look) text += row[j++]!.glyph
      parts.push(look === null ? text : { style: LOOKS[look].style, text })
    }
    return parts
  })
}

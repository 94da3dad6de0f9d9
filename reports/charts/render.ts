import { existsSync } from 'node:fs'
import type { TopLevelSpec } from 'vega-lite'
import { visible } from '../../scenarios/index.ts'
import { textWidth } from './text-width.ts'

interface TextItem {
  readonly fontSize?: number
  readonly fontWeight?: string | number
}

type Vega = typeof import('vega')

/**
 * Without a canvas Vega assumes 0.8 em for each character, which pads pictures at the right and
 * drops axis labels. The width can be supplied (as vl-convert does), but the types lack it.
 */
function supplyTextWidths(vega: Vega): void {
  if (!('textMetrics' in vega)) throw new Error('Expected vega to export `textMetrics`')
  Object.assign(vega.textMetrics as object, {
    width: ({ fontSize = 11, fontWeight }: TextItem, text: unknown) =>
      textWidth(String(text ?? ''), fontSize, fontWeight === 'bold' || Number(fontWeight) >= 600),
  })
}

/**
 * Draws a chart as SVG text, without a browser or canvas. The first call loads Vega, which takes
 * longer than all other modules of a command.
 */
export async function toSvg(spec: TopLevelSpec): Promise<string> {
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')])
  supplyTextWidths(vega)
  const view = new vega.View(vega.parse(compile(spec).spec), { renderer: 'none' })
  try {
    const svg = await view.toSVG()
    // adjacent cells of a heat map would show hairlines between them
    const crisp = '<g shape-rendering="crispEdges" class="mark-rect'
    // the picture has one name as a whole: roles within it would each need one
    const plain = svg.replace(/ role="graphics-\w+"| aria-roledescription="[^"]*"/g, '')
    // XML cannot represent most control characters
    return visible(plain).replaceAll('<g class="mark-rect', crisp)
  } finally {
    view.finalize()
  }
}

const FONT_FOLDERS = [
  '/usr/share/fonts/truetype/dejavu',
  '/usr/share/fonts/dejavu-sans-fonts',
  '/usr/share/fonts/TTF',
]
const FONT_FILES = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf']

/** Draws a chart as PNG; the fonts are named so that the picture does not depend on settings. */
export async function toPng(spec: TopLevelSpec): Promise<Uint8Array> {
  // its loader finds the C library in a report of Node, which lists the network interfaces, too
  if (process.report) Object.assign(process.report, { excludeNetwork: true })
  const [svg, { Resvg }] = await Promise.all([toSvg(spec), import('@resvg/resvg-js')])
  const fontFiles = FONT_FOLDERS.flatMap((folder) =>
    FONT_FILES.map((file) => `${folder}/${file}`),
  ).filter((file) => existsSync(file))
  const image = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: 2 },
    font: { fontFiles, loadSystemFonts: fontFiles.length === 0, defaultFontFamily: 'DejaVu Sans' },
  })
  return image.render().asPng()
}

import type { Config } from 'vega-lite'

/**
 * Every colour of a report by role, in the light and the dark theme. Blue, orange and teal are
 * distinguishable for the colour-blind and in grey print. Each has a contrast of at least 4.5 to
 * paper, except the lighter ones of memory, which carry text in ink colour.
 */
const COLORS = {
  paper: ['#ffffff', '#14181d'],
  ink: ['#1f2933', '#e6eaee'],
  muted: ['#616e7c', '#a3afbb'],
  grid: ['#e4e7eb', '#2d353d'],
  simulated: ['#2b5fa3', '#7fb0f0'],
  measured: ['#c0561a', '#f0935a'],
  limit: ['#b3261e', '#ff8078'],
  prediction: ['#1a7f7a', '#4fc3bb'],
  sendDelay: ['#6f7a86', '#aab4be'],
  queue: ['#8250a8', '#c49be6'],
  batchWait: ['#946a00', '#e0b34a'],
  service: ['#2e7d5b', '#6fcfa2'],
  overhead: ['#47525e', '#8794a1'],
  // kinds of memory, from dark to light
  weights: ['#28323d', '#d5dce4'],
  activation: ['#17705d', '#58c4ab'],
  cache: ['#94609f', '#c79bd3'],
  pattern: ['#7cc0ae', '#2f7d6c'],
  prefix: ['#ccb0d4', '#6d4a78'],
  staging: ['#e3c065', '#7a5f14'],
  free: ['#dce2e8', '#2b333b'],
} as const

export type Palette = Readonly<Record<keyof typeof COLORS, string>>

function palette(theme: 0 | 1): Palette {
  const roles = Object.entries(COLORS).map(([role, colors]) => [role, colors[theme]])
  return Object.freeze(Object.fromEntries(roles))
}

/** The palette of charts. */
export const LIGHT = palette(0)
export const DARK = palette(1)

/** Lines of several systems in one chart; dashes tell apart what looks alike in print. */
export const LINE_STYLES = [
  { color: LIGHT.ink, strokeDash: [1, 0] },
  { color: LIGHT.prediction, strokeDash: [1, 0] },
  { color: LIGHT.queue, strokeDash: [7, 3] },
  { color: LIGHT.batchWait, strokeDash: [2, 2] },
  { color: LIGHT.service, strokeDash: [9, 3, 2, 3] },
  { color: LIGHT.overhead, strokeDash: [4, 4] },
  { color: LIGHT.sendDelay, strokeDash: [9, 2] },
  { color: LIGHT.weights, strokeDash: [1, 3] },
] as const

/** DejaVu Sans and Verdana have equal widths; the other fonts are narrower, so nothing collides. */
export const FONT = 'DejaVu Sans, Verdana, Liberation Sans, Arial, sans-serif'

export const TITLE_SIZE = 15
export const SUBTITLE_SIZE = 12
export const LABEL_SIZE = 12

/** The one Vega theme: light grid, no axis line, no border, titles at the left edge. */
export const THEME: Config = {
  background: LIGHT.paper,
  font: FONT,
  padding: 10,
  aria: false,
  view: { stroke: null },
  title: {
    anchor: 'start',
    frame: 'bounds',
    color: LIGHT.ink,
    fontSize: TITLE_SIZE,
    fontWeight: 'bold',
    lineHeight: 20,
    subtitleColor: LIGHT.muted,
    subtitleFontSize: SUBTITLE_SIZE,
    subtitleLineHeight: 16,
    subtitlePadding: 4,
    offset: 14,
  },
  axis: {
    domain: false,
    ticks: false,
    gridColor: LIGHT.grid,
    labelColor: LIGHT.muted,
    labelFontSize: 11,
    labelPadding: 6,
    labelFlush: false,
    titleColor: LIGHT.ink,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titlePadding: 8,
  },
  axisY: { minExtent: 32 },
}

/**
 * CSS that changes a light chart to the dark palette. Any CSS rule overrides presentation
 * attributes, so one drawing serves both themes.
 */
export function darkRules(scope: string): string {
  return (Object.keys(LIGHT) as (keyof Palette)[])
    .map(
      (role) =>
        `${scope} [fill="${LIGHT[role]}"]{fill:${DARK[role]}}` +
        `${scope} [stroke="${LIGHT[role]}"]{stroke:${DARK[role]}}`,
    )
    .join('\n')
}

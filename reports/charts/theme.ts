import type { Config } from 'vega-lite'

/** Every colour of a report, by role: the light and the dark theme have the same roles. */
export interface Palette {
  readonly paper: string
  readonly ink: string
  readonly muted: string
  readonly grid: string
  readonly simulated: string
  readonly measured: string
  readonly limit: string
  readonly prediction: string
  readonly sendDelay: string
  readonly queue: string
  readonly batchWait: string
  readonly service: string
  readonly overhead: string
  /** kinds of memory, from dark to light */
  readonly weights: string
  readonly activation: string
  readonly cache: string
  readonly pattern: string
  readonly prefix: string
  readonly staging: string
  readonly free: string
}

/**
 * The palette of charts. Blue, orange and teal are distinguishable for the colour-blind and in grey
 * print. Each has a contrast of at least 4.5 to paper, except the lighter ones of memory, which
 * carry text in ink colour.
 */
export const LIGHT: Palette = Object.freeze({
  paper: '#ffffff',
  ink: '#1f2933',
  muted: '#616e7c',
  grid: '#e4e7eb',
  simulated: '#2b5fa3',
  measured: '#c0561a',
  limit: '#b3261e',
  prediction: '#1a7f7a',
  sendDelay: '#6f7a86',
  queue: '#8250a8',
  batchWait: '#946a00',
  service: '#2e7d5b',
  overhead: '#47525e',
  weights: '#28323d',
  activation: '#17705d',
  cache: '#94609f',
  pattern: '#7cc0ae',
  prefix: '#ccb0d4',
  staging: '#e3c065',
  free: '#dce2e8',
})

export const DARK: Palette = Object.freeze({
  paper: '#14181d',
  ink: '#e6eaee',
  muted: '#a3afbb',
  grid: '#2d353d',
  simulated: '#7fb0f0',
  measured: '#f0935a',
  limit: '#ff8078',
  prediction: '#4fc3bb',
  sendDelay: '#aab4be',
  queue: '#c49be6',
  batchWait: '#e0b34a',
  service: '#6fcfa2',
  overhead: '#8794a1',
  weights: '#d5dce4',
  activation: '#58c4ab',
  cache: '#c79bd3',
  pattern: '#2f7d6c',
  prefix: '#6d4a78',
  staging: '#7a5f14',
  free: '#2b333b',
})

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

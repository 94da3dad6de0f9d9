import type { TopLevelSpec } from 'vega-lite'
import type { Uncertainty } from '../../../sim/documents/index.ts'
import { estimateText, percent } from '../../format.ts'
import { type Answer, answerName } from '../../tables/uncertainty-answers.ts'
import { causesOf } from '../../tables/uncertainty-sentences.ts'
import { frame, keyWords, type Layer, PERCENT, type Sides, subject } from '../frame.ts'
import { intervalMarks, labels, linear, PIXEL_Y } from '../plot.ts'
import { LIGHT } from '../theme.ts'
import { cutInput, fitting, uncertainSide, wholeWidth } from './uncertain-side.ts'

/** Height of a row, of its bar, and of the name of an answer, px. */
const ROW = 38
const BAR = 12
const HEAD = 24
/** Inputs of an answer that are drawn, the largest first. */
const MOST_INPUTS = 8
/** Inputs that surely have less are left out. */
const LEAST = 0.01

interface Bar {
  readonly name: string
  readonly text: string
  readonly color: string
  readonly value: number
  /** null without an interval */
  readonly ends: { readonly low: number; readonly high: number } | null
  /** with others; null where that is not stated */
  readonly total: number | null
}

/** Parts of the variance of an answer that inputs have; null where nothing is uncertain. */
export function inputShares(sides: Sides, width: number): TopLevelSpec | null {
  const side = uncertainSide(sides)
  const answers = side?.uncertainty.answers.filter(({ effects }) => effects.length > 0) ?? []
  const [first] = answers
  if (side === null || first === undefined) return null
  const wide = wholeWidth(width)
  const x = linear('low', [0, 1], {
    title: 'share of the variance',
    labelExpr: PERCENT,
    tickCount: 5,
  })
  const layers: Layer[] = []
  let y = 0
  for (const answer of answers) {
    layers.push(...head(fitting(answerName(answer), '', 0.85 * wide), y))
    y += HEAD
    for (const bar of barsOf(answer)) {
      layers.push(...row(bar, y, { wide, x }))
      y += ROW
    }
  }
  const keys = [
    { name: 'alone', color: LIGHT.simulated },
    ...(hasTotals(answers) ? [{ name: 'with others', color: LIGHT.prediction }] : []),
  ]
  const title = causesOf(first, side.uncertainty, cutInput)
  return {
    ...frame(title, subtitle(side.sides, side.uncertainty, answers), width),
    width: wide,
    height: y,
    layer: [...layers, ...keyWords(keys, width)],
  }
}

function barsOf({ effects, together }: Answer): Bar[] {
  const notable = effects
    .filter(({ share, total }) => Math.max(share.high, total?.value ?? 0) >= LEAST)
    .toSorted((a, b) => b.share.value - a.share.value)
    .slice(0, MOST_INPUTS)
  const bars = notable.map(
    ({ input, share, total }): Bar => ({
      name: input,
      text: estimateText({ ...share, n: 1 }, 'share'),
      color: LIGHT.simulated,
      value: share.value,
      ends: share,
      total: total?.value ?? null,
    }),
  )
  if (together === null || together < LEAST) return bars
  const none = { name: 'no input alone', text: percent(together, 0.03), color: LIGHT.muted }
  return [...bars, { ...none, value: together, ends: null, total: null }]
}

const hasTotals = (answers: readonly Answer[]) =>
  answers.some(({ effects }) => effects.some(({ total }) => total !== undefined))

/** The name of an answer above its rows. */
const head = (text: string, y: number): Layer[] =>
  labels([{ x: 0, y: y + HEAD / 2, text, color: LIGHT.ink }], { align: 'left', bold: true })

/** Name and share, and below them the bar with its interval. */
function row(
  { name, text, color, value, ends, total }: Bar,
  y: number,
  { wide, x }: { readonly wide: number; readonly x: ReturnType<typeof linear> },
): Layer[] {
  const middle = y + ROW - BAR
  const bar = (high: number, fill: string, half: number, opacity: number): Layer => ({
    data: { values: [{ low: 0, high, y: middle - half, y2: middle + half }] },
    mark: { type: 'rect', color: fill, opacity },
    encoding: { x, x2: { field: 'high' }, y: PIXEL_Y, y2: { field: 'y2' } },
  })
  const interval = ends === null ? [] : [{ ...ends, y: middle, color: LIGHT.ink }]
  return [
    ...(total === null ? [] : [bar(total, LIGHT.prediction, BAR / 2, 0.35)]),
    bar(value, color, BAR / 2, 0.8),
    ...intervalMarks(x, interval, [], 1),
    ...labels([{ x: 0, y: y + 9, text: fitting(name, text, wide), color: LIGHT.ink }], {
      align: 'left',
    }),
    ...labels([{ x: wide, y: y + 9, text, color: LIGHT.ink }], { align: 'right' }),
  ]
}

function subtitle(
  sides: Sides,
  { draws, replications }: Uncertainty,
  answers: readonly Answer[],
): string {
  return [
    subject(sides),
    `${draws} draws of the inputs with ${replications} replications each`,
    'bars: what an input has alone, with 95 %',
    ...(hasTotals(answers) ? ['lighter: with what it has together with others'] : []),
  ].join(' · ')
}

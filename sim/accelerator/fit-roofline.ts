import { exp, log, type Random } from '../kernel/index.ts'
import { type Move, patternSearch } from './pattern-search.ts'
import { type PassTime, passMs, passTime, type RooflineCard } from './roofline.ts'
import type { KernelGroup } from './transformer-work.ts'

/** A pass on a card: its work, and what the datasheet has of the card. */
export interface PassOnCard {
  readonly groups: readonly KernelGroup[]
  readonly tokens: number
  readonly bandwidthGbS: number
  /** peak at the precision, TFLOP/s */
  readonly tflops: number
  /** passes with the same name share a compute efficiency */
  readonly precision: string
  /** passes with the same name share a launch time */
  readonly kernels: string
  /** further kernels, whose knee is that of the roofline, each with its own number of tokens */
  readonly sharpParts?: readonly {
    readonly groups: readonly KernelGroup[]
    readonly tokens: number
  }[]
  /** time that no efficiency changes, such as an exchange between cards, ms; by default 0 */
  readonly fixedMs?: number
  /** where the pass is, by dimension, to tell where a fit extrapolates: batch, length, tokens */
  readonly at: Readonly<Record<string, number>>
}

export interface MeasuredPass extends PassOnCard {
  readonly ms: number
}

/** Which of the optional parameters are fitted; the others have no effect. */
export interface RooflineShape {
  /** compute efficiency falls in small passes */
  readonly saturation: boolean
  /** the knee is rounded */
  readonly soft: boolean
}

type Range = readonly [low: number, high: number]

/** A fitted roofline. */
export interface RooflineFit {
  /** by kernels, µs */
  readonly launchUs: Readonly<Record<string, number>>
  /** by precision */
  readonly computeEfficiency: Readonly<Record<string, number>>
  readonly memoryEfficiency: number
  readonly halfTokens: number
  readonly sharpness: number
  /** fitted range of each dimension */
  readonly ranges: Readonly<Record<string, Range>>
}

/** A parameter by its usual value, the scatter of its logarithm, and its largest value. */
interface Prior {
  readonly usual: number
  readonly scatter: number
  readonly most: number
}

/**
 * Rough values and how widely cards and libraries scatter about them; only parameters that the rows
 * leave open stay near them. Efficiencies end at 1.
 */
const PRIORS = {
  launchUs: { usual: 5, scatter: 1.5, most: 1000 },
  computeEfficiency: { usual: 0.5, scatter: 0.7, most: 1 },
  memoryEfficiency: { usual: 0.7, scatter: 0.4, most: 1 },
  halfTokens: { usual: 100, scatter: 1, most: 10_000 },
  sharpness: { usual: 2, scatter: 1, most: 50 },
} as const satisfies Readonly<Record<string, Prior>>

type Parameter = keyof typeof PRIORS
const PARAMETERS = Object.keys(PRIORS) as Parameter[]

/** The value of each parameter that a fit stays near where the rows leave it open. */
export type UsualValues = Readonly<Record<Parameter, number>>

const valuesOf = (of: (parameter: Parameter) => number) =>
  Object.fromEntries(PARAMETERS.map((name) => [name, of(name)])) as UsualValues

const USUAL = valuesOf((name) => PRIORS[name].usual)

/** Usual values as far off as those of cards and libraries are. */
export const drawnUsual = (random: Random): UsualValues =>
  valuesOf((name) => {
    const { usual, scatter, most } = PRIORS[name]
    return Math.min(most, usual * exp(scatter * random.normal()))
  })

/** A logarithmic error of this size in one row costs as much as a parameter one scatter away. */
const PRIOR_WEIGHT = 0.1

const FACTORS = [1.6, 1.25, 1.1, 1.03, 1.01, 1.003, 1.001]
const TOLERANCE = 1e-5

type Values = readonly number[]

/** Of parameters that are not fitted. */
const NOT_FITTED = { memoryEfficiency: 1, halfTokens: 0, sharpness: Number.POSITIVE_INFINITY }

export interface RooflineOptions {
  /** a fit of the same shape to other rows, from which it searches; default: usual values */
  readonly start?: RooflineFit | undefined
  readonly usual?: UsualValues
}

/** Fits a roofline to measured passes: least squares of logarithmic errors. */
export function fitRoofline(
  rows: readonly MeasuredPass[],
  shape: RooflineShape,
  { start, usual: usualValues = USUAL }: RooflineOptions = {},
): RooflineFit {
  if (rows.length === 0) throw new Error('Expected at least one measured pass, got none')
  const named = namesOf(rows, shape)
  const priors = named.map(([of]) => ({ ...PRIORS[of], usual: usualValues[of] }))
  const passes = rows.map((row) => new FittedPass(row, named))
  const misfit = (values: Values) => {
    let sum = 0
    for (const pass of passes) sum += log(pass.timeAt(values) / pass.measured) ** 2
    values.forEach((value, i) => {
      const { usual, scatter } = priors[i]!
      sum += ((PRIOR_WEIGHT * log(value / usual)) / scatter) ** 2
    })
    return sum
  }
  const from = named.map(([of, key], i) => fittedValue(start, of, key) ?? priors[i]!.usual)
  const moves = movesOf(priors)
  const { best } = patternSearch(from, misfit, { moves, factors: FACTORS, tolerance: TOLERANCE })
  return fitOf(named, best, rangesOf(rows))
}

type ChangingCard = { -readonly [K in keyof RooflineCard]-?: RooflineCard[K] }

/** A measured pass under changing values: a search asks for its time a million times. */
class FittedPass {
  readonly measured: number
  readonly #row: MeasuredPass
  readonly #card: ChangingCard
  readonly #sharp: ChangingCard
  /** places of its parameters among the values; -1 where one is not fitted */
  readonly #places: Readonly<Record<Parameter, number>>

  constructor(row: MeasuredPass, named: readonly Named[]) {
    const placeOf = (of: Parameter, key = '') =>
      named.findIndex((name) => name[0] === of && name[1] === key)
    this.measured = row.ms
    this.#row = row
    const { bandwidthGbS, tflops } = row
    this.#card = { bandwidthGbS, tflops, ...NOT_FITTED, launchUs: 0, computeEfficiency: 0 }
    this.#sharp = { ...this.#card, sharpness: Number.POSITIVE_INFINITY }
    this.#places = {
      launchUs: placeOf('launchUs', row.kernels),
      computeEfficiency: placeOf('computeEfficiency', row.precision),
      memoryEfficiency: placeOf('memoryEfficiency'),
      halfTokens: placeOf('halfTokens'),
      sharpness: placeOf('sharpness'),
    }
  }

  /** ms */
  timeAt(values: Values): number {
    const { groups, tokens, sharpParts, fixedMs = 0 } = this.#row
    this.#set(this.#card, values)
    if (this.#places.sharpness >= 0) this.#card.sharpness = values[this.#places.sharpness]!
    let ms = passMs(this.#card, groups, tokens) + fixedMs
    if (sharpParts === undefined) return ms
    this.#set(this.#sharp, values)
    for (const part of sharpParts) ms += passMs(this.#sharp, part.groups, part.tokens)
    return ms
  }

  #set(card: ChangingCard, values: Values): void {
    const { launchUs, computeEfficiency, memoryEfficiency, halfTokens } = this.#places
    card.launchUs = values[launchUs]!
    card.computeEfficiency = values[computeEfficiency]!
    card.memoryEfficiency = values[memoryEfficiency]!
    if (halfTokens >= 0) card.halfTokens = values[halfTokens]!
  }
}

function fittedValue(fit: RooflineFit | undefined, of: Parameter, key: string): number | undefined {
  const value = fit?.[of]
  return typeof value === 'object' ? value[key] : value
}

type Named = readonly [of: Parameter, key: string]

function namesOf(rows: readonly MeasuredPass[], { saturation, soft }: RooflineShape): Named[] {
  const all = <T extends Parameter>(of: T, keys: readonly string[]) =>
    [...new Set(keys)].map((key): Named => [of, key])
  return [
    ...all(
      'launchUs',
      rows.map(({ kernels }) => kernels),
    ),
    ...all(
      'computeEfficiency',
      rows.map(({ precision }) => precision),
    ),
    ...all('memoryEfficiency', ['']),
    ...all('halfTokens', saturation ? [''] : []),
    ...all('sharpness', soft ? [''] : []),
  ]
}

/** Each parameter by a factor, and each pair of them, together or against each other. */
function movesOf(priors: readonly Prior[]): Move<Values>[] {
  const scaled = (values: Values, i: number, by: number) =>
    values.map((value, j) => (j === i ? Math.min(priors[i]!.most, value * by) : value))
  const moves: Move<Values>[] = []
  priors.forEach((_, i) => {
    moves.push((values, by) => scaled(values, i, by))
    for (let j = 0; j < i; j++) {
      moves.push((values, by) => scaled(scaled(values, i, by), j, by))
      moves.push((values, by) => scaled(scaled(values, i, by), j, 1 / by))
    }
  })
  return moves
}

function fitOf(
  named: readonly Named[],
  values: Values,
  ranges: RooflineFit['ranges'],
): RooflineFit {
  const fit = {
    launchUs: {} as Record<string, number>,
    computeEfficiency: {} as Record<string, number>,
    ...NOT_FITTED,
  }
  named.forEach(([of, key], i) => {
    if (of === 'launchUs' || of === 'computeEfficiency') fit[of][key] = values[i]!
    else fit[of] = values[i]!
  })
  return { ...fit, ranges }
}

function rangesOf(rows: readonly MeasuredPass[]): Record<string, Range> {
  const ranges: Record<string, Range> = {}
  for (const { at } of rows) {
    for (const [dimension, value] of Object.entries(at)) {
      const [low, high] = ranges[dimension] ?? [value, value]
      ranges[dimension] = [Math.min(low, value), Math.max(high, value)]
    }
  }
  return ranges
}

/** The card of a pass with fitted efficiencies; its kernels and precision must have been fitted. */
export function fittedCard(fit: RooflineFit, pass: PassOnCard): RooflineCard {
  const { bandwidthGbS, tflops, precision, kernels } = pass
  const { memoryEfficiency, halfTokens, sharpness } = fit
  const launchUs = fit.launchUs[kernels]
  const computeEfficiency = fit.computeEfficiency[precision]
  if (launchUs === undefined || computeEfficiency === undefined) {
    throw new Error(`Expected fitted kernels and precision, got ${kernels} and ${precision}`)
  }
  const efficiencies = { computeEfficiency, memoryEfficiency, halfTokens, sharpness }
  return { bandwidthGbS, tflops, launchUs, ...efficiencies }
}

/** A predicted pass. */
export interface PassPrediction extends PassTime {
  /** dimensions in which the pass is outside the fitted rows: the fit extrapolates */
  readonly outside: readonly string[]
}

export function predictPass(fit: RooflineFit, pass: PassOnCard): PassPrediction {
  const time = timeOf(fit, pass)
  const outside = Object.entries(pass.at).filter(([dimension, value]) => {
    const range = fit.ranges[dimension]
    return range === undefined || value < range[0] || value > range[1]
  })
  return { ...time, outside: outside.map(([dimension]) => dimension) }
}

function timeOf(fit: RooflineFit, pass: PassOnCard): PassTime {
  const card = fittedCard(fit, pass)
  const { groups, tokens, sharpParts = [], fixedMs = 0 } = pass
  let { ms, launchMs, computeMs, memoryMs } = passTime(card, groups, tokens)
  ms += fixedMs
  const sharp = { ...card, sharpness: Number.POSITIVE_INFINITY }
  for (const part of sharpParts) {
    const time = passTime(sharp, part.groups, part.tokens)
    ms += time.ms
    launchMs += time.launchMs
    computeMs += time.computeMs
    memoryMs += time.memoryMs
  }
  return { ms, launchMs, computeMs, memoryMs }
}

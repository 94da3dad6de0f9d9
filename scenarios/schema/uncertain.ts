/** What is not known of a number: how it is written, and the law that it follows. */

/** A width as a scenario states it. */
export type StatedWidth =
  | string
  | readonly number[]
  | { readonly distribution: 'uniform' | 'log-uniform'; readonly min: number; readonly max: number }
  | { readonly distribution: 'lognormal'; readonly median: number; readonly p99: number }
  | {
      readonly distribution: 'quantiles'
      readonly quantiles: readonly (readonly [probability: number, value: number])[]
    }

/** The law of a number that is not known. */
export type UncertainLaw =
  | { readonly law: 'normal'; readonly mean: number; readonly deviation: number }
  /** `deviation`: of the logarithm */
  | { readonly law: 'lognormal'; readonly median: number; readonly deviation: number }
  | { readonly law: 'uniform' | 'log-uniform'; readonly low: number; readonly high: number }
  | {
      readonly law: 'quantiles'
      readonly quantiles: readonly (readonly [probability: number, value: number])[]
    }

/** A Sobol sequence has no more dimensions here. */
export const MOST_INPUTS = 40

/** The key of `uncertain` that adds the inputs of sources, and its value. */
export const SOURCES = 'sources'
export const INCLUDED = 'included'

/** What states how wide an input is. */
export const INPUT_SOURCES = [
  'scenario',
  'fit',
  'transfer',
  'catalogue',
  'benchmark',
  'profile',
] as const
export type InputSource = (typeof INPUT_SOURCES)[number]

/** An input of a scenario that is not known. */
export interface UncertainInput {
  /**
   * its path as in `--set`, `speed of NAME`, `traffic`, `traffic of CLASS`, `lengths`, `lengths of
   * CLASS`, `idle cost of NAME`, or `laws of NAME`
   */
  readonly name: string
  /** the model whose speed it is; null for any other input */
  readonly model: string | null
  /** as the scenario states it; a factor is 1, and the stated one of laws is at 0 */
  readonly value: number
  /** whether it is a whole number: draws are rounded */
  readonly whole: boolean
  readonly law: UncertainLaw
  /** what states its width; absent where the scenario does */
  readonly source?: Exclude<InputSource, 'scenario'>
  /** of a speed whose width a source states, which times it is of: those of others are another */
  readonly times?: string
  /**
   * Where the input is which of several laws a model follows: the overrides of each, of which the
   * stated one has none. A draw is a place among them, from -0.5 to 0.5.
   */
  readonly laws?: readonly (readonly string[])[]
  /** of an input of a calibrated profile, what it multiplies */
  readonly measured?: MeasuredPart
  /** of a factor of traffic or lengths, what it multiplies */
  readonly ofTraffic?: TrafficPart
}

/** A part of the traffic, which an input multiplies. */
export interface TrafficPart {
  readonly part: 'rates' | 'lengths'
  /** null for all classes */
  readonly class: string | null
}

/** A part of a model's profile, which an input multiplies. */
export interface MeasuredPart {
  /** of the model in the profile */
  readonly key: string
  readonly part: 'speed' | 'idle'
}

const NUMBER = '[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:e[+-]?\\d+)?'
const WIDTH = new RegExp(`^(?:±|\\+/?-)?\\s*(${NUMBER})\\s*(%?)$`, 'i')
const NUMBER_AND_WIDTH = new RegExp(`^(${NUMBER})\\s*(?:±|\\+/?-)\\s*(${NUMBER})\\s*(%?)$`, 'i')

/** Longer texts are none. */
const LONGEST = 100

/** A width around a number, as it was read. */
interface Width {
  readonly size: number
  /** whether it is a share of the number, 0.1 for `± 10 %` */
  readonly relative: boolean
}

/** Reads `± 10 %`, `10 %` or `± 2`; null for another text, and for a width that is not above 0. */
export function readWidth(text: string): Width | null {
  const match = text.length > LONGEST ? null : WIDTH.exec(text.trim())
  if (match === null) return null
  return widthOf(match[1]!, match[2]!)
}

/** Reads `12 ± 10 %` or `12 ± 2`; null for another text, and for a width that is not above 0. */
export function readNumberAndWidth(
  text: string,
): { readonly value: number; readonly width: string } | null {
  const match = text.length > LONGEST ? null : NUMBER_AND_WIDTH.exec(text.trim())
  if (match === null) return null
  const [, value, size, sign] = match
  const width = `± ${size}${sign === '%' ? ' %' : ''}`
  return readWidth(width) === null ? null : { value: Number(value), width }
}

function widthOf(size: string, sign: string): Width | null {
  const relative = sign === '%'
  const value = Number(size) / (relative ? 100 : 1)
  return value > 0 && value <= 1e12 ? { size: value, relative } : null
}

/** Quantiles of the standard normal distribution. */
const AT_75 = 0.6744897501960817
const AT_97_5 = 1.959963984540054
const AT_99 = 2.3263478740408408
const AT_99_9 = 3.090232306167813

/** Probabilities beyond which nothing is drawn, so that every draw is within known ends. */
export const DRAWN = [0.001, 0.999] as const

/**
 * The law of a number with a width; a sentence where it has none. A width holds 95 %: `± 10 %` is
 * lognormal, so the middle 95 % are from value / 1.1 to value · 1.1, and `± 2` is normal. A range
 * is uniform.
 */
export function lawOf(stated: StatedWidth, value: number): UncertainLaw | string {
  if (typeof stated === 'string') return aroundValue(readWidth(stated)!, value)
  if ('distribution' in stated) return distributionOf(stated)
  const [low, high] = stated as readonly [number, number]
  return { law: 'uniform', low, high }
}

function aroundValue({ size, relative }: Width, value: number): UncertainLaw | string {
  if (!relative) return { law: 'normal', mean: value, deviation: size / AT_97_5 }
  if (!(value > 0)) return 'a width without %, or a range, as the number is not above 0'
  return { law: 'lognormal', median: value, deviation: Math.log(1 + size) / AT_97_5 }
}

function distributionOf(stated: Exclude<StatedWidth, string | readonly number[]>) {
  switch (stated.distribution) {
    case 'uniform':
    case 'log-uniform': {
      const { distribution: law, min: low, max: high } = stated
      return low < high ? { law, low, high } : 'a `max` above `min`'
    }
    case 'lognormal': {
      const { median, p99 } = stated
      if (!(p99 > median)) return 'a `p99` above `median`'
      return { law: 'lognormal' as const, median, deviation: Math.log(p99 / median) / AT_99 }
    }
    case 'quantiles': {
      const { quantiles } = stated
      const rises = quantiles.every(([p, at], i) => {
        const [before, lower] = quantiles[i - 1] ?? [-1, Number.NEGATIVE_INFINITY]
        return p > before && at >= lower
      })
      const whole = quantiles[0]![0] === 0 && quantiles.at(-1)![0] === 1
      const varies = quantiles[0]![1] < quantiles.at(-1)![1]
      if (!rises || !whole || !varies) return 'quantiles that rise, from probability 0 to 1'
      return { law: 'quantiles' as const, quantiles }
    }
  }
}

/** The widest share that a factor may be off: ends of a wider law are no speeds any more. */
export const MOST_WIDTH = 50

/** The law of a factor around 1, of which 95 % is within a share: 0.1 for ± 10 %. */
export const factorWithin = (share: number): UncertainLaw => ({
  law: 'lognormal',
  median: 1,
  deviation: Math.log(1 + share) / AT_97_5,
})

/** The share that 95 % are within, of errors of which half are within a median, if normal. */
export const widthOfMedian = (median: number): number =>
  Math.min(MOST_WIDTH, Math.exp((AT_97_5 / AT_75) * Math.log(1 + median)) - 1)

/** The lowest and the highest number that is drawn. */
export function endsOf(law: UncertainLaw): readonly [low: number, high: number] {
  switch (law.law) {
    case 'normal':
      return [law.mean - AT_99_9 * law.deviation, law.mean + AT_99_9 * law.deviation]
    case 'lognormal': {
      const factor = Math.exp(AT_99_9 * law.deviation)
      return [law.median / factor, law.median * factor]
    }
    case 'uniform':
    case 'log-uniform':
      return [law.low, law.high]
    case 'quantiles':
      return [law.quantiles[0]![1], law.quantiles.at(-1)![1]]
  }
}

import type { Objective } from '../scenarios/index.ts'
import type { Comparison, Estimate, Result, VariantRatio } from '../sim/documents/index.ts'

/** Printed for a figure that the sample does not support. */
export const NONE = '–'

/** Digits of a figure with an unknown uncertainty. */
const UNSURE_DIGITS = 2
/** Most digits of a figure with an interval, and of one that is exact. */
const MOST_DIGITS = 3
const EXACT_DIGITS = 4

/** Half the width of an estimate's interval; null if it has none. */
export function halfWidth(estimate: Pick<Estimate, 'low' | 'high'>): number | null {
  return estimate.low === null || estimate.high === null ? null : (estimate.high - estimate.low) / 2
}

/**
 * Decimal places that an uncertainty of ± `half` supports: to its first digit, or to its second if
 * the first is 1 (so that rounding never moves a figure by more than a quarter of `half`). May be
 * negative: −2 rounds to hundreds.
 */
export function decimals(value: number, half: number | null, digits = MOST_DIGITS): number {
  const magnitude = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)))
  if (half === null || !Number.isFinite(half)) return UNSURE_DIGITS - 1 - magnitude
  if (half <= 0) return EXACT_DIGITS - 1 - magnitude
  const most = digits - 1 - magnitude
  const first = Math.floor(Math.log10(half))
  const supported = half / 10 ** first < 2 ? 1 - first : -first
  // at least one digit of the value stays, however wide the interval
  return Math.max(0 - magnitude, Math.min(supported, most))
}

/** A number with these decimals, a comma between thousands and a true minus sign. */
export function fixed(value: number, places: number): string {
  const rounded = places < 0 ? Math.round(value * 10 ** places) * 10 ** -places : value
  const text = Math.abs(rounded).toFixed(Math.min(20, Math.max(0, places)))
  const [whole, fraction] = text.split('.') as [string, string?]
  const grouped = whole.length > 3 ? whole.replace(/\B(?=(\d{3})+$)/g, ',') : whole
  const sign = value < 0 && Number(text) !== 0 ? '−' : ''
  return sign + grouped + (fraction === undefined ? '' : `.${fraction}`)
}

/** Digits of a figure beside its interval: of shares near 100 %, the last ones matter. */
const digitsOf = (quantity: Quantity, value: number) =>
  quantity === 'share' && value > 0.99 && value < 1 ? EXACT_DIGITS : MOST_DIGITS

/** A count, exact. */
export function count(value: number): string {
  return fixed(value, 0)
}

/** A number as it was declared, with a comma between thousands: "86,400", "0.25". */
export function declared(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 20 })
}

/** Three significant digits, without trailing zeros; whole from 1000 on. */
export function threeDigits(value: number): string {
  return Math.abs(value) >= 1000 ? count(value) : String(Number(value.toPrecision(3)))
}

/** A plain figure, to the digits that `half` supports. */
export function figure(value: number, half: number | null = null): string {
  return fixed(value, decimals(value, half))
}

interface Unit {
  readonly name: string
  /** number of these units in one stored unit */
  readonly factor: number
}

const SECONDS: Unit = { name: 's', factor: 1e-3 }
const MILLISECONDS: Unit = { name: 'ms', factor: 1 }
const MICROSECONDS: Unit = { name: 'µs', factor: 1e3 }
const PERCENT: Unit = { name: '%', factor: 100 }
const USD: Unit = { name: 'USD', factor: 1 }
const PER_SECOND: Unit = { name: 'req/s', factor: 1 }
const ONE: Unit = { name: '', factor: 1 }
const KIB: Unit = { name: 'KiB', factor: 1024 }
const MIB: Unit = { name: 'MiB', factor: 1 }
const GIB: Unit = { name: 'GiB', factor: 1 / 1024 }

function timeUnit(ms: number): Unit {
  const size = Math.abs(ms)
  if (size >= 10_000) return SECONDS
  return size < 0.1 && size > 0 ? MICROSECONDS : MILLISECONDS
}

/** The most readable unit for a size in MiB. */
export function sizeUnit(mib: number): Unit {
  const size = Math.abs(mib)
  if (size >= 4096) return GIB
  return size < 0.1 && size > 0 ? KIB : MIB
}

/** A size in MiB as a number of three digits, in a unit that the surrounding text names. */
export function sizeIn({ factor }: Unit, mib: number): string {
  const value = mib * factor
  const magnitude = value === 0 ? 2 : Math.floor(Math.log10(Math.abs(value)))
  return fixed(value, Math.max(0, 2 - magnitude))
}

/** An exact number, to four digits at most: "24", "1,536", "0.25". */
function exact(value: number): string {
  const short = Number(value.toPrecision(EXACT_DIGITS))
  return fixed(short, String(short).split('.')[1]?.length ?? 0)
}

/** A size in MiB that was declared exactly: "24 GiB", "1,536 MiB". */
export function exactSize(mib: number, like = mib): string {
  return exactText(mib, 'size', like)
}

/** A figure that is equal in every run needs no interval. */
export function exactText(value: number, quantity: Quantity, like = value): string {
  const unit = unitOf(quantity, like)
  return join(exact(value * unit.factor), unit)
}

/** "max(1 %, 30 µs)": the larger of a relative error and one in ms is tolerated. */
export function toleranceText(tolerance: Comparison['tolerance']): string {
  const { relative, absolute_ms } = tolerance
  return `max(${exactText(relative, 'share')}, ${exactText(absolute_ms, 'time')})`
}

function join(text: string, unit: Unit): string {
  return unit.name === '' ? text : `${text} ${unit.name}`
}

/** Rate over capacity, to a hundredth, or to two digits if that is 0: "0.7", "0.0042". */
export function loadText(load: number): string {
  return String(Number(load.toFixed(Math.max(2, decimals(load, null)))))
}

/** A time in ms, printed in the most readable unit. */
export function time(ms: number, half: number | null = null): string {
  const unit = timeUnit(ms)
  return join(figure(ms * unit.factor, half === null ? null : half * unit.factor), unit)
}

/** A moment of a run, with as many digits as part it from others near it: "10,015 s", "0.25 s". */
export function moment(s: number): string {
  return `${declared(Number(s.toFixed(s < 10 ? 3 : 1)))} s`
}

/** A share as 0 … 1, or a relative error, printed in percent. */
export function percent(share: number, half: number | null = null): string {
  return join(figure(share * 100, half === null ? null : half * 100), PERCENT)
}

/** A relative error in percent with its sign, to a tenth below 10 %. */
export function signedPercent(share: number | null): string {
  return share === null ? NONE : join(signedHundredths(share), PERCENT)
}

/** The difference of two shares as 0 … 1, in percentage points. */
export function signedPoints(difference: number): string {
  return `${signedHundredths(difference)} points`
}

function signedHundredths(share: number): string {
  const text = fixed(share * 100, Math.abs(share) < 0.0995 ? 1 : 0)
  return share > 0 && Number(text) !== 0 ? `+${text}` : text
}

/** A percentile's name: 0.999 is "p99.9". */
export function percentileName(p: number): string {
  return `p${Number((p * 100).toFixed(4))}`
}

/** Times are in ms, sizes in MiB. */
export type Quantity = 'time' | 'share' | 'rate' | 'size' | 'usd' | 'plain'

function unitOf(quantity: Quantity, value: number): Unit {
  if (quantity === 'time') return timeUnit(value)
  if (quantity === 'size') return sizeUnit(value)
  if (quantity === 'usd') return USD
  return quantity === 'share' ? PERCENT : quantity === 'rate' ? PER_SECOND : ONE
}

/**
 * "12.3 ms": the value alone, to the digits that its interval supports, or "12.34 ms" if it was
 * equal in every run; in the unit of `like`.
 */
export function valueText(estimate: Estimate, quantity: Quantity, like?: number): string {
  const { value } = estimate
  if (value === null) return NONE
  const half = halfWidth(estimate)
  if (half === 0) return exactText(value, quantity, like)
  const unit = unitOf(quantity, like ?? value)
  const scaled = half === null ? null : half * unit.factor
  const places = decimals(value * unit.factor, scaled, digitsOf(quantity, value))
  return join(fixed(value * unit.factor, places), unit)
}

/** An end of an interval that is farther from the value than this factor is not printed. */
const FARTHEST = 100

const oneDigit = (value: number) => fixed(value, -Math.floor(Math.log10(value)))

/**
 * "12.3 [11.9, 12.8] ms": value and interval to the same decimals; in the unit of `like`. However
 * wide the interval, a lower end above zero keeps a digit, "5 [0.4, 40] ms", and an end that only
 * says that nothing is known is cut: "5 [<0.05, 400] ms". Where both are, there is no interval:
 * "5 ms (no interval)".
 */
export function estimateText(estimate: Estimate, quantity: Quantity, like?: number): string {
  const { value, low, high } = estimate
  const half = halfWidth(estimate)
  if (value === null || low === null || high === null || half === null || half === 0) {
    return valueText(estimate, quantity, like)
  }
  const unit = unitOf(quantity, like ?? value)
  const places = decimals(value * unit.factor, half * unit.factor, digitsOf(quantity, value))
  const shown = (x: number) => {
    const scaled = x * unit.factor
    return scaled > 0 && scaled < 0.5 * 10 ** -places ? oneDigit(scaled) : fixed(scaled, places)
  }
  const [least, most] = [value / FARTHEST, value * FARTHEST].map((x) => x * unit.factor)
  const [isFarBelow, isFarAbove] = [low > 0 && low < value / FARTHEST, high > value * FARTHEST]
  if (isFarBelow && isFarAbove) return `${join(shown(value), unit)} (no interval)`
  const from = isFarBelow ? `<${oneDigit(least!)}` : shown(low)
  const to = value > 0 && isFarAbove ? `>${oneDigit(most!)}` : shown(high)
  return join(`${shown(value)} [${from}, ${to}]`, unit)
}

/** "1.12 [1.05, 1.2]"; with "=" where no difference from 1 was found. */
export function ratioText(
  ratio: Pick<VariantRatio, 'value' | 'low' | 'high' | 'difference'> | null | undefined,
): string {
  if (ratio == null || ratio.value === null) return NONE
  const { value, low, high, difference } = ratio
  const text = estimateText({ value, low, high, n: 1 }, 'plain')
  return difference === 'none found' ? `${text} =` : text
}

/** "0.43 of the limit", "1.2 times the limit". */
export const ofLimitText = (ratio: number) =>
  `${figure(ratio)} ${ratio > 1 ? 'times' : 'of'} the limit`

/** US dollars to the cent; small amounts to two digits: "$1.20", "$0.0031". */
export function usd(amount: number): string {
  return amount > 0 && amount < 0.1 ? `$${figure(amount)}` : `$${fixed(amount, 2)}`
}

/** Hours of a mean month: 365 days of 24 hours over 12. */
export const HOURS_A_MONTH = 730

/** The price of a month at that of an hour: "$62", "$14,359". */
export function usdPerMonth(usdPerHour: number): string {
  const amount = usdPerHour * HOURS_A_MONTH
  return amount < 10 ? usd(amount) : `$${count(Math.round(amount))}`
}

const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']

/** "a, b and c" */
export function listed(texts: readonly string[]): string {
  if (texts.length < 2) return texts.join('')
  return `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`
}

/** Small counts in words, for use in a sentence. */
export function inWords(n: number): string {
  return NUMBERS[n] ?? count(n)
}

/** "1 replay", "30,000 requests", "2 classes". */
export function plural(n: number, noun: string): string {
  const ending = /(s|x|ch|sh)$/.test(noun) ? 'es' : 's'
  return `${count(n)} ${noun}${n === 1 ? '' : ending}`
}

/** "5 replays" or "80 replications", as a result has them. */
export function runsText({ world, runs, exact }: Pick<Result, 'world' | 'runs' | 'exact'>): string {
  if (exact) return '1 replication'
  return plural(runs, world === 'measured' ? 'replay' : 'replication')
}

/** A text of at most this many characters, the last of which tells that it is cut. */
export const cut = (text: string, most: number) =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text

export function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** What an objective limits, and at what: a time in ms, a share, or US dollars. */
export function objectiveLimit(objective: Objective): { limit: number; quantity: Quantity } {
  if (objective.kind === 'goodput') return { limit: objective.share, quantity: 'share' }
  if (objective.kind === 'cost') return { limit: objective.limitUsd, quantity: 'usd' }
  return { limit: objective.limitMs, quantity: 'time' }
}

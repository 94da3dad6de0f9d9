/** Units of the times in a trace; `iso` is text such as `2023-11-16 18:17:03.9799600`. */
export type TimeUnit = 's' | 'ms' | 'us' | 'ns' | 'iso'

/** Ticks per millisecond. Text with a date is read in nanoseconds. */
const TICKS_PER_MS: Readonly<Record<TimeUnit, number>> = {
  s: 1e-3,
  ms: 1,
  us: 1e3,
  ns: 1e6,
  iso: 1e6,
}

/** The expected form of a time, for messages. */
export function timeText(unit: TimeUnit): string {
  return unit === 'iso'
    ? 'a UTC time such as 2023-11-16 18:17:03.9799600'
    : `a time in ${unit}, 0 or more`
}

/**
 * Parses the times of one trace as ticks since the whole tick (with a date: the second) of the
 * first row. Times since 1970 in ns, or with seven decimals of a second, do not fit a double; their
 * differences do. Ticks are exact up to 2^53, which is 104 days in nanoseconds.
 */
export interface TimeReader {
  /** ticks, or NaN for a value that is not a time; negative if rows are not in order */
  read(value: unknown): number
  ms(ticks: number): number
  /** ms since 1970 of ticks, once a time was read; null if the times are not since then */
  since1970(ticks: number): number | null
}

/** 1996 to 2065, ms: times of this magnitude are since 1970. */
export const EPOCH_MS = { from: 8.2e11, to: 3e12 }

export function timeReader(unit: TimeUnit): TimeReader {
  const perMs = TICKS_PER_MS[unit]
  const { read, base } = unit === 'iso' ? isoReader() : decimalReader()
  return {
    read,
    ms: (ticks) => ticks / perMs,
    since1970(ticks) {
      const ms = (base() + ticks) / perMs
      return ms >= EPOCH_MS.from && ms < EPOCH_MS.to ? ms : null
    },
  }
}

const DECIMAL = /^\+?(\d+)(\.\d*)?$/

/** Parses times, and has the ticks that it subtracts from each. */
interface RelativeReader {
  read(value: unknown): number
  base(): number
}

/** NaN for text that is no decimal number. */
export const numberOf = (text: string): number =>
  /^[+-]?[\d.]+(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN

function decimalReader(): RelativeReader {
  let base: bigint | null = null
  let baseNumber = 0
  const read = (value: unknown) => {
    if (!['string', 'number', 'bigint'].includes(typeof value)) return Number.NaN
    const text = String(value).trim()
    const match = DECIMAL.exec(text)
    let whole = match?.[1] ?? ''
    let fraction = match?.[2] && match[2].length > 1 ? Number(match[2]) : 0
    if (!match) {
      // 1e3 and .5 are numbers, too; Number('') is 0, but an empty text is not a time
      const number = numberOf(text)
      if (!(number >= 0 && number < 2 ** 53)) return Number.NaN
      whole = String(Math.floor(number))
      fraction = number - Math.floor(number)
    }
    if (whole.length > 30) return Number.NaN
    if (base === null) {
      base = BigInt(whole)
      baseNumber = Number(whole)
    }
    const exact = whole.length <= 15 && baseNumber < 1e15
    return (exact ? Number(whole) - baseNumber : Number(BigInt(whole) - base)) + fraction
  }
  return { read, base: () => baseNumber }
}

/** Whether a value is a date and a time as `iso` reads it. */
export const isDated = (value: unknown) => !Number.isNaN(isoReader().read(value))

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s?(Z|[+-]\d\d:?\d\d)?$/i

function isoReader(): RelativeReader {
  let base: number | null = null
  const read = (value: unknown) => {
    const match = typeof value === 'string' ? ISO.exec(value.trim()) : null
    if (!match) return Number.NaN
    const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number)
    // the date holds only whole seconds, since its fraction ends at milliseconds
    const date = new Date(Date.UTC(year!, month! - 1, day!, hour!, minute!, second!))
    const real = date.getUTCDate() === day && date.getUTCMonth() === month! - 1
    if (!real || hour! > 23 || minute! > 59 || second! > 59) return Number.NaN
    const offset = offsetMinutes(match[8])
    const seconds = date.getTime() / 1000 - offset * 60
    base ??= seconds
    return (seconds - base) * 1e9 + Number((match[7] ?? '').padEnd(9, '0'))
  }
  return { read, base: () => (base ?? 0) * 1e9 }
}

function offsetMinutes(text: string | undefined): number {
  if (!text || text.toUpperCase() === 'Z') return 0
  const digits = text.replaceAll(/\D/g, '')
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))
  return text.startsWith('-') ? -minutes : minutes
}

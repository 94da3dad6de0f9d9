/**
 * Scanners of the values in a line. Each looks at a bounded number of characters, in order, and
 * never goes back: no line makes one slow.
 */

/** The end of the value that begins at a position of a line; -1 where none begins there. */
export type Scan = (line: string, at: number) => number

type HasCharacter = (code: number) => boolean

/** Longer values of this kind are not found: addresses, names, identifiers. */
const LONGEST = 1024

/** A run of characters; it ends after `most` of them. */
const run =
  (has: HasCharacter, least: number, most: number): Scan =>
  (line, at) => {
    let end = at
    while (end < line.length && end - at < most && has(line.charCodeAt(end))) end++
    return end - at < least ? -1 : end
  }

const sequence =
  (...scans: readonly Scan[]): Scan =>
  (line, at) => {
    let end = at
    for (const scan of scans) {
      end = scan(line, end)
      if (end < 0) return -1
    }
    return end
  }

const optional =
  (scan: Scan): Scan =>
  (line, at) =>
    Math.max(scan(line, at), at)

const either =
  (first: Scan, second: Scan): Scan =>
  (line, at) => {
    const end = first(line, at)
    return end < 0 ? second(line, at) : end
  }

const isDigit: HasCharacter = (code) => code >= 48 && code <= 57
const isLetter: HasCharacter = (code) => (code | 32) >= 97 && (code | 32) <= 122
const among =
  (characters: string): HasCharacter =>
  (code) =>
    characters.includes(String.fromCharCode(code))

const one = (characters: string): Scan => run(among(characters), 1, 1)

/** Text of one form: 0 stands for a digit, a for a letter, others for themselves. */
const form = (text: string): Scan =>
  sequence(
    ...[...text].map((character) => {
      if (character === '0') return run(isDigit, 1, 1)
      return character === 'a' ? run(isLetter, 1, 1) : one(character)
    }),
  )

const digits = run(isDigit, 1, 15)
const fraction = sequence(one('.'), run(isDigit, 1, 9))
const sign = optional(one('+-'))

export const integer: Scan = sequence(sign, digits)
export const decimal: Scan = sequence(sign, digits, optional(fraction))
/** "0.005": seconds that have ms, with which Apache's durations have nothing in common */
export const secondsWithMs: Scan = sequence(digits, one('.'), run(isDigit, 3, 3))

/** "03/Dec/2025:06:03:00.123 +0000", its fraction and zone being optional */
export const clfTime: Scan = sequence(
  form('00/aaa/0000:00:00:00'),
  optional(fraction),
  optional(sequence(one(' '), one('+-'), form('0000'))),
)

/** "2025-12-03T06:03:00.123Z", its fraction and zone being optional */
export const isoTime: Scan = sequence(
  form('0000-00-00T00:00:00'),
  optional(fraction),
  optional(either(one('Z'), sequence(one('+-'), form('00:00')))),
)

const isVisible: HasCharacter = (code) => code > 32 && code !== 34

/** Text without spaces and quotes; it may be empty. */
export const word: Scan = run(isVisible, 0, LONGEST)

/** The same without slashes: "example.com:443" before a path. */
export const host: Scan = run((code) => isVisible(code) && code !== 47, 0, LONGEST)

/** Text up to a space. Its length is not bounded: it is only for the beginning of a line. */
export const unspaced: Scan = run((code) => code > 32, 1, Number.POSITIVE_INFINITY)

/** Digits with slashes: "1/1/1/1/+0". */
export const counts: Scan = run((code) => isDigit(code) || code === 47 || code === 43, 1, LONGEST)

const listOf =
  (item: Scan): Scan =>
  (line, at) => {
    let end = item(line, at)
    while (end >= 0 && end - at < LONGEST) {
      if (line.startsWith(', ', end)) end = item(line, end + 2)
      else if (line.startsWith(' : ', end)) end = item(line, end + 3)
      else break
    }
    return end
  }

const nothing: Scan = (_, at) => at

/** What nginx has of several upstream servers: "10.0.0.1:80, 10.0.0.2:80". */
export const upstreamList = listOf(run((code) => isVisible(code) && code !== 44, 0, LONGEST))
/** "0.005, 0.010 : -" */
export const upstreamTimes = listOf(either(either(decimal, one('-')), nothing))

/** Scanners by the names of values: of each, its names with spaces between. */
export const scansByName = (
  ...kinds: readonly (readonly [Scan, string])[]
): ReadonlyMap<string, Scan> =>
  new Map(kinds.flatMap(([scan, names]) => names.split(' ').map((name) => [name, scan] as const)))

import type { Random } from '../../sim/kernel/index.ts'

/** Values that often cause errors. */
export const NASTY_NUMBERS: readonly number[] = [
  ...[0, -0, -1, 1, 0.5, 2, 3, 1e-9, 1e-300, 5e-324, 1e300, 1.7976931348623157e308],
  ...[2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 53 + 2, 1e12, 1e6, 1e-3, 100, 65_536, 4097],
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
]

/** Control, C1 and bidirectional characters, and special characters of markup, shells and YAML. */
export const NASTY_STRINGS: readonly string[] = [
  ...['', ' ', '\u0000', '\u001b[2J\u001b[31m', '\u009b31m', '\u202ereversed', '\u2066a\u2069'],
  ...['\u200b', '\ufeff', '\r', '\n', 'a\nb: c', '\t', '\u0007', '\u007f', '\u2028', '\ud800'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'null', '~', 'true', 'NaN', '-'],
  ...['.inf', '0x10', '1_000', '1e400', '-0', '1e-400', '9007199254740993', '٣', '１'],
  ...['<script>alert(1)</script>', '"><img src=x>', '&amp;', ']]>', '$1', '$(true)', '`'],
  ...['../../x', '/', '.', '..', 'a/b', 'C:\\x', 'npm:', 'npm:@a', 'file:x', '%s%n', '*', '&a'],
  ...['a\n::warning::b', '\u00a0::error::c', '##[error]d'],
  ...["'", '"', '\\', '{', '[', '#', '!!js/function x', '👩‍👩‍👧', 'é'.repeat(30), 'x'.repeat(300)],
  'x'.repeat(100_000),
]

export const NASTY_VALUES: readonly unknown[] = [
  ...NASTY_NUMBERS,
  ...NASTY_STRINGS,
  ...[null, true, false, [], {}, [[]], [null], { a: 1 }, { '': {} }],
]

/** The words of a command line. */
export const words = (text: string): string[] => text.split(' ')

export function pick<T>(random: Random, list: readonly T[]): T {
  if (list.length === 0) throw new Error('Expected something to pick from')
  return list[random.integer(list.length)]!
}

export const chance = (random: Random, share: number): boolean => random.uniform() < share

/** A whole number from 1 to `most`; each order of magnitude is equally likely. */
export const magnitude = (random: Random, most: number): number =>
  Math.floor(most ** random.uniform())

/** One of the entries, by their weights. */
export function pickWeighted<T extends { readonly weight: number }>(
  random: Random,
  entries: readonly T[],
): T {
  const total = entries.reduce((sum, { weight }) => sum + weight, 0)
  let left = random.uniform() * total
  return entries.find(({ weight }) => (left -= weight) < 0) ?? entries.at(-1)!
}

/** Number of changes to an input: mostly one, since a refused change hides the others. */
export const changes = (random: Random): number => (chance(random, 0.7) ? 1 : magnitude(random, 8))

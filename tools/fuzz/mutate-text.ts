import type { Random } from '../../sim/kernel/index.ts'
import { chance, changes, magnitude, NASTY_NUMBERS, NASTY_STRINGS, pick } from './choose.ts'

/** Most characters that one repetition adds: a few times the size of the largest real files. */
const MOST_REPEATED = 200_000

type TextMutation = (text: string, random: Random) => string

function onLines(change: (lines: string[], i: number, random: Random) => void): TextMutation {
  return (text, random) => {
    const lines = text.split('\n')
    change(lines, random.integer(lines.length), random)
    return lines.join('\n')
  }
}

const insertAt = (text: string, at: number, what: string) =>
  text.slice(0, at) + what + text.slice(at)

function token(random: Random): string {
  return chance(random, 0.5) ? String(pick(random, NASTY_NUMBERS)) : pick(random, NASTY_STRINGS)
}

/** Marks of YAML, and of line ends. */
const MARKS = ['[', '{', '{a: ', '- ', '? ', '"', '&a [', '!!x ', '\t', ',', '\\', '\r\n']

/** Number of repetitions of a text of this length. */
const times = (random: Random, length: number) =>
  magnitude(random, Math.max(2, MOST_REPEATED / Math.max(1, length)))

/** Mutations for text in lines: YAML, CSV, JSON Lines. */
const MUTATIONS: readonly TextMutation[] = [
  onLines((lines, i) => lines.splice(i, 1)),
  onLines((lines, i) => lines.splice(i, 0, lines[i]!)),
  onLines((lines, i, random) => lines.splice(random.integer(lines.length), 0, lines[i]!)),
  onLines((lines, i, random) => {
    const j = random.integer(lines.length)
    ;[lines[i], lines[j]] = [lines[j]!, lines[i]!]
  }),
  onLines((lines, i, random) => {
    lines[i] = ' '.repeat(random.integer(9)) + lines[i]!.trimStart()
  }),
  onLines((lines, i, random) => {
    const line = lines[i]!
    // one element: that many lines would not fit as arguments
    lines[i] = `${line}\n`.repeat(times(random, line.length + 1)) + line
  }),
  onLines((lines, i, random) => {
    lines[i] = `${lines[i]}${token(random)}`
  }),
  // replaces a word or a number
  (text, random) => {
    const words = [...text.matchAll(/[\w.+-]+/g)]
    if (words.length === 0) return token(random)
    const { 0: word, index } = pick(random, words)
    const replacement = chance(random, 0.3) ? pick(random, words)[0] : token(random)
    return text.slice(0, index) + replacement + text.slice(index + word.length)
  },
  // replaces a number
  (text, random) => {
    const numbers = [...text.matchAll(/-?\d+(\.\d+)?/g)]
    if (numbers.length === 0) return `${text}1`
    const { 0: number, index } = pick(random, numbers)
    const replacement = chance(random, 0.5)
      ? String(pick(random, NASTY_NUMBERS))
      : String(Number(number) * pick(random, [-1, 0.001, 0.1, 10, 1000]))
    return text.slice(0, index) + replacement + text.slice(index + number.length)
  },
  (text, random) => insertAt(text, random.integer(text.length + 1), token(random)),
  (text, random) =>
    insertAt(text, random.integer(text.length + 1), pick(random, MARKS).repeat(times(random, 2))),
  (text, random) => text.slice(0, random.integer(text.length + 1)),
  (text, random) => {
    const at = random.integer(text.length + 1)
    return text.slice(0, at) + text.slice(at + magnitude(random, 200))
  },
  (text, random) => {
    const [at, to] = [random.integer(text.length + 1), random.integer(text.length + 1)]
    return insertAt(text, to, text.slice(at, at + magnitude(random, 500)))
  },
]

/** Text with one to a few changes. */
export function mutateText(text: string, random: Random): string {
  let mutated = text
  for (let left = changes(random); left > 0; left--) {
    mutated = pick(random, MUTATIONS)(mutated, random)
  }
  return mutated
}

type ByteMutation = (bytes: Uint8Array, at: number, random: Random) => Uint8Array

const splice = (bytes: Uint8Array, at: number, drop: number, what: Uint8Array) =>
  Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at + drop)])

function noise(random: Random, most: number): Uint8Array {
  return Uint8Array.from({ length: magnitude(random, most) }, () => random.integer(256))
}

function changed(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[at] = value
  return copy
}

const BYTE_MUTATIONS: readonly ByteMutation[] = [
  (bytes, at, random) => changed(bytes, at, bytes[at]! ^ (1 << random.integer(8))),
  (bytes, at, random) => changed(bytes, at, pick(random, [0, 1, 127, 128, 255])),
  (bytes, at, random) => changed(bytes, at, random.integer(256)),
  (bytes, at) => bytes.subarray(0, at),
  (bytes, at) => bytes.subarray(at),
  (bytes, at, random) => splice(bytes, at, magnitude(random, 64), new Uint8Array()),
  (bytes, at, random) => splice(bytes, at, 0, noise(random, 64)),
  (bytes, at, random) => splice(bytes, at, 4, noise(random, 8)),
  (bytes, at, random) =>
    splice(bytes, random.integer(bytes.length), 0, bytes.subarray(at, at + magnitude(random, 256))),
  (bytes, _at, random) => splice(bytes, bytes.length, 0, noise(random, 256)),
]

/**
 * Bytes with one to a few changes, half of them near the ends, where formats have their headers.
 */
export function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  let mutated = bytes
  for (let left = changes(random); left > 0; left--) {
    if (mutated.length === 0) return noise(random, 64)
    const near = Math.min(mutated.length, 64)
    const at = chance(random, 0.5)
      ? random.integer(mutated.length)
      : chance(random, 0.5)
        ? random.integer(near)
        : mutated.length - 1 - random.integer(near)
    mutated = pick(random, BYTE_MUTATIONS)(mutated, at, random)
  }
  return mutated
}

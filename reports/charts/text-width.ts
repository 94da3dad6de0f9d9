import { visible } from '../../scenarios/index.ts'

/** Advance widths of DejaVu Sans, characters 32 to 126, in hundredths of the font size. */
const REGULAR = (
  '32 40 46 84 64 95 78 27 39 39 50 84 32 36 32 34 64 64 64 64 64 64 64 64 64 64 34 34 84 84 84 ' +
  '53 100 68 69 70 77 63 58 77 75 29 29 66 56 86 75 79 60 79 69 63 61 73 68 99 69 61 69 39 34 39 ' +
  '84 50 50 61 63 55 63 62 35 63 63 28 28 58 28 97 63 61 63 63 41 52 39 63 59 82 59 59 52 64 34 ' +
  '64 84'
)
  .split(' ')
  .map(Number)

/** Other characters in reports; any further character counts as wide as a capital. */
const OTHERS: Readonly<Record<string, number>> = { '·': 32, '–': 50, '×': 84, '−': 84, '±': 84 }
const WIDE = 84

/** The bold face is at most this much wider, over running text. */
const BOLD = 1.13

/** Width of a line of text in pixels, without a canvas. */
export function textWidth(text: string, size: number, bold = false): number {
  let sum = 0
  for (const character of visible(text)) {
    sum += REGULAR[character.charCodeAt(0) - 32] ?? OTHERS[character] ?? WIDE
  }
  return (sum / 100) * size * (bold ? BOLD : 1)
}

/** A space that is not between a number and its unit, nor beside an arrow. */
const BREAK = / (?!(?:%|µs|ms|s)(?!\w)|→)(?<!→ )/

/** Breaks text between words into lines no wider than `width` pixels; a long word stays whole. */
export function wrap(text: string, width: number, size: number, bold = false): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(BREAK)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && textWidth(longer, size, bold) > width) {
      lines.push(line)
      line = word
    } else line = longer
  }
  lines.push(line)
  return lines
}

import { describe, expect, test } from 'vitest'
import { alignColumns } from './align.ts'

/** A row for each name, with a bar after it. */
const table = (...names: string[]) =>
  alignColumns(
    names.map((name) => [name, '|', '1']),
    [0],
  ).split('\n')

describe('columns are aligned by what a terminal draws', () => {
  test.each([
    ['plain letters', 'web', 0],
    ['letters with an accent in one code point', 'caf\u00e9', 0],
    // two columns a character
    ['Chinese', '\u4e2d\u6587', 2],
    ['Japanese', '\u3053\u3093\u306b\u3061\u306f', 5],
    ['Korean', '\ud55c\uad6d\uc5b4', 3],
    ['full-width letters', '\uff37\uff45\uff42', 3],
    // two columns in two UTF-16 units
    ['an emoji', '\u{1f680}', 0],
    // two columns for a heart and the sign that makes it an emoji
    ['an emoji with a variation selector', '\u2764\ufe0f', 0],
    // two columns for two regional letters of two units each
    ['a flag', '\u{1f1e9}\u{1f1ea}', -2],
    // marks take no column
    ['a combining accent', 'cafe\u0301', -1],
    ['two combining marks', 'o\u0323\u0302', -2],
    ['Devanagari with a nukta', '\u0915\u093c', -1],
  ])('%s', (_, name, wider) => {
    const [first, second] = table('a longer name', name)
    const barOf = (row: string) => row.indexOf('|')
    // characters before the bar are fewer by the columns that the name takes beyond its characters
    expect(barOf(second!)).toBe(barOf(first!) - wider)
    const widest = table(`${name}${name}`, 'x')
    expect(barOf(widest[1]!)).toBe(barOf(widest[0]!) + 2 * wider)
  })

  test('numbers of the right column end where the widest ends', () => {
    expect(
      alignColumns([
        ['a', '\u4e2d\u6587'],
        ['b', '1'],
      ]),
    ).toBe('a  \u4e2d\u6587\nb     1')
  })

  test('hidden characters are shown as codes, which take the columns of their letters', () => {
    expect(table('x\u202e', 'y')).toEqual(['x\\u{202e}  |  1', 'y          |  1'])
  })
})

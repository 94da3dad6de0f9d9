import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hostileText } from './parse/hostile-text.test-helper.ts'
import { visible, visibleJson, visibleLine } from './visible.ts'

type Ranges = readonly (readonly [from: number, to: number])[]

/** A second list by code points, so that an error in either list is found. */
const CONTROLS: Ranges = [
  [0x00, 0x08],
  [0x0b, 0x1f],
  [0x7f, 0x9f],
]
const REORDERING: Ranges = [
  [0x61c, 0x61c],
  [0x200e, 0x200f],
  [0x202a, 0x202e],
  [0x2066, 0x2069],
]
const UNSEEN: Ranges = [
  [0xad, 0xad],
  [0x200b, 0x200d],
  [0x2028, 0x2029],
  [0x2060, 0x2064],
  [0xfeff, 0xfeff],
  [0xe0001, 0xe007f],
]
const UNWRITABLE: Ranges = [
  [0xd800, 0xdfff],
  [0xfffe, 0xffff],
]

/** Code points of a text that lie in any of the ranges. */
const found = (text: string, ...lists: readonly Ranges[]) =>
  [...text]
    .map((character) => character.codePointAt(0)!)
    .filter((code) => lists.flat().some(([from, to]) => code >= from && code <= to))

describe('for any text', () => {
  test('no control, reordering, invisible or unpaired character is left', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        for (const shown of [visible(text), visibleLine(text)]) {
          expect(found(shown, CONTROLS, REORDERING, UNSEEN, UNWRITABLE)).toEqual([])
        }
        expect(visibleLine(text)).not.toMatch(/[\n\t]/)
        expect(visible(visible(text))).toBe(visible(text))
      }),
    )
  })

  test('a JSON document reads back unchanged, indented or not', () => {
    fc.assert(
      fc.property(hostileText, hostileText, (key, text) => {
        const document = { [`k${key}`]: [text, 1] }
        for (const json of [JSON.stringify(document), JSON.stringify(document, null, 2)]) {
          const printed = visibleJson(json)
          expect(found(printed, CONTROLS, REORDERING, UNSEEN, UNWRITABLE)).toEqual([])
          expect(JSON.parse(printed)).toEqual(JSON.parse(json))
        }
      }),
    )
  })
})

describe('text stays unchanged', () => {
  test('with letters, marks, surrogate pairs, line breaks and tabs', () => {
    const text = 'a\tß – µs\nעברית العربية 日本語 é e\u0301 😀 ❤\ufe0f \u00a0'
    expect(visible(text)).toBe(text)
    expect(visibleJson(text)).toBe(text.replace('\t', '\\u0009'))
  })

  test('except hidden characters, which are shown by their code points', () => {
    expect(visible('a\u001b[31m\u202eb\u{e0001}\ud800')).toBe(
      'a\\u{1b}[31m\\u{202e}b\\u{e0001}\\u{d800}',
    )
    expect(visibleLine('a\n\tb')).toBe('a\\u{a}\\u{9}b')
    expect(visibleJson('"\u009b\u{e0001}"')).toBe('"\\u009b\\udb40\\udc01"')
  })

  test('except what a runner of continuous integration takes for a command inside a line', () => {
    expect(visible('a ##[error]b ###vso[c] ## [d] ##')).toBe(
      'a #\\u{23}[error]b ##\\u{23}vso[c] ## [d] ##',
    )
    const json = '"a ##[error]b"'
    expect(visibleJson(json)).toBe('"a #\\u0023[error]b"')
    expect(JSON.parse(visibleJson(json))).toBe(JSON.parse(json))
  })
})

import { expect, test } from 'vitest'
import { BEGINNINGS } from './fixtures.test-helper.ts'
import { LOAD_GENERATORS, REFUSED } from './index.ts'

/** The names of formats, and the beginnings of reasons to refuse, that a text looks like. */
const looks = (text: string) => [
  ...LOAD_GENERATORS.filter(({ looksLike }) => looksLike(text)).map(({ name }) => name),
  ...REFUSED.filter(({ looksLike }) => looksLike(text)).map(({ problem }) => problem),
]

test.each(BEGINNINGS)('%#: $of looks like that alone', ({ of, text }) => {
  expect(looks(text)).toEqual([expect.stringMatching(new RegExp(`^${of}`))])
  expect(looks(`\ufeff\n${text}`)).toEqual(looks(text))
})

test('a file is recognised by its first 64 KiB, cut anywhere, or not at all', () => {
  for (const { of, text } of BEGINNINGS) {
    for (let end = 0; end < text.length; end += 7) {
      for (const look of looks(text.slice(0, end))) expect(look.startsWith(of)).toBe(true)
    }
  }
})

test('each format and each refused file has an example', () => {
  for (const { name } of LOAD_GENERATORS) {
    expect(BEGINNINGS.some(({ of }) => of === name)).toBe(true)
  }
  for (const { problem } of REFUSED) {
    expect(BEGINNINGS.some(({ of }) => problem.startsWith(of))).toBe(true)
  }
})

test.each([
  '',
  '{',
  '[]',
  '{}',
  'timestamp,input_tokens\n0,5\n',
  '{"timestamp": 0, "input_length": 655, "output_length": 52}\n',
  '[{"session_id": "a", "start_time": 1, "end_time": 2}]',
  '127.0.0.1 - - [01/Mar/2026:09:30:00 +0000] "POST /v1 HTTP/1.1" 200 5\n',
  `{${' '.repeat(65_000)}`,
  '"load_summary" '.repeat(4000),
])('%#: other files look like none', (text) => {
  expect(looks(text)).toEqual([])
})

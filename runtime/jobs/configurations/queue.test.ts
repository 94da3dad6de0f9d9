import { expect, test, vi } from 'vitest'
import { loadProfile } from '../../folders/profile-file.ts'
import { shippedProfilePath } from '../../folders/profile-paths.ts'
import { decode, encode, jobName, jobSchema, read, sentBaseSchema } from './queue.ts'

const HASH = 'a'.repeat(64)

test('numbers that JSON lacks stay what they are', () => {
  const value = { a: [Number.NaN, -1.5], b: Number.POSITIVE_INFINITY, c: Number.NEGATIVE_INFINITY }
  expect(decode(encode(value))).toEqual(value)
})

test.each([
  ['another text', '{"$number":"12"}'],
  ['a list', '{"$number":[]}'],
  ['another key beside it', '{"$number":"NaN","x":1}'],
  ['a name that every object has', '{"$number":"toString"}'],
])('%s stands for no number', (_, text) => {
  expect(decode(`[${text}]`)).toEqual([JSON.parse(text)])
})

test('a key that would be a prototype is refused, and changes no object', () => {
  expect(() => decode('{"a":{"__proto__":{"b":1}}}')).toThrow(SyntaxError)
  expect(Object.hasOwn(Object.prototype, 'b')).toBe(false)
})

test('the name of a job is of all that it asks for', () => {
  const job = { base: HASH, set: ['a=1'], from: 0, to: 2 }
  const file = { bytes: 1, sha256: HASH }
  const others = [
    { ...job, base: 'b'.repeat(64) },
    { ...job, set: ['a=2'] },
    { ...job, from: 1 },
    { ...job, to: 3 },
    { ...job, files: {} },
    { ...job, files: { 'a.csv': file } },
  ]
  expect(new Set([job, ...others].map(jobName)).size).toBe(7)
  expect(jobName(jobSchema.parse(JSON.parse(encode(others[5]))))).toBe(jobName(others[5]!))
})

test.each([
  ['/etc/passwd'],
  ['../x'],
  ['a/../../x'],
  ['a\\..\\x'],
  ['C:\\x'],
  ['\\\\host\\x'],
  ['a\0b'],
  [''],
])('the path %j does not lead below a folder', (path) => {
  const files = { [path]: { bytes: 1, sha256: HASH } }
  const job = { base: HASH, set: [], from: 0, to: 1 }
  expect(jobSchema.safeParse(job).success).toBe(true)
  expect(jobSchema.safeParse({ ...job, files }).success).toBe(false)
})

test.each([
  ['no replications', { to: 0 }],
  ['too many', { to: 1e9 }],
  ['parts of one', { to: 1.5 }],
  ['a string', { to: '1' }],
  ['another key', { file: '/etc/passwd' }],
  ['an override that is no text', { set: [{ a: 1 }] }],
  ['a name as a base', { base: '../x' }],
])('a job with %s is none', (_, change) => {
  const job = { base: HASH, set: [], from: 0, to: 1, ...change }
  expect(jobSchema.safeParse(job).success).toBe(false)
})

test('a base has its profile by value, or none', () => {
  const base = { file: 's.yaml', text: '{}', set: [], profile: null, files: {} }
  expect(sentBaseSchema.safeParse(base).success).toBe(true)
  for (const profile of ['/etc/passwd', undefined, {}]) {
    expect(sentBaseSchema.safeParse({ ...base, profile }).success).toBe(false)
  }
})

test('of a message with very many problems only the first is made', async () => {
  const base = { file: 's.yaml', text: '{}', set: [], profile: null, files: {} }
  const many = Array.from({ length: 300_000 }, () => 0)
  const named = Object.fromEntries(many.map((_, i) => [`/${i}`, 0]))
  const profile = { ...(await loadProfile(shippedProfilePath())), models: many }
  for (const [value, problem] of [
    [{ ...base, files: named }, 'x: files./0: expected a path below a folder'],
    [{ ...base, profile }, /^x: profile\.models\.0: /],
    [{ ...base, set: many }, /^x: set\.0: /],
  ] as const) {
    const found = read(sentBaseSchema, value, 'x')
    expect(found).toEqual({ problem: expect.stringMatching(problem) })
  }
})

test('what a schema takes is read as it reads it', () => {
  const base = { file: 's.yaml', text: '{}', set: ['a=1'], profile: null, files: {} }
  expect(read(sentBaseSchema, base, 'x')).toEqual({ data: base })
  expect(read(sentBaseSchema, { ...base, more: 1 }, 'x')).toEqual({
    problem: expect.stringMatching(/^x: Unrecognized key/),
  })
})

test('a text of more values than any message has is not parsed', () => {
  const parse = vi.spyOn(JSON, 'parse')
  expect(() => decode(`[${'{},'.repeat(5e6)}{}]`)).toThrow('more values than any message has')
  expect(parse).not.toHaveBeenCalled()
  parse.mockRestore()
  // commas of a text are none of values
  expect(decode(JSON.stringify([`\\"${','.repeat(5e6)}`]))).toHaveLength(1)
})

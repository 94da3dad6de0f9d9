import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import type { Failure } from '../../failure.ts'
import { readTraces } from './read-traces.ts'
import { attribute, exported, httpSpan, spanOf, vllmSpan } from './spans.test-helper.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-traces-'))
afterAll(() => rmSync(folder, { recursive: true }))

function put(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const problemsOf = async (...paths: readonly string[]) => {
  const error = await readTraces(paths).catch((thrown: unknown) => thrown)
  return (error as Failure).problems
}

/** A request that begins after so many ms. */
const after = (ms: number, fields: object = {}) =>
  httpSpan({
    spanId: `a${ms}`,
    startTimeUnixNano: `${1_780_000_000_000 + ms}000000`,
    endTimeUnixNano: `${1_780_000_000_500 + ms}000000`,
    ...fields,
  })

const lines = (...documents: readonly unknown[]) =>
  documents.map((document) => `${JSON.stringify(document)}\n`).join('')

const LOG = lines(
  exported([after(30), after(10), spanOf({ kind: 1 })]),
  { resourceMetrics: [] },
  exported([spanOf({ kind: 1 })]),
  exported([after(20)]),
)

test('a line has many requests, and other lines are counted, in text and in gzip', async () => {
  for (const path of [put('a.json', LOG), put('a.json.gz', gzipSync(LOG))]) {
    const { files, log, latencyFrom } = await readTraces([path])
    expect(files).toEqual([{ path, records: 3, bad: 0, others: 2 }])
    expect([...log.columns.sentMs]).toEqual([0, 10, 20])
    expect(log.originMs).toBe(1_780_000_000_010)
    expect(latencyFrom).toBe('received')
  }
})

test('a document is one, on a line or on several', async () => {
  const document = exported([after(30), after(10)])
  for (const indent of [0, 2]) {
    const path = put(`document-${indent}.json`, JSON.stringify(document, null, indent))
    expect((await readTraces([path])).log.count).toBe(2)
  }
})

test('files are joined, and one request is not counted in both', async () => {
  const paths = [put('one.json', lines(exported([after(5), after(7)]))), put('two.json', LOG)]
  const [first] = paths
  const { files, log } = await readTraces([...paths, first!])
  expect(log.count).toBe(5)
  expect(files.map(({ records }) => records)).toEqual([2, 3, 0])
})

test('a line may have the spans of a large batch', async () => {
  const text = 'x'.repeat(3e6)
  const path = put('long.json', lines(exported([{ ...after(1), name: text }, after(3)])))
  expect((await readTraces([path])).log.count).toBe(2)
})

test('a bad span is named with its line and path, and the others of its line are kept', async () => {
  const bad = exported([after(1), after(2, { endTimeUnixNano: 'x' }), after(3)])
  const path = put('bad.json', lines(exported([after(0)]), bad))
  expect(await problemsOf(path)).toEqual([
    `${path}:2: resourceSpans[0].scopeSpans[0].spans[1].endTimeUnixNano: expected ns since 1970, got "x"`,
  ])
  const { files } = await readTraces([path], { badRows: 'skip' })
  expect(files).toEqual([{ path, records: 3, bad: 1, others: 0 }])
})

test('spans that no server writes are counted and left out, whatever is wrong with them', async () => {
  const { endTimeUnixNano: _, ...open } = after(2)
  const attributes = Array.from({ length: 1e5 }, (_, i) => attribute(`key ${i}`, 'x'))
  const spans = [
    open,
    after(3, { endTimeUnixNano: '0' }),
    after(4, { endTimeUnixNano: '1770000000000000000' }),
    after(5, { startTimeUnixNano: '9'.repeat(400) }),
    vllmSpan({ spanId: 'huge', values: { 'gen_ai.usage.prompt_tokens': 2 ** 60 } }),
    { ...after(6), attributes: [...after(6).attributes, ...attributes] },
    after(7),
    after(7),
  ]
  const path = put('odd.json', lines(exported(spans)))
  const { files, log, notes } = await readTraces([path], { badRows: 'skip' })
  expect(files).toEqual([{ path, records: 2, bad: 5, others: 0 }])
  expect([...log.columns.sentMs]).toEqual([0, 1])
  expect(notes).toContain('1 spans are in the files again, and count once')
})

test('the first ten bad lines are named', async () => {
  const problems = await problemsOf(put('worse.json', '{"a\n'.repeat(20)))
  expect(problems).toHaveLength(10)
  expect(problems[1]).toMatch(/worse\.json:2: expected JSON, got "Unterminated string/)
})

const LOOP = lines(exported([after(1, { parentSpanId: 'a2' }), after(2, { parentSpanId: 'a1' })]))
const BROKEN = Buffer.concat([gzipSync(LOG).subarray(0, 10), Buffer.alloc(99, 255)])

test.each([
  ['no file', 'missing.json', null, 'no such file'],
  ['an empty file', 'empty.json', '', 'expected spans of requests, got none'],
  ['metrics', 'metrics.json', '{"resourceMetrics": []}\n', 'expected spans of requests, got none'],
  ['a list', 'list.json', '[1]\n', 'list.json:1: expected a map, got a list of 1'],
  ['a cut document', 'cut.json', '{\n"resourceSpans": [', 'expected JSON, got'],
  ['another document', 'other.json', '{\n"resourceSpans": 7\n}', 'resourceSpans: expected a list'],
  ['a binary file', 'spans.bin', Buffer.from([10, 4, 255, 254, 0, 10]), 'expected JSON, got'],
  [
    'deep lists',
    'deep.json',
    `${'['.repeat(1e5)}\n`,
    'deep.json:1: expected JSON of at most 1000 levels',
  ],
  ['a cut line', 'cut.jsonl', LOG.slice(0, 900), 'cut.jsonl:1: expected JSON, got'],
  ['NaN', 'nan.json', '{"resourceSpans": NaN}\n', 'nan.json:1: expected JSON, got'],
  ['spans in each other', 'loop.json', LOOP, 'expected requests, got none'],
  ['cut gzip', 'cut.json.gz', gzipSync(LOG).subarray(0, 99), 'cut.json.gz:1: expected more gzip'],
  ['broken gzip', 'bad.json.gz', BROKEN, 'bad.json.gz:1: expected gzip data'],
  ['a packed document', 'doc.json.gz', gzipSync('{\n"resourceSpans": []}'), 'unpack it first'],
  ['a bomb', 'bomb.json.gz', gzipSync(Buffer.alloc(2 ** 27, '[')), 'characters, got more'],
] as const)('refuses %s', async (_, name, content, text) => {
  const path = content === null ? join(folder, name) : put(name, content as Buffer)
  expect((await problemsOf(path)).join()).toContain(text)
})

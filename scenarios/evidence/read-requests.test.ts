import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import type { Failure } from '../failure.ts'
import { readRequests } from './read-requests.ts'
import { type LineFormat, RecordProblem } from './request-record.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-requests-'))
afterAll(() => rmSync(folder, { recursive: true }))

function put(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** A line has the start of a request, ms; comments have none. */
const PLAIN: LineFormat = {
  kind: 'lines',
  ...{ name: 'plain', title: 'plain times', latencyFrom: 'sent' },
  looksLike: () => false,
  reader: () => (line) => {
    if (line.startsWith('#')) return null
    const sentMs = Number(line)
    if (line === '' || Number.isNaN(sentMs)) throw new RecordProblem('expected a number')
    const none = Number.NaN
    return {
      ...{ scheduledMs: none, sentMs, firstTokenMs: none, endMs: sentMs + 1, queueMs: none },
      ...{ inputTokens: none, outputTokens: none, ok: true, kind: null },
    }
  },
}
const problemsOf = async (paths: readonly string[]) => {
  const error = await readRequests(paths, { format: PLAIN }).catch((thrown: unknown) => thrown)
  return (error as Failure).problems
}

test('lines without a request are counted, in text and in gzip', async () => {
  const text = '#time\n5\n3\n#end\n'
  for (const path of [put('a.txt', text), put('a.txt.gz', gzipSync(text))]) {
    const read = await readRequests([path], { format: PLAIN })
    expect(read!.files).toEqual([{ path, records: 2, bad: 0, others: 2 }])
    expect([...read!.log.columns.sentMs]).toEqual([0, 2])
  }
})

test('the first ten bad lines are named, with their place', async () => {
  const path = put('bad.txt', ['1', ...Array(20).fill('x')].join('\n'))
  const problems = await problemsOf([path])
  expect(problems).toHaveLength(10)
  expect(problems[0]).toBe(`${path}:2: expected a number`)
})

test('files whose times have origins of their own are not joined', async () => {
  const paths = [put('one.txt', '1\n2\n'), put('two.txt', '1\n2\n')]
  expect((await problemsOf(paths))[0]).toContain('do not count from 1970')
  const late = (ms: number) => `${1.7e12 + ms}\n`
  const dated = [put('three.txt', late(9)), put('four.txt', late(4))]
  const read = await readRequests(dated, { format: PLAIN })
  expect([...read!.log.columns.sentMs]).toEqual([0, 5])
})

test.each([
  ['no file', 'missing.txt', null, 'no such file'],
  ['no request', 'none.txt', '#\n', 'expected requests, got none'],
  ['cut gzip', 'cut.txt.gz', gzipSync('1\n2\n').subarray(0, 15), 'gzip'],
] as const)('refuses %s', async (_, name, content, text) => {
  const path = content === null ? join(folder, name) : put(name, content as Buffer)
  expect((await problemsOf([path])).join()).toContain(text)
  // the same where the format is guessed
  const guessed = await readRequests([path]).catch(({ problems }: Failure) => problems.join())
  if (name !== 'none.txt') expect(guessed).toContain(text)
})

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Failure } from '../failure.ts'
import { readTrace } from './trace.ts'
import type { TraceArrivals } from './trace-piece.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spillway-trace-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const CSV: TraceArrivals = {
  process: 'trace',
  file: 't.csv',
  format: 'csv',
  columns: { time: 't', input_tokens: 'n' },
  time_unit: 's',
  length_scale: 1,
  bad_rows: 'error',
}
const AZURE: TraceArrivals = {
  process: 'trace',
  file: 't.csv',
  format: 'azure-llm',
  length_scale: 1,
  bad_rows: 'error',
}

async function read(text: string | Buffer, arrivals: TraceArrivals = CSV) {
  writeFileSync(join(folder, 't.csv'), text)
  return readTrace(arrivals, folder)
}

async function problemsOf(text: string | Buffer, arrivals: TraceArrivals = CSV) {
  const failure = await read(text, arrivals).then(
    () => ({ problems: [] }),
    (error: Failure) => error,
  )
  return failure.problems.map((problem) => problem.replaceAll(`${folder}/`, ''))
}

const times = async (text: string, arrivals: TraceArrivals = CSV) => [
  ...(await read(text, arrivals)).times,
]

describe('rows', () => {
  test('times start at 0 in ms, in order of time; ties keep the order of the file', async () => {
    const rows = await read('t,n\n3,30\n1,10\n2.5,20\n1,11\n')
    expect([...rows.times]).toEqual([0, 0, 1500, 2000])
    expect([...rows.lengths!]).toEqual([10, 11, 20, 30])
    expect(rows).toMatchObject({ rows: 4, skippedOutsideWindow: 0, clamped: 0, spanMs: 2000 })
  })

  test('the same rows are read from CSV, JSONL, gzip, CRLF and with a byte order mark', async () => {
    const plain = await read('t,n\n1,10\n2,20\n')
    expect(await read('n,x,t\r\n10,"a ""b"",\nc",1\r\n\r\n20,,2')).toEqual(plain)
    expect(await read('\ufefft,n\n1,10\n2,20')).toEqual(plain)
    expect(await read(gzipSync('t,n\n1,10\n2,20\n'))).toEqual(plain)
    const jsonl = '{"t": 1, "n": 10}\n{"n": "20", "t": "2"}\n'
    expect(await read(jsonl, { ...CSV, format: 'jsonl' })).toEqual(plain)
  })

  test('units are converted, and long integers keep every digit', async () => {
    expect(await times('t,n\n1,1\n3,1', { ...CSV, time_unit: 'ms' })).toEqual([0, 2])
    expect(await times('t,n\n1,1\n3,1', { ...CSV, time_unit: 'us' })).toEqual([0, 0.002])
    const ns = 't,n\n1700142838338653123,1\n1700142838338653124,1'
    expect(await times(ns, { ...CSV, time_unit: 'ns' })).toEqual([0, 1e-6])
    expect(await times('t,n\n1e3,1\n1000.5,1')).toEqual([0, 500])
  })

  test('dates keep 100 ns, across midnight and with offsets', async () => {
    const rows = (list: string[]) =>
      `TIMESTAMP,ContextTokens,GeneratedTokens\n${list.join(',5,7\n')},5,7\n`
    const close = ['2023-11-16 18:17:03.9799600', '2023-11-16 18:17:03.9799601']
    expect(await times(rows(close), AZURE)).toEqual([0, 1e-4])
    const midnight = ['2023-12-31 23:59:59.9999999', '2024-01-01T00:00:00Z']
    expect(await times(rows(midnight), AZURE)).toEqual([0, 1e-4])
    const offsets = ['2024-05-12 00:00:00.5+00:00', '2024-05-12 02:00:01+0200']
    expect(await times(rows(offsets), AZURE)).toEqual([0, 500])
  })

  test('lengths are scaled, rounded, at least 1 and cut to max_length, and cuts are counted', async () => {
    const scaled = { ...CSV, length_scale: 0.5, max_length: 4 }
    const rows = await read('t,n\n1,0\n2,3\n3,8\n4,9\n', scaled)
    expect([...rows.lengths!]).toEqual([1, 2, 4, 4])
    expect(rows.clamped).toBe(1)
  })

  test('answers are scaled by a factor of their own; an empty one stays empty', async () => {
    const columns = { time: 't', input_tokens: 'n', output_tokens: 'o' }
    const text = 't,n,o\n1,10,0\n2,10,1\n3,10,7\n4,10,1000000000\n'
    const of = async (own: Partial<TraceArrivals>) => {
      const { lengths, outputs } = await read(text, { ...CSV, columns, ...own })
      return { lengths: [...lengths!], outputs: [...outputs!] }
    }
    const recorded = [0, 1, 7, 1_000_000_000]
    expect((await of({ length_scale: 2 })).outputs).toEqual(recorded)
    const { lengths, outputs } = await of({ output_scale: 1.3 })
    expect(lengths).toEqual([10, 10, 10, 10])
    expect(outputs).toEqual([0, 1, 9, 1_300_000_000])
    expect((await of({ output_scale: 3 })).outputs).toEqual([0, 3, 21, 2 ** 31 - 1])
    expect((await of({ output_scale: 0.1 })).outputs).toEqual([0, 1, 1, 100_000_000])
  })

  test('without a column of lengths, lengths are null', async () => {
    expect((await read('t,n\n1,x\n', { ...CSV, columns: { time: 't' } })).lengths).toBeNull()
  })

  test('progress ends at the size of the file', async () => {
    const text = 't,n\n'.concat('1,1\n'.repeat(50_000))
    writeFileSync(join(folder, 't.csv'), text)
    const seen: number[] = []
    await readTrace(CSV, folder, {
      onProgress: ({ bytes, totalBytes }) => seen.push(bytes / totalBytes),
    })
    expect(seen.length).toBeGreaterThan(1)
    expect(seen.at(-1)).toBe(1)
  })
})

describe('windows', () => {
  const text = 't,n\n100,1\n101,2\n110,3\n111,4\n111.5,5\n120,6\n'

  test('count from the first row, start at 0 and are half open', async () => {
    const rows = await read(text, { ...CSV, window: { from_s: 9, to_s: 20 } })
    expect([...rows.times]).toEqual([1000, 2000, 2500])
    expect([...rows.lengths!]).toEqual([3, 4, 5])
    expect(rows).toMatchObject({ rows: 6, skippedOutsideWindow: 3, spanMs: 11_000 })
  })

  test('the busiest stretch starts at a row and has the most rows', async () => {
    const rows = await read(text, { ...CSV, window: { busiest_s: 2 }, time_scale: 2 })
    expect([...rows.times]).toEqual([0, 2000, 3000])
    expect([...rows.lengths!]).toEqual([3, 4, 5])
    expect(rows.spanMs).toBe(4000)
  })

  test('a window without rows is an error that states where the trace ends', async () => {
    expect(await problemsOf(text, { ...CSV, window: { from_s: 30, to_s: 40 } })).toEqual([
      't.csv:7: expected rows from 30 to 40 s, got none; the last one is at 20 s',
    ])
  })
})

describe('bad rows', () => {
  test('are reported by line, at most ten', async () => {
    expect(await problemsOf('t,n\n1,2\n-1,3\nx,4\n5\n,6\n7,1e99\n8,-1\n9,\n"8,9')).toEqual([
      't.csv:3: t: expected a time in s, 0 or more, got "-1"',
      't.csv:4: t: expected a time in s, 0 or more, got "x"',
      't.csv:5: expected 2 fields as in the header, got 1',
      't.csv:6: t: expected a time in s, 0 or more, got ""',
      't.csv:7: n: expected a length from 0 to 1000000000, got "1e99"',
      't.csv:8: n: expected a length from 0 to 1000000000, got "-1"',
      't.csv:9: n: expected a length from 0 to 1000000000, got ""',
      't.csv:10: expected a closing quote, got the end of the file',
    ])
    expect(await problemsOf(`t,n\n${'x,1\n'.repeat(100)}`)).toHaveLength(10)
  })

  test('of JSONL are reported with the missing key', async () => {
    const text = '{"t": 1, "n": 3}\n{"t": 2\n{"T": 2, "n": 1}\n[1]\n{"t": true, "n": 1}'
    expect(await problemsOf(text, { ...CSV, format: 'jsonl' })).toEqual([
      't.csv:2: expected a JSON object, got "{\\"t\\": 2"',
      't.csv:3: expected the key "t", got none; did you mean T?',
      't.csv:4: expected a JSON object, got a list of 1',
      't.csv:5: t: expected a time in s, 0 or more, got true',
    ])
  })

  test('dates that do not exist are invalid', async () => {
    const text =
      'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-02-29 00:00:00,1,1\n2023-01-01 24:00:00,1,1\n17,1,1'
    const want = 'TIMESTAMP: expected a UTC time such as 2023-11-16 18:17:03.9799600'
    expect(await problemsOf(text, AZURE)).toEqual([
      `t.csv:2: ${want}, got "2023-02-29 00:00:00"`,
      `t.csv:3: ${want}, got "2023-01-01 24:00:00"`,
      `t.csv:4: ${want}, got "17"`,
    ])
  })
})

describe('bad files', () => {
  const gzip = gzipSync(
    `t,n\n${Array.from({ length: 5000 }, (_, i) => `${i},${i * 7}`).join('\n')}`,
  )

  test.each<[string, string | Buffer, RegExp]>([
    ['empty', '', /^t\.csv:1: expected a header with column names, got an empty file$/],
    ['a header only', 't,n\n', /^t\.csv:1: expected rows, got none$/],
    ['another header', 'time,n\n1,2', /^t\.csv:1: expected the column "t", got "time, n"$/],
    ['a column twice', 't,n,t\n1,2,3', /^t\.csv:1: expected the column "t" once, got it twice$/],
    ['bytes', Buffer.from([0, 1, 255, 10, 33]), /^t\.csv:1: expected the column "t", got "\\u0000/],
    ['cut gzip', gzip.subarray(0, 9000), /^t\.csv:\d+: expected more gzip data, got the end/],
    [
      'broken gzip',
      Buffer.concat([gzip.subarray(0, 30), Buffer.alloc(99, 255)]),
      /expected gzip data/,
    ],
    [
      'no line ends',
      'x'.repeat(2 ** 21),
      /^t\.csv:1: expected a line of at most 1,048,576 characters, got more$/,
    ],
    ['an open quote', `t,n\n"1,2\n${'1,2\n'.repeat(3000)}`, /^t\.csv:2: expected a closing quote/],
  ])('%s', async (_, text, problem) => {
    expect((await problemsOf(text))[0]).toMatch(problem)
  })

  test('the error for a missing Azure trace states where it can be downloaded', async () => {
    const missing = await readTrace({ ...AZURE, file: 'x.csv' }, folder).catch((e: Failure) => e)
    expect((missing as Failure).message).toMatch(
      /x\.csv: cannot read the trace: no such file; the trace can be downloaded from https:\/\/github\.com\/Azure\/AzurePublicDataset, where it is data\/AzureLLMInferenceTrace_code\.csv$/,
    )
    const conversation = { ...AZURE, file: 'AzureLLMInferenceTrace_conv.csv' }
    const conversations = await readTrace(conversation, folder).catch((e: Failure) => e)
    expect((conversations as Failure).message).toMatch(/data\/AzureLLMInferenceTrace_conv\.csv$/)
    const folderItself = await readTrace({ ...CSV, file: '.' }, folder).catch((e: Failure) => e)
    expect((folderItself as Failure).message).toMatch(/cannot read the trace: a folder$/)
  })
})

describe('classes by a column', () => {
  const text = 't,n,url\n1,5,/a\n2,6,/b\n3,7,/b\n3.5,8,/c\n9,9,/a\n'
  const classed = (values: string[], change: Partial<TraceArrivals> = {}): TraceArrivals => ({
    ...CSV,
    columns: { ...CSV.columns, class: 'url' },
    class_values: values,
    ...change,
  })

  test('each takes its rows, with times since the first row of the file', async () => {
    const rows = await read(text, classed(['/b']))
    expect([...rows.times]).toEqual([1000, 2000])
    expect([...rows.lengths!]).toEqual([6, 7])
    // the rate of every class is over the whole file
    expect(rows.spanMs).toBe(8000)
    const both = await read(text, classed(['/c', '/a']))
    expect([...both.times]).toEqual([0, 2500, 8000])
  })

  test('the busiest window is that of all rows, so classes stay side by side', async () => {
    // of all rows, it is from 1 s to 3 s; of /a alone, it would begin with its first row
    const window = { busiest_s: 2 }
    expect(await read(text, classed(['/b'], { window })).then(({ times }) => [...times])).toEqual([
      0, 1000,
    ])
    expect([...(await read(text, classed(['/c'], { window }))).times]).toEqual([1500])
    expect((await problemsOf(text, classed(['/a'], { window })))[0]).toContain('from 1 to 3 s')
  })

  test('JSONL and rows without the value', async () => {
    const lines = '{"t":1,"n":1,"url":7}\n{"t":2,"n":2}\n{"t":4,"n":3,"url":null}\n'
    const jsonl = { format: 'jsonl' } as const
    expect([...(await read(lines, classed(['7'], jsonl))).times]).toEqual([0])
    expect([...(await read(lines, classed([''], jsonl))).times]).toEqual([1000, 3000])
  })

  test('a value that no row has is refused with those that there are', async () => {
    expect(await problemsOf(text, classed(['/pay']))).toEqual([
      't.csv: expected rows whose url is /pay, got none; its values are /a, /b, /c: set class_values',
    ])
    const users = Array.from({ length: 10_002 }, (_, i) => `${i},1,user-${i}\n`).join('')
    expect(await problemsOf(`t,n,url\n${users}`, classed(['/a']))).toEqual([
      't.csv:10002: url: expected at most 10,000 values of classes, got more; set columns.class to another column',
    ])
  })
})

const data = join(import.meta.dirname, '../../../shared/data')
const present = existsSync(join(data, 'azure_llm_2023_code.csv.gz'))
const reason = present ? '' : ' (skipped: ../shared/data is not here)'

describe.skipIf(!present)(`the Azure trace of 2023${reason}`, () => {
  const code: TraceArrivals = { ...AZURE, file: 'azure_llm_2023_code.csv.gz' }

  test('has 8819 rows of 2047.8 tokens in 3435.9 s', async () => {
    const { times, lengths } = await readTrace(code, data)
    expect(times).toHaveLength(8819)
    expect(lengths!.reduce((a, b) => a + b, 0) / lengths!.length).toBeCloseTo(2047.8, 1)
    expect(times.at(-1)! / 1000).toBeCloseTo(3435.9, 1)
    // the first rows of the file: …03.9799600, …04.0319600, …04.0781490
    expect([...times.slice(0, 3)]).toEqual([0, 52, 98.189])
  })

  test('its busiest 120 s are the rows of the published window', async () => {
    const busiest = await readTrace({ ...code, window: { busiest_s: 120 } }, data)
    const window: TraceArrivals = {
      ...CSV,
      file: 'window_azure_code_burst120.csv',
      columns: { time: 't_s', input_tokens: 'prompt_tokens' },
    }
    const published = await readTrace(window, data)
    expect(busiest.times).toHaveLength(960)
    expect(busiest.lengths).toEqual(published.lengths)
    // times of the published window are rounded to 0.1 ms
    const apart = busiest.times.map((time, i) => Math.abs(time - published.times[i]!))
    expect(Math.max(...apart)).toBeLessThan(0.11)
  })
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { parquetWriteFile } from 'hyparquet-writer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { guessTrace, NotGuessed } from './trace-guess.ts'
import type { StatedRows } from './trace-piece.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spillway-guess-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function guess(text: string | Buffer, stated: StatedRows = {}) {
  writeFileSync(join(folder, 't'), text)
  return guessTrace(join(folder, 't'), stated, {
    key: (name) => name,
    lengths: ['input_tokens', 'output_tokens'],
  })
}

async function problemsOf(text: string | Buffer, stated: StatedRows = {}) {
  const error = await guess(text, stated).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(NotGuessed)
  return (error as NotGuessed).problems
}

const rowsOf = async (text: string | Buffer, stated?: StatedRows) =>
  (await guess(text, stated)).rows

describe('the time column', () => {
  test.each([
    ['timestamp,n\n2026-03-01T09:00:00Z,1\n', 'timestamp', 'iso'],
    ['n,logged on\n1,2026-03-01 09:00:00.5\n', 'logged on', 'iso'],
    ['ts,n\n1700000000,1\n1700000001,2\n', 'ts', 's'],
    ['ts,n\n1700000000123,1\n', 'ts', 'ms'],
    ['ts,n\n1700000000123456,1\n', 'ts', 'us'],
    ['ts,n\n1700000000123456789,1\n', 'ts', 'ns'],
    ['at_ms,n\n12,1\n17,2\n', 'at_ms', 'ms'],
    ['startTime,endTime,responseTime\n1,2,3\n2,3,4\n', 'startTime', 's'],
    ['first_token_ts,arrival_time\n1700000001,1700000000\n', 'arrival_time', 's'],
    ['"created at","response_time"\n"1.5","3"\n', 'created at', 's'],
  ])('%j is read by %s in %s', async (text, time, unit) => {
    const { columns, ...rows } = await rowsOf(text)
    expect([columns?.time, rows.time_unit, rows.format]).toEqual([time, unit, 'csv'])
  })

  test('seconds are an assumption, which is said with what it means', async () => {
    expect((await guess('t,n\n0,1\n40,1\n')).said).toBe(
      'read as csv: time column `t` (s), no lengths; seconds are assumed, as the numbers are no ' +
        'epoch times (the first 2 rows are over 40 s): else set time_unit; set columns.time to choose another',
    )
    expect((await guess('at_ms\n0\n')).said).not.toContain('assumed')
  })

  test('two that fit equally are both named; a date wins over a number', async () => {
    expect(await problemsOf('created,received\n1,2\n')).toEqual([
      '`created` and `received` may each be the time of arrival; set columns.time to one of them',
    ])
    const dated = 'time,logged\n1,2026-03-01 09:00:00\n'
    expect((await rowsOf(dated)).columns?.time).toBe('logged')
  })

  test('without one, the columns are listed with a value of each', async () => {
    expect(await problemsOf('latency,endpoint\n3,/pay\n')).toEqual([
      'no column is recognised as the time of arrival; the trace has latency ("3"), endpoint ("/pay"); set columns.time to one of them',
    ])
    expect(await problemsOf('time,n\n01/03/2026 09:00,1\n')).toEqual([
      '`time` has "01/03/2026 09:00", expected a number, or a time such as 2026-03-01T09:30:00.250Z; write times so, or set columns.time to another column',
    ])
  })

  test('a name and a magnitude that contradict one another are no guess', async () => {
    expect(await problemsOf('at_s\n1700000000123\n')).toEqual([
      '`at_s` ends with s, but its times are epoch times in ms; set time_unit',
    ])
  })

  test('what is stated is kept, and nothing is said where all of it is', async () => {
    const stated = { columns: { time: 'b' }, time_unit: 'us' } as const
    const { rows } = await guess('a,b,tokens\n1,2,3\n', stated)
    expect(rows).toEqual({ format: 'csv', columns: { time: 'b' }, time_unit: 'us' })
    const all = { format: 'csv', columns: { time: 'b' }, time_unit: 'us' } as const
    expect(await guess('no such columns', all)).toEqual({ rows: all, said: null })
  })
})

describe('lengths', () => {
  test.each([
    [
      'prompt_tokens,completion_tokens',
      { input_tokens: 'prompt_tokens', output_tokens: 'completion_tokens' },
    ],
    ['num_tokens,cached_tokens', { input_tokens: 'num_tokens' }],
    ['inputLength,total_tokens', { input_tokens: 'inputLength' }],
    ['input_toks,output_toks', { input_tokens: 'input_toks', output_tokens: 'output_toks' }],
    ['bytes,status', {}],
  ])('%s', async (header, lengths) => {
    const { columns } = await rowsOf(`ts,${header}\n1700000000,3,4\n`)
    expect(columns).toEqual({ time: 'ts', ...lengths })
  })

  test('a column that is no number in some row is none', async () => {
    const { columns } = await rowsOf('ts,tokens\n1700000000,3\n1700000001,many\n')
    expect(columns).toEqual({ time: 'ts' })
  })
})

describe('formats', () => {
  test('are recognised from the content, packed too', async () => {
    const azure = 'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.97,5,5\n'
    expect(await rowsOf(gzipSync(azure))).toEqual({ format: 'azure-llm' })
    expect(await rowsOf('Timestamp,Model,Request tokens,Response tokens\n1,a,1,1\n')).toEqual({
      format: 'burstgpt',
    })
    const mooncake = '{"timestamp":0,"input_length":3,"output_length":4,"hash_ids":[1]}\n'
    expect(await rowsOf(mooncake)).toEqual({ format: 'mooncake' })
    expect(await rowsOf('{"arrived_at":1700000000.5,"n":3}\n')).toEqual({
      format: 'jsonl',
      columns: { time: 'arrived_at' },
      time_unit: 's',
    })
  })

  test('Parquet is guessed from its metadata', async () => {
    const filename = join(folder, 't.parquet')
    const dates = [new Date(1_700_000_000_000), new Date(1_700_000_001_000)]
    parquetWriteFile({
      filename,
      columnData: [
        { name: 'arrived', data: dates, type: 'TIMESTAMP' },
        { name: 'prompt_len', data: [3, 4], type: 'INT32' },
      ],
    })
    const options = { key: (name: string) => name, lengths: ['input_tokens'] as const }
    expect((await guessTrace(filename, {}, options)).rows).toEqual({
      format: 'parquet',
      columns: { time: 'arrived', input_tokens: 'prompt_len' },
      time_unit: 'iso',
    })
  })

  test('a file that is no trace is refused with what to do', async () => {
    expect(await problemsOf('')).toEqual(['expected a trace, got an empty file'])
    expect(await problemsOf('a;time\n1;2\n')).toEqual([
      'expected fields separated by commas, got ";"; replace ";" by commas',
    ])
    expect((await problemsOf('1,2\n3,4\n'))[0]).toContain('expected a header')
    expect(await problemsOf(Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 0, 0]))).toEqual([
      'expected a trace, got no text',
    ])
  })

  test('keys that the recognised format determines are to be removed', async () => {
    const azure = 'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.97,5,5\n'
    expect(await problemsOf(azure, { columns: { time: 'x' }, time_unit: 's' })).toEqual([
      'remove columns.time: the file is in format azure-llm, which determines it',
      'remove time_unit: the file is in format azure-llm, which determines it',
    ])
  })
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Failure } from '../../failure.ts'
import { readRequests } from '../read-requests.ts'
import { type StatedTable, tableColumns } from './table-columns.ts'
import { tableFormat } from './table-format.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-tables-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function read(text: string, stated: StatedTable = { columns: {} }) {
  const path = join(folder, 'table.csv')
  writeFileSync(path, text)
  const table = await tableColumns(path, stated, (name) => name)
  const { log } = (await readRequests([path], { format: tableFormat(table) }))!
  return { table, log }
}

const problemsOf = async (text: string, stated?: StatedTable) => {
  const error = await read(text, stated).catch((thrown: unknown) => thrown)
  return ((error as Failure).problems ?? []).join('\n')
}

const CSV = `id,arrival_ms,latency_ms,ttft_ms,prompt_tokens,completion_tokens
a,1000,500,25,512,64
b,1010.5,250.5,,100,
`

describe('a table of requests', () => {
  test('is read by the names of its columns', async () => {
    const { table, log } = await read(CSV)
    expect(table.columns).toEqual({
      ...{ time: 'arrival_ms', latency: 'latency_ms', first_token: 'ttft_ms' },
      ...{ input_tokens: 'prompt_tokens', output_tokens: 'completion_tokens' },
    })
    expect(table.said).toContain('latency `latency_ms`')
    const { sentMs, endMs, firstTokenMs, inputTokens, outputTokens } = log.columns
    expect([...sentMs]).toEqual([0, 10.5])
    expect([...endMs]).toEqual([500, 261])
    expect([...firstTokenMs]).toEqual([25, Number.NaN])
    expect([...inputTokens]).toEqual([512, 100])
    expect([...outputTokens]).toEqual([64, Number.NaN])
    expect(log.originMs).toBeNull()
  })

  test('is read as JSON Lines, with dates and seconds', async () => {
    const at = (second: number) => `2026-12-03T09:30:0${second}.25Z`
    const rows = [1, 2].map((i) => ({ timestamp: at(i), duration_s: i / 4, endpoint: '/x' }))
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
    const { log } = await read(text, { columns: { kind: 'endpoint' } })
    expect([...log.columns.sentMs]).toEqual([0, 1000])
    expect([...log.columns.endMs]).toEqual([250, 1500])
    expect(log.kinds).toEqual(['/x'])
    expect(log.originMs).toBe(Date.parse(at(1)))
  })

  test('has its columns and units as they are stated', async () => {
    const text = 'when it came,ms_total,took,code\n5,40,0.03,200\n6,30,0.02,503\n'
    const columns = { time: 'when it came', latency: 'took', status: 'code' }
    const { log } = await read(text, { columns, timeUnit: 's', durationUnit: 's' })
    expect([...log.columns.sentMs]).toEqual([0, 1000])
    expect([...log.columns.endMs]).toEqual([30, 1020])
    expect([...log.ok]).toEqual([1, 0])
    const total = await read(text, { columns: { ...columns, latency: 'ms_total' }, timeUnit: 's' })
    expect([...total.log.columns.endMs]).toEqual([40, 1030])
  })

  test('has arrivals by its ends and latencies, or latencies by both times', async () => {
    const text = 'started_ms,done_ms,latency_ms\n0,9,5\n10,30,15\n'
    const ends = await read(text, { columns: { end: 'done_ms' } })
    expect([...ends.log.columns.sentMs]).toEqual([0, 11])
    expect([...ends.log.columns.endMs]).toEqual([5, 26])
    const both = await read(text, { columns: { time: 'started_ms', end: 'done_ms' } })
    expect([...both.log.columns.sentMs]).toEqual([0, 10])
    expect([...both.log.columns.endMs]).toEqual([9, 30])
  })

  test('that is cut to whole seconds says so', async () => {
    const rows = (at: string) => `time,latency_ms\n${at},5\n${at.replace('05', '06')},5\n`
    const stepOf = async (at: string) => (await read(rows(at))).table.timeStepMs
    expect(await stepOf('2026-12-03T09:30:05Z')).toBe(1000)
    expect(await stepOf('2026-12-03T09:30:05.25Z')).toBe(0)
  })

  test.each([
    ['no latency', 'time_ms,size\n1,2\n', undefined, 'no column is recognised as latency'],
    ['two latencies', 'time_ms,latency_ms,elapsed_ms\n1,2,3\n', undefined, 'may each be latency'],
    ['no time', 'n,latency_ms\n1,2\n', undefined, 'columns.time'],
    ['no unit', 'time_ms,latency\n1,2\n', undefined, 'duration_unit to s, ms, us or ns'],
    ['another column', CSV, { latency: 'latency' }, 'columns.latency: expected one of id,'],
    ['an end without a latency', 'done_ms\n1\n', { end: 'done_ms' }, 'recognised as latency'],
    ['a trace', 'TIMESTAMP,ContextTokens,GeneratedTokens\n', undefined, 'got azure-llm'],
    ['an empty file', '', undefined, 'empty file'],
    ['bytes', '\u0000\u0001\n', undefined, 'got no text'],
    ['a late word', 'time_ms,latency_ms\n1,2\n3,x\n', undefined, ':3: latency_ms: expected a dur'],
    ['a time below 0', 'time_ms,latency_ms\n1,2\n-3,2\n', undefined, 'time_ms'],
    ['a latency below 0', 'time_ms,latency_ms\n1,2\n3,-2\n', undefined, ':3: latency_ms: expected'],
    ['an early end', 'at_ms,e\n1,2\n3,2\n', { time: 'at_ms', end: 'e' }, ':3: expected its end'],
    ['a short row', 'time_ms,latency_ms\n1,2\n3\n', undefined, ':3: expected 2 fields'],
    ['half a token', `${CSV}c,1,2,1,0.5,1\n`, undefined, 'prompt_tokens: expected a whole number'],
    ['huge tokens', `${CSV}c,1,2,1,1e300,1\n`, undefined, ':4: expected a whole number of tokens'],
    ['an open quote', `${CSV}"c,1,2,1,1,1\n`, undefined, ':4: expected a closing quote'],
    [
      'cut JSON',
      '{"time_ms":1,"latency_ms":2}\n{"time_ms"',
      undefined,
      ':2: expected a JSON object',
    ],
    ['a list', '{"time_ms":1,"latency_ms":2}\n[1]\n', undefined, 'got a list of 1'],
    [
      'JSON without a time',
      '{"time_ms":1,"latency_ms":2}\n{}\n',
      undefined,
      ':2: time_ms: expected',
    ],
  ] as const)('is refused with %s', async (_, text, columns, problem) => {
    expect(await problemsOf(text, columns && { columns })).toContain(problem)
  })
})

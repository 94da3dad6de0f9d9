import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { parquetWriteFile } from 'hyparquet-writer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Failure } from '../failure.ts'
import { readTrace } from './trace.ts'
import type { TraceArrivals } from './trace-piece.ts'
import { sampleTrace } from './trace-sample.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spillway-parquet-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const PARQUET: TraceArrivals = {
  process: 'trace',
  file: 't.parquet',
  format: 'parquet',
  columns: { time: 't', input_tokens: 'n', output_tokens: 'm' },
  time_unit: 's',
  length_scale: 1,
  bad_rows: 'error',
}

type Columns = Parameters<typeof parquetWriteFile>[0]['columnData']

function write(columnData: Columns, options: object = {}): string {
  const filename = join(folder, 't.parquet')
  parquetWriteFile({ filename, columnData, ...options })
  return filename
}

const COLUMNS: Columns = [
  { name: 'other', data: ['a', 'b', 'c', 'd', 'e'], type: 'STRING' },
  { name: 'm', data: [1n, 2n, 3n, 4n, 5n], type: 'INT64' },
  { name: 't', data: [10.5, 11, 12.25, 12, 14], type: 'DOUBLE' },
  { name: 'n', data: [7, 8, 9, 10, 11], type: 'INT32' },
]

describe('a Parquet trace', () => {
  test('has the same rows as in CSV, across row groups and compressed', async () => {
    writeFileSync(join(folder, 't.csv'), 't,n,m\n10.5,7,1\n11,8,2\n12.25,9,3\n12,10,4\n14,11,5\n')
    const csv = await readTrace({ ...PARQUET, file: 't.csv', format: 'csv' }, folder)
    const zip = { GZIP: (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes)) }
    for (const options of [
      {},
      { rowGroupSize: 2 },
      { codec: 'UNCOMPRESSED' },
      { codec: 'GZIP', compressors: zip },
    ]) {
      const file = write(COLUMNS, options)
      expect(await readTrace(PARQUET, folder)).toEqual(csv)
      expect((await sampleTrace(file)).format).toBe('parquet')
    }
  })

  test('keeps every digit of times as whole numbers and as timestamps', async () => {
    const us = [1_700_142_838_338_653n, 1_700_142_838_338_654n]
    const lengths: Columns = [
      { name: 'n', data: [1, 2], type: 'INT32' },
      { name: 'm', data: [1, 2], type: 'INT32' },
    ]
    write([{ name: 't', data: us, type: 'INT64' }, ...lengths])
    const whole = await readTrace({ ...PARQUET, time_unit: 'us' }, folder)
    expect([...whole.times]).toEqual([0, 0.001])
    const dates = [new Date(1_700_142_838_338), new Date(1_700_142_839_339)]
    write([{ name: 't', data: dates, type: 'TIMESTAMP' }, ...lengths])
    const dated = await readTrace({ ...PARQUET, time_unit: 'iso' }, folder)
    expect([...dated.times]).toEqual([0, 1001])
  })

  test('reports bad rows by their number, or skips and counts them', async () => {
    write([
      { name: 't', data: [1, Number.NaN, 3, 4], type: 'DOUBLE' },
      { name: 'n', data: [1, 2, -3, null], type: 'INT32', nullable: true },
      { name: 'm', data: [1, 2, 3, 4], type: 'INT32' },
    ])
    expect(await problems()).toEqual([
      't.parquet:row 2: t: expected a time in s, 0 or more, got NaN',
      't.parquet:row 3: n: expected a length from 0 to 1000000000, got -3',
      't.parquet:row 4: n: expected a length from 0 to 1000000000, got an empty value',
    ])
    const skipped = await readTrace({ ...PARQUET, bad_rows: 'skip' }, folder)
    expect(skipped).toMatchObject({ rows: 1, bad: 3 })
  })

  test('without the column, or without Parquet format, is reported', async () => {
    write(COLUMNS)
    expect(await problems({ ...PARQUET, columns: { time: 'T' } })).toEqual([
      't.parquet: expected the column "T", got "other, m, t, n"; did you mean t?',
    ])
    truncateSync(join(folder, 't.parquet'), 40)
    expect((await problems())[0]).toMatch(/^t\.parquet: expected a Parquet file, got /)
    writeFileSync(join(folder, 't.parquet'), 't,n,m\n1,2,3\n')
    expect((await problems())[0]).toMatch(/^t\.parquet: expected a Parquet file, got /)
    rmSync(join(folder, 't.parquet'))
    expect(await problems()).toEqual(['t.parquet: cannot read the trace: no such file'])
  })
})

async function problems(arrivals = PARQUET): Promise<string[]> {
  const failure = await readTrace(arrivals, folder).then(
    () => ({ problems: [] }),
    (error: Failure) => error,
  )
  return failure.problems.map((problem) => problem.replaceAll(`${folder}/`, ''))
}

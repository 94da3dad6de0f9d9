import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { type MeasurementOptions, readMeasurements } from './measured-rows.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-rows-'))
afterAll(() => rmSync(folder, { recursive: true }))

function read(content: string | Uint8Array, options: Partial<MeasurementOptions> = {}) {
  const path = join(folder, 'rows.csv')
  writeFileSync(path, content)
  return readMeasurements(path, { decodes: false, key: (name) => name, ...options })
}

/** The problems without the path of the file. */
const problemsOf = (...args: Parameters<typeof read>) =>
  read(...args).then(
    () => [],
    (error: Error) => error.message.split('\n').map((text) => text.replace(/^.*rows\.csv/, '')),
  )

test('rows have their line, their sizes and their time', async () => {
  const text = '\ufeff# ours\r\nbatch, length ,"ms"\r\n\r\n1,32,1.5\r\n"8",64,2e0\r\n'
  const { rows } = await read(text)
  expect(rows).toEqual([
    { line: 4, batch: 1, length: 32, prefillTokens: 0, prefills: 0, precision: null, ms: 1.5 },
    { line: 5, batch: 8, length: 64, prefillTokens: 0, prefills: 0, precision: null, ms: 2 },
  ])
  expect((await read(gzipSync(text))).rows).toEqual(rows)
})

test('a rate is the work of a batch over its time', async () => {
  const rps = await read('batch,length,throughput\n8,64,400\n')
  expect(rps.rows[0]!.ms).toBe(20)
  const tokens = await read('batch,length,tokens_per_s\n8,64,512\n')
  expect(tokens.rows[0]!.ms).toBe(1000)
  const steps = 'sequences,context,tokens_per_s\n8,64,512\n'
  expect((await read(steps, { decodes: true })).rows[0]!.ms).toBe(15.625)
})

test('conditions take rows', async () => {
  const text = 'card,batch,length,ms\na,1,2,3\nb,1,2,4\n'
  const { rows, leftOut } = await read(text, { where: [['card', 'b']] })
  expect([rows.map(({ ms }) => ms), leftOut]).toEqual([[4], 1])
  const single = await read(text, { where: [['batch', '1']] })
  expect(single.rows.map(({ batch }) => batch)).toEqual([1, 1])
  expect(await problemsOf(text, { where: [['card', 'c']] })).toEqual([
    ':3: expected rows, got none: no row has card "c"',
  ])
  expect(await problemsOf(text, { where: [['cart', 'c']] })).toEqual([
    ': where: expected one of card, batch, length, ms, got "cart"; did you mean card?',
  ])
})

test('precisions are named as in scenarios, and others as they are', async () => {
  const text = 'batch,length,ms,precision\n1,2,3,BF16\n1,2,3,float32\n1,2,3,INT8-v1\n'
  const { rows } = await read(text)
  expect(rows.map(({ precision }) => precision)).toEqual(['fp16', 'fp32', 'INT8-v1'])
  // rows that a condition takes by a foreign name are of the precision of the pool
  const foreign = await read(text, { where: [['precision', 'INT8-v1']] })
  expect(foreign.rows.map(({ precision }) => precision)).toEqual([null])
  const known = await read(text, { where: [['precision', 'BF16']] })
  expect(known.rows.map(({ precision }) => precision)).toEqual(['fp16'])
})

test('a step decodes, computes prompts, or both', async () => {
  const text = 'sequences,context,prefill,ms\n8,100,,3\n,,512,4\n8,100,256,5\n'
  const { rows } = await read(text, { decodes: true })
  expect(rows.map(({ batch, length, prefillTokens }) => [batch, length, prefillTokens])).toEqual([
    ...[
      [8, 100, 0],
      [0, 0, 512],
      [8, 100, 256],
    ],
  ])
  expect(await problemsOf(`${text},,,9\n`, { decodes: true })).toEqual([
    ':5: expected sequences that decode or tokens of prompts, got neither',
  ])
})

test('an engine with a number of requests in flight has a mean step', async () => {
  const header = 'concurrency,input_tokens,output_tokens'
  const tokens = await read(`${header},tokens_per_s\n32,400,200,3200\n`, { decodes: true })
  expect(tokens.rows).toEqual([
    {
      line: 2,
      batch: 32 * (199 / 200),
      length: 500,
      prefillTokens: 64,
      prefills: 0.16,
      engine: { concurrency: 32, inputTokens: 400, outputTokens: 200 },
      precision: null,
      ms: 10,
    },
  ])
  // 16 requests/s of 200 tokens are the same 3,200 tokens/s
  const requests = await read(`${header},throughput_rps\n32,400,200,16\n`, { decodes: true })
  expect(requests.rows).toEqual(tokens.rows)
  expect(await problemsOf(`${header},rps\n0,400,0.5,16\n`, { decodes: true })).toEqual([
    expect.stringContaining(
      ':2: expected a whole number from 1 to 1000000000 in concurrency, got "0"',
    ),
    expect.stringContaining(
      ':2: expected a number from 1 to 1000000000 in output_tokens, got "0.5"',
    ),
  ])
})

test('bad files and rows are refused with their place', async () => {
  expect(await problemsOf('')).toEqual([': expected a header and rows, got neither'])
  expect(await problemsOf('1,2,3\n')).toEqual([
    ':1: expected a header with the names of the columns, got "1,2,3"',
  ])
  expect(await problemsOf('batch,batch,ms\n')).toEqual([':1: expected the column "batch" once'])
  expect(await problemsOf('batch,length,ms\n')).toEqual([':1: expected rows, got none'])
  expect(await problemsOf('batch,length,ms\n1,2,"3\n')).toEqual([
    ':2: expected a closing quote, got none',
  ])
  const rows = ['0,1,1', '1,1.5,1', '1,1,0', '1,1,x', '1,1', '1,1,1e99', ',1,1']
  const problems = await problemsOf(`batch,length,ms\n${rows.join('\n')}\n`)
  expect(problems.map((text) => text.slice(0, 13))).toEqual(
    rows.map((_, i) => `:${i + 2}: expected `),
  )
})

test('percentiles of a row rise, in ms, and may be absent', async () => {
  const head = 'batch,length,mean_ms,p50_ms,p99_us\n'
  const { rows, meanTimes } = await read(`${head}1,2,3,2.9,4000\n2,2,4,,5000\n4,2,5,,\n`)
  expect(rows.map(({ percentiles }) => percentiles)).toEqual([
    { p50: 2.9, p99: 4 },
    { p99: 5 },
    undefined,
  ])
  expect(meanTimes).toBe(true)
  expect(await problemsOf(`${head}1,2,3,5,4000\n1,2,3,x,4000\n`)).toEqual([
    ':2: expected a time of at least 5 ms, the percentile before, in p99_us, got "4000"',
    ':3: expected a time above 0 in p50_ms, got "x"',
  ])
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Failure } from '../failure.ts'
import { readTrace, surveyTrace, tracePieces } from './trace.ts'
import type { TraceArrivals, TracePiece } from './trace-piece.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spillway-prefixes-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const MOONCAKE: TraceArrivals = {
  process: 'trace',
  file: 't.jsonl',
  format: 'mooncake',
  length_scale: 1,
  bad_rows: 'error',
}

interface Row {
  readonly timestamp: number
  readonly input_length: number
  readonly output_length: number
  readonly hash_ids?: unknown
}

function write(rows: readonly Row[]): void {
  writeFileSync(join(folder, 't.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'))
}

/** Rows of which every third has no prefix, two of them out of order. */
const ROWS = Array.from({ length: 40 }, (_, i): Row => {
  const timestamp = 100 * (i === 20 ? 21 : i === 21 ? 20 : i)
  const row = { timestamp, input_length: 600 + i, output_length: 5 }
  return i % 3 === 0 ? row : { ...row, hash_ids: [7, i] }
})

const asPlain = (prefixes: TracePiece['prefixes']) =>
  prefixes?.map((prefix) => prefix && [...prefix])

test('prefixes stay with their rows, whole and in pieces', async () => {
  write(ROWS)
  const arrivals = { ...MOONCAKE, window: { from_s: 1, to_s: 3 } }
  const whole = await readTrace(arrivals, folder)
  const inWindow = ROWS.toSorted((a, b) => a.timestamp - b.timestamp).slice(10, 30)
  const expected = inWindow.map((row) => row.hash_ids ?? null)
  expect(asPlain(whole.prefixes)).toEqual(expected)
  expect([...whole.lengths!]).toEqual(inWindow.map((row) => row.input_length))
  const survey = await surveyTrace(arrivals, folder, { runRows: 4 })
  expect(asPlain(survey.held!.prefixes)).toEqual(expected)
  const pieces: unknown[] = []
  for await (const { prefixes } of tracePieces(arrivals, folder, survey)) {
    pieces.push(...asPlain(prefixes)!)
  }
  expect(pieces).toEqual(expected)
})

test.each([[[1, -1]], [[1.5]], [[2 ** 31]], ['7'], [{ a: 1 }]])(
  'hash_ids of %j are a problem',
  async (hash_ids) => {
    write([{ timestamp: 0, input_length: 5, output_length: 5, hash_ids }])
    const failure = await readTrace(MOONCAKE, folder).catch((error: Failure) => error)
    expect(failure).toBeInstanceOf(Failure)
    expect((failure as Failure).problems[0]).toContain(
      't.jsonl:1: hash_ids: expected a list of whole numbers from 0 to 2147483647, got ',
    )
  },
)

test('formats without prefixes have none', async () => {
  write(ROWS)
  const columns = { time: 'timestamp', input_tokens: 'input_length' }
  const jsonl: TraceArrivals = { ...MOONCAKE, format: 'jsonl', columns, time_unit: 'ms' }
  expect((await readTrace(jsonl, folder)).prefixes).toBeNull()
})

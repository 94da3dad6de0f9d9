import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import seedrandom from 'seedrandom'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Failure } from '../failure.ts'
import { readTrace } from './trace.ts'
import type { TraceArrivals } from './trace-piece.ts'
import { splitCsv } from './trace-rows.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spillway-trace-fuzz-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const BASE = { process: 'trace', file: 't', length_scale: 1, bad_rows: 'error' } as const
const CSV: TraceArrivals = {
  ...BASE,
  format: 'csv',
  columns: { time: 't', input_tokens: 'n' },
  time_unit: 'us',
}

async function check(bytes: Buffer, arrivals: TraceArrivals): Promise<'valid' | 'invalid'> {
  writeFileSync(join(folder, 't'), bytes)
  try {
    const { times, lengths, rows, skippedOutsideWindow } = await readTrace(arrivals, folder)
    expect(times.length).toBe(rows - skippedOutsideWindow)
    expect(times.every((t, i) => Number.isFinite(t) && t >= (i > 0 ? times[i - 1]! : 0))).toBe(true)
    expect(lengths!.length).toBe(times.length)
    expect(lengths!.every((length) => length >= 1)).toBe(true)
    return 'valid'
  } catch (error) {
    if (!(error instanceof Failure)) {
      throw new Error(`not a Failure for ${bytes.toString('base64')}`, { cause: error })
    }
    for (const problem of error.problems) {
      expect(problem.startsWith(`${join(folder, 't')}:`)).toBe(true)
      expect(problem.slice(folder.length)).toMatch(/^\/t:\d+: (\w+: )?expected ./)
      expect(problem).not.toMatch(/undefined|\[object/)
    }
    return 'invalid'
  }
}

const SEEDS: readonly [TraceArrivals, string][] = [
  [
    CSV,
    `t,x,n\n${Array.from({ length: 12 }, (_, i) => `${i * 1e4},"a, ${i}",${i * 9}`).join('\n')}\n`,
  ],
  [
    { ...CSV, format: 'jsonl', window: { busiest_s: 0.05 } },
    Array.from({ length: 9 }, (_, i) => JSON.stringify({ t: i * 1e4, n: i })).join('\n'),
  ],
  [
    { ...BASE, format: 'azure-llm', window: { from_s: 1, to_s: 6 }, max_length: 50 },
    `TIMESTAMP,ContextTokens,GeneratedTokens\n${Array.from(
      { length: 9 },
      (_, i) => `2023-11-16 18:17:0${i}.9799600,${i * 40},1`,
    ).join('\r\n')}`,
  ],
]

test('2,000 traces with bytes changed, lost, doubled or cut are valid or reported by line', async () => {
  const random = seedrandom.alea('trace mutants')
  const upTo = (n: number) => Math.floor(random() * n)
  const seen = { valid: 0, invalid: 0 }
  for (let i = 0; i < 2000; i++) {
    const [arrivals, text] = SEEDS[upTo(SEEDS.length)]!
    const zipped = upTo(4) === 0
    let bytes = zipped ? gzipSync(text) : Buffer.from(text)
    for (let n = 1 + upTo(3); n > 0; n--) {
      const at = upTo(bytes.length)
      const piece = Buffer.from([[upTo(256)], [44], [10], [34], [0, 255, 254]][upTo(5)]!)
      const kept = [bytes.subarray(at), bytes.subarray(at + 1), bytes.subarray(at + 9), Buffer.of()]
      bytes = Buffer.concat([bytes.subarray(0, at), upTo(2) ? piece : Buffer.of(), kept[upTo(4)]!])
    }
    seen[await check(bytes, arrivals)]++
  }
  expect(seen.valid).toBeGreaterThan(150)
  expect(seen.invalid).toBeGreaterThan(1000)
})

test('written rows are read back in order of time', async () => {
  const row = fc.record({ t: fc.nat(1e9), n: fc.integer({ min: 1, max: 1e6 }) })
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 50 }), async (rows) => {
      const text = `n,t\n${rows.map(({ t, n }) => `${n},${t}`).join('\n')}`
      writeFileSync(join(folder, 't'), text)
      const { times, lengths } = await readTrace(CSV, folder)
      const sorted = rows.toSorted((a, b) => a.t - b.t)
      expect([...times]).toEqual(sorted.map(({ t }) => (t - sorted[0]!.t) / 1000))
      expect([...lengths!]).toEqual(sorted.map(({ n }) => n))
    }),
    { numRuns: 200 },
  )
})

test('quoted fields are split as they were written', () => {
  const field = fc.string({ unit: fc.constantFrom('a', ',', '"', ' ', '\n', 'é') })
  fc.assert(
    fc.property(fc.array(field, { minLength: 1 }), (fields) => {
      const record = fields.map((text) => `"${text.replaceAll('"', '""')}"`).join(',')
      expect(splitCsv(record)).toEqual(fields)
    }),
  )
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { Failure } from '../../failure.ts'
import { readRequests } from '../read-requests.ts'
import { tableColumns } from './table-columns.ts'
import { tableFormat } from './table-format.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-tables-'))
afterAll(() => rmSync(folder, { recursive: true }))

const HEADER = 'arrival_ms,latency_ms,ttft_ms,prompt_tokens,completion_tokens'
const cell = fc.oneof(
  fc.double().map(String),
  fc.constantFrom('', '-', 'NaN', 'Infinity', '1e400', '9'.repeat(400), '"', '"a,b"', '__proto__'),
  fc.string({ maxLength: 5 }),
)
const row = fc.array(cell, { minLength: 4, maxLength: 6 }).map((cells) => cells.join(','))

test('a table with any cells is read with finite times, or refused', async () => {
  const path = join(folder, 'table.csv')
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 4 }), async (rows) => {
      writeFileSync(path, [HEADER, '1,2,1,5,5', ...rows, ''].join('\n'))
      try {
        const table = await tableColumns(path, { columns: {} }, (name) => name)
        const { log } = (await readRequests([path], {
          ...{ format: tableFormat(table), badRows: 'skip' },
        }))!
        expect(log.columns.sentMs.every(Number.isFinite)).toBe(true)
        for (const column of Object.values(log.columns)) {
          expect(column.some((value) => Math.abs(value) === Number.POSITIVE_INFINITY)).toBe(false)
        }
      } catch (error) {
        if (!(error instanceof Failure)) throw error
      }
    }),
    { numRuns: 500, seed: 43 },
  )
})

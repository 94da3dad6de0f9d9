import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, test } from 'vitest'
import { Failure } from '../../scenarios/index.ts'
import { Rows } from '../../sim/stats/index.ts'
import { readRows, writeRows } from './rows-file.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'spillway-rows-'))

describe('rows files', () => {
  const rows = Rows.allocate(3)
  rows.columns.at.set([0, 0.1 + 0.2, 1e9 / 3])
  rows.columns.sent.set([0.001, 2 ** -40, 1e9 / 3 + 1e-6])
  rows.columns.done.set([1, 2, 3])
  rows.columns.class.set([0, 255, 1])
  rows.columns.inputTokens.set([1, 2 ** 31 - 1, 7])
  rows.columns.batch.set([0, -1, 5])
  rows.columns.batchSize.set([1, 0, 4096])
  rows.columns.outcome.set([0, 1, 4])
  const timers = [
    [0.1 + 0.2, 0.4],
    [5, 5.000001],
  ] as const

  const move = { executor: 1, asked: 0.1 + 0.2, started: 0.4, ended: 2 ** -40, done: 5, ok: false }
  const moves = [{ ...move, kind: 'load' } as const]

  const control = [
    { at: 0, ms: [1.1 + 2.2, 2 ** -40] },
    { at: 0.1 + 0.2, ms: [1, 2] },
  ]

  const probed = { executor: 1, size: 3, length: 8, idleMs: 0.5, gap: 0.1 + 0.2, ms: 2 ** -40 }
  const probes = [
    { at: 0, batches: [] },
    { at: 0.1 + 0.2, batches: [probed] },
  ]

  test('keep every bit of a run: times never reached, fractions of a µs, timers, loads, probes', async () => {
    const path = join(folder(), 'deep', 'rows.parquet')
    const problems = { 'time-out': 2, 'connection lost': 1 }
    await writeRows(path, { rows, timers, moves, control, probes, problems })
    const back = await readRows(path)
    expect(back.timers).toEqual(timers)
    expect(back.moves).toEqual(moves)
    expect(back.control).toEqual(control)
    expect(back.probes).toEqual(probes)
    expect(back.problems).toEqual(problems)
    expect(back.rows.count).toBe(3)
    for (const [name, column] of Object.entries(rows.columns)) {
      const restored = back.rows.columns[name as keyof typeof rows.columns]
      expect(restored.constructor, name).toBe(column.constructor)
      expect(Array.from(restored), name).toEqual(Array.from(column))
    }
    expect(Number.isNaN(back.rows.columns.started[1])).toBe(true)
  })

  test('that are damaged, of another kind or missing are an input error', async () => {
    const path = join(folder(), 'rows.parquet')
    await expect(readRows(path)).rejects.toThrow(new Failure(`${path}: no such file`))
    await writeRows(path, { rows, timers })
    const bytes = readFileSync(path)
    for (const damaged of [
      bytes.subarray(0, bytes.length / 2),
      bytes.subarray(9),
      Buffer.from('{}'),
    ]) {
      writeFileSync(path, damaged)
      const error = await readRows(path).catch((thrown) => thrown)
      expect(error).toBeInstanceOf(Failure)
      expect(error.message).toContain(`${path}: not the rows of a run`)
    }
    const columnData = [{ name: 'at', data: [1, 2, 3] }]
    writeFileSync(path, new Uint8Array(parquetWriteBuffer({ columnData })))
    await expect(readRows(path)).rejects.toThrow(`${path}: not the rows of a run`)
  })

  test('without a newer column are refused by its name, not read as if it were 0', async () => {
    const path = join(folder(), 'rows.parquet')
    const { queue: _, ...columns } = rows.columns
    await writeRows(path, {
      rows: { count: 3, columns, prefixes: new Map() } as unknown as Rows,
      timers,
    })
    await expect(readRows(path)).rejects.toThrow(
      new Failure(`${path}: has no column queue; written by an earlier version, replay again`),
    )
  })

  test('keep the prefixes of prompts, if they are known', async () => {
    const path = join(folder(), 'rows.parquet')
    const known = Rows.allocate(3)
    known.prefixes.set(1, Int32Array.of(7, 2 ** 31 - 1))
    await writeRows(path, { rows: known, timers: [] })
    const read = await readRows(path)
    expect(read.rows.prefixes).toEqual(new Map([[1, Int32Array.of(7, 2 ** 31 - 1)]]))
  })

  test('without requests are a run, too', async () => {
    const path = join(folder(), 'rows.parquet')
    await writeRows(path, { rows: Rows.allocate(0), timers: [] })
    const back = await readRows(path)
    expect(back.rows.count).toBe(0)
    expect(back.timers).toEqual([])
    // a run without probes is as those of earlier versions
    expect(back).not.toHaveProperty('probes')
  })
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withFolder } from '../models/reference.test-helper.ts'
import { columnsBytes, readColumns } from './columns-file.ts'

const TYPES = { executor: Int32Array, ms: Float64Array } as const
const pause = async () => {}

test('columns are read as they were written', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'columns.parquet')
    for (const count of [0, 1, 5000]) {
      const executor = Int32Array.from({ length: count }, (_, i) => -i)
      const ms = Float64Array.from({ length: count }, (_, i) => i / 3)
      writeFileSync(path, await columnsBytes({ executor, ms }, pause))
      expect(await readColumns(path, TYPES)).toEqual({ executor, ms })
    }
  })
})

test('equal values are read, which take less than a byte each', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'columns.parquet')
    const columns = { executor: new Int32Array(50_000), ms: new Float64Array(50_000).fill(7) }
    const bytes = await columnsBytes(columns, pause)
    expect(bytes.length).toBeLessThan(50_000)
    writeFileSync(path, bytes)
    expect(await readColumns(path, TYPES)).toEqual(columns)
  })
})

test('a file of other columns, or of other values, is refused', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'columns.parquet')
    const refused = () => readColumns(path, TYPES).catch((error: Error) => error.message)
    expect(await refused()).toContain('columns.parquet')
    writeFileSync(path, 'no Parquet')
    expect(await refused()).toContain('columns.parquet')
    writeFileSync(path, await columnsBytes({ executor: Int32Array.of(1) }, pause))
    expect(await refused()).toContain('it has no column ms')
    const floats = Float64Array.of(1.5)
    writeFileSync(path, await columnsBytes({ executor: floats, ms: floats }, pause))
    expect(await refused()).toContain('column executor has 1.5 in row 0')
    const gaps = Float64Array.of(Number.NaN)
    writeFileSync(path, await columnsBytes({ executor: Int32Array.of(1), ms: gaps }, pause))
    expect(await refused()).toContain('column ms has NaN in row 0')
  })
})

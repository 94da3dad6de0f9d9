import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { Rows } from '../../sim/stats/index.ts'
import { readRows, writeRows } from '../folders/rows-file.ts'
import { decode } from './decoder.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-decoder-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function fileOf(name: string, at: readonly number[]): Promise<string> {
  const rows = Rows.allocate(at.length)
  rows.columns.at.set(at)
  const path = join(folder, name)
  await writeRows(path, { rows, timers: [] })
  return path
}

/** Processes of this one that decode. */
function decoders(): number[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      const [, parent] = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))!
      const decodes = readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('parquet-process')
      return decodes && Number(parent) === process.pid ? [Number(name)] : []
    } catch {
      return []
    }
  })
}

const timesIn = async (path: string) => Array.from((await readRows(path)).rows.columns.at)

describe.runIf(process.platform === 'linux')('the process that decodes Parquet', () => {
  test('is one for all files, also for those that are read at once, and each gets its own rows', async () => {
    const times = Array.from({ length: 5 }, (_, i) => [i, i + 0.5])
    const paths = await Promise.all(times.map((at, i) => fileOf(`${i}.parquet`, at)))
    expect(await Promise.all(paths.map(timesIn))).toEqual(times)
    const [decoder, ...others] = decoders()
    expect(others).toEqual([])
    expect(await timesIn(paths[3]!)).toEqual(times[3])
    expect(decoders()).toEqual([decoder])
  })

  test('is replaced when a file ends it, and that file is reported as damaged', async () => {
    const path = await fileOf('rows.parquet', [1, 2])
    expect(await timesIn(path)).toEqual([1, 2])
    const [before] = decoders()
    // it cannot answer before it is killed
    process.kill(before!, 'SIGSTOP')
    const reading = decode({ kind: 'try', path, columns: [] }, { name: path, bytes: 0 })
    await setImmediate()
    process.kill(before!, 'SIGKILL')
    await expect(reading).rejects.toThrow(
      `${path}: cannot be decoded as Parquet: its decoder ended; the file may be damaged`,
    )
    expect(await timesIn(path)).toEqual([1, 2])
    expect(decoders()).not.toContain(before)
  })
})

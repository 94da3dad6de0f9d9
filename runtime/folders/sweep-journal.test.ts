import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { EXIT, Failure } from '../../scenarios/index.ts'
import type { SweepRow } from '../../sim/documents/index.ts'
import { temporaryFolder } from '../../test/spillway.ts'
import { JournalRows, JournalWriter } from './sweep-journal.ts'

const folder = temporaryFolder()

const row = (configuration: number, reason = 'größer als erlaubt'): SweepRow => ({
  configuration,
  values: [String(configuration)],
  status: 'invalid',
  reason,
  scenario: null,
  figures: null,
})

async function written(name: string, rows: readonly SweepRow[]): Promise<string> {
  const path = join(folder, name)
  const journal = await JournalWriter.open(path)
  await Promise.all(rows.map((one) => journal.add(one)))
  await journal.close()
  return path
}

async function read(path: string, size = 100) {
  const rows = new JournalRows(size)
  await rows.read(path, () => true)
  const all: SweepRow[] = []
  for await (const one of rows.inOrder()) all.push(one)
  expect(rows.count).toBe(all.length)
  await rows.close()
  return all
}

test('rows are read in the order of the plan', async () => {
  const path = await written('rows', [row(3), row(1), row(2)])
  expect(await read(path)).toEqual([row(1), row(2), row(3)])
})

test('a journal cut anywhere has its whole lines, and goes on after them', async () => {
  const path = await written('whole', [row(1), row(2)])
  const bytes = readFileSync(path)
  const firstEnds = bytes.indexOf(0x0a) + 1
  const ends = [firstEnds, bytes.length].flatMap((end) => [end - 2, end - 1, end, end + 1])
  const cuts = bytes.map((_, i) => i).filter((i) => i % 9 === 0 || ends.includes(i))
  for (const length of [...cuts, bytes.length]) {
    const torn = join(folder, 'torn')
    writeFileSync(torn, bytes.subarray(0, length))
    const kept = length < firstEnds ? [] : length < bytes.length ? [row(1)] : [row(1), row(2)]
    expect(await read(torn)).toEqual(kept)
    const journal = await JournalWriter.open(torn)
    await journal.add(row(3))
    await journal.close()
    // of a line that lacks its line break alone, nothing was lost
    const whole = length >= bytes.length - 1
    expect((await read(torn)).map((one) => one.configuration)).toEqual(
      whole ? [1, 2, 3] : length >= firstEnds - 1 ? [1, 3] : [3],
    )
  }
})

test('of two rows of a configuration the first counts, and foreign lines do not', async () => {
  const path = await written('twice', [row(1, 'first'), row(1, 'second')])
  appendFileSync(path, `{"configuration":2}\nnull\n${JSON.stringify(row(101))}\n`)
  expect(await read(path)).toEqual([row(1, 'first')])
})

test('a configuration for which memory ran out may get another row', async () => {
  const path = await written('again', [{ ...row(1), status: 'out_of_memory' }, row(2)])
  const rows = new JournalRows(2)
  await rows.read(path, () => true)
  expect([rows.count, rows.settled, rows.isSettled(1), rows.isSettled(2)]).toEqual([
    2,
    1,
    false,
    true,
  ])
  await rows.close()
  await written('again', [row(1, 'again'), row(2, 'again')])
  expect(await read(path)).toEqual([row(1, 'again'), row(2)])
})

test('a journal that is a pipe, a link, a device or a folder is neither read nor written', async () => {
  const target = await written('target', [row(1)])
  const before = readFileSync(target)
  execFileSync('mkfifo', [join(folder, 'pipe')])
  const links = { link: target, dangling: join(folder, 'nowhere'), device: '/dev/zero' }
  for (const [name, to] of Object.entries(links)) symlinkSync(to, join(folder, name))
  for (const name of ['pipe', '.', ...Object.keys(links)]) {
    const path = join(folder, name)
    await expect(read(path), name).rejects.toThrow(
      /is (a symbolic link|no regular file); remove it/,
    )
    await expect(JournalWriter.open(path), name).rejects.toBeInstanceOf(Failure)
  }
  await expect(JournalWriter.open('/dev/null')).rejects.toThrow('is no regular file')
  expect(readFileSync(target)).toEqual(before)
  expect(existsSync(join(folder, 'nowhere'))).toBe(false)
})

test('a row without figures needs a reason, and one that is done has none', async () => {
  const path = await written('agree', [row(1)])
  const { reason: _, ...rest } = row(2)
  const forged = [
    { ...rest, status: 'done', reason: null },
    { ...row(3), status: 'done' },
    { ...rest, reason: null },
    { ...row(4), scenario: 'abc' },
  ]
  appendFileSync(path, forged.map((one) => `${JSON.stringify(one)}\n`).join(''))
  expect(await read(path)).toEqual([row(1)])
})

test('a line longer than any row is passed over, and the lines after it count', async () => {
  const path = await written('long', [row(1)])
  appendFileSync(path, `${'x'.repeat(17 << 20)}\n${JSON.stringify(row(2))}\n`)
  expect(await read(path)).toEqual([row(1), row(2)])
})

test('rows that are not accepted are counted, and reading ends once the signal is set', async () => {
  const path = await written('counted', [row(1), row(2), row(101)])
  const rows = new JournalRows(100)
  await rows.read(path, ({ configuration }) => configuration === 1)
  expect([rows.count, rows.refused]).toEqual([1, 2])
  await rows.close()
  const stopped = new JournalRows(100, AbortSignal.abort())
  await expect(stopped.read(path, () => true)).rejects.toMatchObject({ exitCode: EXIT.interrupted })
  await stopped.close()
})

test('a journal without line breaks is left on the first signal, and one beyond size refused', async () => {
  const path = join(folder, 'sparse')
  writeFileSync(path, '')
  truncateSync(path, 1e9)
  const controller = new AbortController()
  const rows = new JournalRows(1, controller.signal)
  const found = rows.read(path, () => true)
  controller.abort()
  await expect(found).rejects.toMatchObject({ exitCode: EXIT.interrupted })
  await rows.close()
  truncateSync(path, 1e12)
  await expect(read(path)).rejects.toThrow('sparse: is larger than any journal, 1,000,000,000,000')
  await expect(JournalWriter.open(path)).rejects.toThrow('is larger than any journal')
})

import { chmodSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Failure } from '../../scenarios/index.ts'
import { notUsable, notWritten } from './system-refusal.ts'
import { writableFolder, writeNew, writeWhole } from './write-whole.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'spillway-write-'))

describe('files are written whole', () => {
  test('or not at all: no leftovers stay behind', async () => {
    const directory = folder()
    const taken = join(directory, 'taken')
    await writeWhole(join(taken, 'inside'), 'kept')
    // a folder that is not empty cannot be replaced by a file
    await expect(writeWhole(taken, 'new')).rejects.toThrow(`${taken}: cannot be written: `)
    expect(readdirSync(directory)).toEqual(['taken'])
    // and a file is not a folder
    const below = join(taken, 'inside', 'deeper')
    await expect(writeWhole(below, 'new')).rejects.toBeInstanceOf(Failure)
    expect(readdirSync(taken)).toEqual(['inside'])
    expect(readFileSync(join(taken, 'inside'), 'utf8')).toBe('kept')
  })

  test('over an older file, without leftovers beside it', async () => {
    const directory = folder()
    const path = join(directory, 'document.json')
    await writeWhole(path, 'a longer text')
    await Promise.all(['one', 'two'].map((text) => writeWhole(path, text)))
    expect(['one', 'two']).toContain(readFileSync(path, 'utf8'))
    expect(readdirSync(directory)).toEqual(['document.json'])
  })

  test('as a new file by one of those that write it at once, and never over another', async () => {
    const directory = folder()
    const path = join(directory, 'new/manifest.json')
    const texts = Array.from({ length: 20 }, (_, i) => String(i))
    const wrote = await Promise.all(texts.map((text) => writeNew(path, text)))
    expect(wrote.filter(Boolean)).toHaveLength(1)
    expect(readFileSync(path, 'utf8')).toBe(texts[wrote.indexOf(true)])
    expect(readdirSync(join(directory, 'new'))).toEqual(['manifest.json'])
    symlinkSync('nowhere', join(directory, 'link'))
    expect(await writeNew(join(directory, 'link'), '')).toBe(false)
    expect(readdirSync(directory).sort()).toEqual(['link', 'new'])
    await expect(writeNew('/proc/none/x', '')).rejects.toThrow('cannot be written')
  })

  test('and every refusal of the system is a failure with its reason', async () => {
    const directory = folder()
    symlinkSync('loop', join(directory, 'loop'))
    const places = [
      ['', 'the path is empty'],
      [join(directory, 'a'.repeat(300)), 'the path is too long'],
      [join(directory, 'loop'), 'its symbolic links lead in a circle'],
    ] as const
    for (const [path, reason] of places) {
      await expect(writableFolder(path)).rejects.toThrow(reason)
      await expect(writableFolder(path)).rejects.toBeInstanceOf(Failure)
      const inside = path === '' ? '' : join(path, 'document.json')
      await expect(writeWhole(inside, '')).rejects.toThrow(
        `${inside}: cannot be written: ${reason}`,
      )
    }
    expect(readdirSync(directory)).toEqual(['loop'])
    const rare = Object.assign(new Error('EFBIG'), { code: 'EFBIG', errno: -27, syscall: 'write' })
    expect(notWritten('x', rare)).toEqual(
      new Failure('x: cannot be written: file too large (EFBIG)'),
    )
    const unrelated = new TypeError('no refusal')
    expect(notWritten('x', unrelated)).toBe(unrelated)
    expect(notUsable(unrelated)).toBeNull()
    // an error of another process, not of a file
    expect(notUsable(Object.assign(new Error(), { code: 'EPIPE', errno: -32 }))).toBeNull()
    const read = { code: 'EIO', errno: -5, path: 'x', syscall: 'read' }
    expect(notUsable(Object.assign(new Error(), read))?.message).toBe(
      'x: cannot be used: i/o error (EIO)',
    )
  })

  test.skipIf(process.getuid?.() === 0)('and permission errors are reported', async () => {
    const directory = folder()
    chmodSync(directory, 0o500)
    await expect(writeWhole(join(directory, 'x'), '')).rejects.toThrow('permission denied')
  })
})

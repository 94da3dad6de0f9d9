import { chmodSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Failure } from '../scenarios/index.ts'
import { writeWhole } from './write-whole.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'spillway-write-'))

describe('files are written whole', () => {
  test('or not at all: nothing is left behind', async () => {
    const directory = folder()
    const taken = join(directory, 'taken')
    await writeWhole(join(taken, 'inside'), 'kept')
    // a folder that is not empty cannot be replaced by a file
    await expect(writeWhole(taken, 'new')).rejects.toThrow(`${taken}: cannot be written: `)
    expect(readdirSync(directory)).toEqual(['taken'])
    // and a file is no folder
    const below = join(taken, 'inside', 'deeper')
    await expect(writeWhole(below, 'new')).rejects.toBeInstanceOf(Failure)
    expect(readdirSync(taken)).toEqual(['inside'])
    expect(readFileSync(join(taken, 'inside'), 'utf8')).toBe('kept')
  })

  test('over an older one, and nothing else stays beside it', async () => {
    const directory = folder()
    const path = join(directory, 'document.json')
    await writeWhole(path, 'a longer text')
    await Promise.all(['one', 'two'].map((text) => writeWhole(path, text)))
    expect(['one', 'two']).toContain(readFileSync(path, 'utf8'))
    expect(readdirSync(directory)).toEqual(['document.json'])
  })

  test.skipIf(process.getuid?.() === 0)('and say so where permission is denied', async () => {
    const directory = folder()
    chmodSync(directory, 0o500)
    await expect(writeWhole(join(directory, 'x'), '')).rejects.toThrow('permission denied')
  })
})

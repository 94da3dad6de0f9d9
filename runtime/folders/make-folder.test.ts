import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeFolder } from './make-folder.ts'
import { writableFolder, writeWhole } from './write-whole.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-folder-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('a folder is created with its parents, and again without an error', async () => {
  const [a, b, c] = [join(folder, 'a'), join(folder, 'a/b'), join(folder, 'a/b/c')]
  expect(await makeFolder(c)).toEqual([a, b, c])
  expect(await makeFolder(c)).toEqual([])
  expect(await makeFolder(join(b, 'd/..', 'e'))).toEqual([join(b, 'e')])
  symlinkSync(b, join(folder, 'link'))
  expect(await makeFolder(join(folder, 'link/f'))).toEqual([join(folder, 'link/f')])
  await Promise.all([1, 2, 3].map(() => makeFolder(join(folder, 'at/once'))))
})

test('a system that creates no folder is reported, instead of an endless retry', async () => {
  for (const path of ['/proc/none/below', '/proc/none']) {
    await expect(makeFolder(path)).rejects.toThrow(
      `${path}: cannot be written: no folder can be made in /proc; choose another place`,
    )
    await expect(writeWhole(join(path, 'x'), '')).rejects.toThrow('no folder can be made in /proc')
    await expect(writableFolder(path)).rejects.toThrow('no folder can be made in /proc')
  }
})

test('a file is not a folder', async () => {
  const path = join(folder, 'file')
  writeFileSync(path, '')
  await expect(makeFolder(path)).rejects.toThrow(
    `${path}: cannot be written: part of the path is a file`,
  )
  await expect(makeFolder(join(path, 'x'))).rejects.toThrow('ENOTDIR')
})

test('a folder that was created in vain is removed, and no other', async () => {
  const failed = new Error('failed')
  const undo = await writableFolder(join(folder, 'new/inner'))
  expect(existsSync(join(folder, 'new/inner'))).toBe(true)
  await expect(undo(failed)).rejects.toBe(failed)
  expect(existsSync(join(folder, 'new'))).toBe(false)
  const used = await writableFolder(join(folder, 'used/inner'))
  writeFileSync(join(folder, 'used/kept'), '')
  await expect(used(failed)).rejects.toBe(failed)
  expect(existsSync(join(folder, 'used/inner'))).toBe(false)
  expect(existsSync(join(folder, 'used/kept'))).toBe(true)
  const old = await writableFolder(join(folder, 'used'))
  await expect(old(failed)).rejects.toBe(failed)
  expect(existsSync(join(folder, 'used/kept'))).toBe(true)
})

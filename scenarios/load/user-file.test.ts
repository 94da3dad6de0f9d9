import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readUserFile, Unreadable } from './user-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-user-file-'))
afterAll(() => rmSync(folder, { recursive: true }))

const reasonOf = async (path: string, most = 1000) => {
  const error = await readUserFile(path, most).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(Unreadable)
  return (error as Unreadable).message
}

test('a regular file is read whole, also through a link and if its stated size is 0', async () => {
  const path = join(folder, 'text')
  writeFileSync(path, 'some text')
  symlinkSync(path, join(folder, 'link'))
  for (const name of ['text', 'link']) {
    expect((await readUserFile(join(folder, name), 9)).toString()).toBe('some text')
  }
  writeFileSync(join(folder, 'empty'), '')
  expect(await readUserFile(join(folder, 'empty'), 0)).toHaveLength(0)
  // the system states its size as 0
  expect((await readUserFile('/proc/self/status', 1e6)).toString()).toMatch(/^Name:/)
})

test('a larger file is refused, before reading if its stated size is too large', async () => {
  const path = join(folder, 'large')
  writeFileSync(path, 'x'.repeat(1001))
  expect(await reasonOf(path)).toBe('0.001001 MB, more than the 0.001 MB that are read')
  expect(await reasonOf('/proc/self/status', 10)).toMatch(/more than the 0\.00001 MB/)
})

test('paths that are not regular files are refused at once', async () => {
  const at = (name: string) => join(folder, name)
  mkdirSync(at('folder'))
  execFileSync('mkfifo', [at('pipe')])
  symlinkSync(at('loop'), at('loop'))
  const server = createServer().listen(at('socket'))
  await new Promise((resolve) => server.once('listening', resolve))
  expect(await reasonOf(at('folder'))).toBe('a folder')
  expect(await reasonOf(at('pipe'))).toBe('a pipe, not a file; write it to a file first')
  expect(await reasonOf(at('socket'))).toBe('a socket, not a file')
  expect(await reasonOf(at('loop'))).toBe('a link that leads back to itself')
  expect(await reasonOf('/dev/zero')).toBe('a device, not a file')
  expect(await reasonOf(at('none'))).toBe('no such file')
  expect(await reasonOf(at('text/below'))).toBe('no such file')
  expect(await reasonOf(at('x'.repeat(300)))).toBe('too long a name')
  expect(await reasonOf(at('a\0b'))).toBe('a name with a null byte')
  await new Promise((resolve) => server.close(resolve))
})

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect } from 'vitest'
import type { Ended } from './command-line.ts'
import { endWaiting } from './in-process.ts'

export { commandsIn, type Ended, ROOT } from './command-line.ts'

/** A folder that is removed after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-test-'))
  afterAll(() => {
    endWaiting()
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

/** Writes a file of `folder` and returns its path. */
export function put(folder: string, name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

export const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))

/** All files below a folder, relative to it. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
}

/** Expects a refusal: a message and no stack, nothing on stdout, no leftovers. */
export function expectRefusal(ended: Ended, code: number, folder: string): void {
  expect(ended.stderr).not.toMatch(/\n\s+at /)
  expect(ended.stderr).not.toMatch(/internal error/)
  expect(ended).toMatchObject({ code, stdout: '' })
  expect(filesIn(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
}

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect } from 'vitest'

/** The built command line as users run it: a process with arguments, output and an exit code. */

export const ROOT = fileURLToPath(new URL('..', import.meta.url))
const CLI = join(ROOT, 'dist/cli.js')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves once standard error matches; rejects if the process ends before. */
  says(pattern: RegExp): Promise<void>
}

/** A folder that is removed after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-test-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/**
 * Commands that share a separate cache. Relative paths start at `folder`. `under`: a command that
 * runs them, such as one that sets limits; `flags`: options of node.
 */
export function commandsIn(
  folder: string,
  under: readonly string[] = [],
  flags: readonly string[] = [],
) {
  if (!existsSync(CLI)) throw new Error('dist/cli.js is missing: run `npm run build` first')
  const env = { ...process.env, SPILLWAY_CACHE: join(folder, 'cache'), NO_COLOR: '1' }

  /** Starts a command as the head of a process group, as a shell does. */
  function start(args: readonly string[], stdout: 'pipe' | number = 'pipe'): Started {
    const stdio = ['ignore', stdout, 'pipe'] as const
    const [command, ...rest] = [...under, process.execPath, ...flags, CLI, ...args]
    const child = spawn(command!, rest, {
      cwd: folder,
      env,
      detached: true,
      stdio: [...stdio],
    })
    const text = { stdout: '', stderr: '' }
    const listeners = new Set<() => void>()
    child.stdout?.on('data', (data) => {
      text.stdout += data
    })
    child.stderr?.on('data', (data) => {
      text.stderr += data
      for (const listener of listeners) listener()
    })
    const ended = new Promise<Ended>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code) => resolve({ code, ...text }))
    })
    const says = (pattern: RegExp) =>
      new Promise<void>((resolve, reject) => {
        const look = () => {
          if (!pattern.test(text.stderr)) return
          listeners.delete(look)
          resolve()
        }
        listeners.add(look)
        look()
        ended.then(() => reject(new Error(`ended before it said ${pattern}: ${text.stderr}`)))
      })
    return { child, ended, says }
  }

  return { folder, start, run: (...args: string[]) => start(args).ended }
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

/** Expects a refusal: words and no stack, nothing on stdout, no leftovers. */
export function expectRefusal(ended: Ended, code: number, folder: string): void {
  expect(ended.stderr).not.toMatch(/\n\s+at /)
  expect(ended.stderr).not.toMatch(/internal error/)
  expect(ended).toMatchObject({ code, stdout: '' })
  expect(filesIn(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
}

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

/** A scenario of a tiny net that a replay runs for a few seconds. */
export const TINY = `spillway: 1
name: tiny
seed: 5
duration_s: 3
warmup_s: 0.5
models:
  mlp: { builtin: mlp, layers: 2, width: 64 }
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 150 }
pools:
  - name: central
    model: mlp
    batching: { policy: dynamic, max_batch: 4, max_delay_ms: 1 }
`

/** The requests of TINY in half the time, for tests with many replays. */
export const QUICK = TINY.replace('duration_s: 3', 'duration_s: 1.5')
  .replace('warmup_s: 0.5', 'warmup_s: 0.25')
  .replace('rate_rps: 150', 'rate_rps: 300')

/** A scenario of declared work: two pools, two classes, surges, time-outs and bounded queues. */
export const DECLARED = `spillway: 1
name: declared
seed: 11
duration_s: 40
warmup_s: 2
models:
  small: { work: { law: exponential, mean_ms: 8 } }
  large: { work: { law: linear, base_ms: 3, per_item_ms: 1, per_token_ms: 0.05 } }
traffic:
  - class: web
    arrivals:
      process: poisson
      rate_rps: 120
      surges: [{ at_s: 10, factor: 4, rise_s: 1, hold_s: 4, decay_s: 5 }]
    timeout_ms: 100
  - class: batch
    arrivals: { process: gamma, cv: 3, rate_rps: 60 }
    input_tokens: { distribution: lognormal, median: 20, p99: 200, max: 400 }
slo:
  web: ["p(95) latency_ms < 60"]
pools:
  - name: first
    model: small
    replicas: 2
    queue: { mode: per-replica, max_length: 15, timeout_ms: 200 }
  - name: second
    model: large
    queue: { max_length: 100 }
    batching: { policy: dynamic, max_batch: 8, max_delay_ms: 4, preferred: [4] }
`

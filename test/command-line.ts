import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Ended, ROOT, runInProcess } from './in-process.ts'

export { type Ended, ROOT }

/**
 * The built command line: arguments, output and an exit code. `run` calls it in this process. As
 * users run it, in a process of its own: `runProcess`, and `start` for what happens meanwhile.
 */

export const CLI = join(ROOT, 'dist/cli.js')

export interface Started {
  readonly child: ChildProcess
  /** output so far */
  readonly text: { readonly stdout: string; readonly stderr: string }
  /** resolves when the process has ended and its output is closed */
  readonly ended: Promise<Ended>
  /** Resolves once standard error matches; rejects if the process ends before. */
  prints(pattern: RegExp): Promise<void>
}

export interface CommandOptions {
  /** a command that runs the process, such as one that sets limits */
  readonly under?: readonly string[]
  /** options of node */
  readonly flags?: readonly string[]
  /** environment variables; SPILLWAY_CACHE is by default a folder of `folder` */
  readonly variables?: Readonly<Record<string, string>>
}

/** Throws unless the command line is built. */
export function expectBuilt(): void {
  if (!existsSync(CLI)) throw new Error('dist/cli.js is missing: run `npm run build` first')
}

/** Commands that share a separate cache. Relative paths start at `folder`. */
export function commandsIn(
  folder: string,
  { under = [], flags = [], variables = {} }: CommandOptions = {},
) {
  expectBuilt()
  const cache = { SPILLWAY_CACHE: join(folder, 'cache'), NO_COLOR: '1' }
  const env = { ...process.env, ...cache, ...variables }

  /** Starts a command as the head of a process group, as a shell does. */
  function start(args: readonly string[], stdout: 'pipe' | number = 'pipe'): Started {
    const [command, ...rest] = [...under, process.execPath, ...flags, CLI, ...args]
    const child = spawn(command!, rest, {
      cwd: folder,
      env,
      detached: true,
      stdio: ['ignore', stdout, 'pipe'],
    })
    const text = { stdout: '', stderr: '' }
    const listeners = new Set<() => void>()
    child.stdout?.setEncoding('utf8').on('data', (data) => {
      text.stdout += data
    })
    child.stderr!.setEncoding('utf8').on('data', (data) => {
      text.stderr += data
      for (const listener of listeners) listener()
    })
    const ended = new Promise<Ended>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code) => resolve({ code, ...text }))
    })
    const prints = (pattern: RegExp) =>
      new Promise<void>((resolve, reject) => {
        const look = () => {
          if (!pattern.test(text.stderr)) return
          listeners.delete(look)
          resolve()
        }
        listeners.add(look)
        look()
        ended.then(() => reject(new Error(`ended before it printed ${pattern}: ${text.stderr}`)))
      })
    return { child, text, ended, prints }
  }

  const runProcess = (...args: string[]) => start(args).ended
  const asProcess = under.length > 0 || flags.length > 0
  const run = asProcess ? runProcess : (...args: string[]) => runInProcess(args, { folder, env })
  return { folder, start, run, runProcess }
}

/** Processes with this `NAME=value` in their environment, which children inherit. */
export function processesWith(variable: string): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // an ended process whose parent has not collected it has neither
        const environment = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0')
        if (!environment.includes(variable)) return []
        return [{ pid: Number(name), command: readFileSync(`/proc/${name}/cmdline`, 'utf8') }]
      } catch {
        return []
      }
    })
}

/** Whether a process runs: one that has ended and that its parent has not collected does not. */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // the state follows the name, which may hold anything
    return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z')
  } catch {
    return false
  }
}

/** Whether a signal reached a process or, by a negative number, a group: it may have ended. */
export function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

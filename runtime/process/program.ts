import { type ChildProcess, spawn } from 'node:child_process'
import { EXIT, Failure } from '../../scenarios/light.ts'

/** Output of a program that is kept to be shown, characters. */
const TAIL = 2000
/** An interrupted program has this time to end, ms. */
const PATIENCE_MS = 3000
/** Output of a program that is read, characters. */
const MOST_OUTPUT = 256e6

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

interface Running {
  readonly cwd?: string | undefined
  readonly env?: NodeJS.ProcessEnv
  readonly signal: AbortSignal
}

/**
 * A line of a shell, with a guard in its process group. The guard waits for the end of this
 * process, whatever ended it, and ends the group then. The line has a shell of its own: in that of
 * the guard, `wait` would wait for it.
 */
const GUARDED = `exec 3<&0 </dev/null
(trap '' HUP INT TERM; read -r end <&3; kill -KILL 0) >/dev/null 2>&1 &
exec 3<&-
exec sh -c "$@"`

/** Runs a line of a shell, with more words behind it, as `runProgram` does. */
export function runShell(line: string, running: Running, words: readonly string[] = []) {
  const whole = words.length === 0 ? line : `${line} "$@"`
  return run('sh', ['-c', GUARDED, 'sh', whole, 'sh', ...words], running, 'pipe')
}

/**
 * Runs a program to its end; an interruption ends it. Whatever it has left in the background ends
 * with it, if it is still in its process group.
 */
export function runProgram(name: string, words: readonly string[], running: Running) {
  return run(name, words, running, 'ignore')
}

/** `stdin`: a pipe ends when this process does. */
function run(
  name: string,
  words: readonly string[],
  { cwd, env = process.env, signal }: Running,
  stdin: 'pipe' | 'ignore',
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    // a process group of its own, so that all of it can be ended
    const child: ChildProcess = spawn(name, words, {
      cwd,
      env,
      detached: true,
      stdio: [stdin, 'pipe', 'pipe'],
    })
    const text = { stdout: '', stderr: '' }
    child.stdout!.setEncoding('utf8').on('data', (data: string) => {
      if (text.stdout.length < MOST_OUTPUT) text.stdout += data
    })
    child.stderr!.setEncoding('utf8').on('data', (data: string) => {
      text.stderr = (text.stderr + data).slice(-4 * TAIL)
    })
    let late: NodeJS.Timeout | undefined
    const end = () => {
      endGroup(child, 'SIGTERM')
      // it may ignore that
      late = setTimeout(() => endGroup(child, 'SIGKILL'), PATIENCE_MS)
    }
    signal.addEventListener('abort', end, { once: true })
    child.on('error', (error) => reject(new Failure(`${name}: cannot be run: ${error.message}`)))
    // not `close`: a process in the background may keep the pipes open
    child.on('exit', async (code) => {
      signal.removeEventListener('abort', end)
      clearTimeout(late)
      endGroup(child, 'SIGKILL')
      await readPipes()
      for (const pipe of child.stdio) pipe?.destroy()
      if (signal.aborted) reject(new Failure('interrupted', EXIT.interrupted))
      else resolve({ code: code ?? 1, ...text })
    })
    if (signal.aborted) end()
  })
}

function endGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // it has ended
  }
}

/**
 * Resolves when all is read that ended programs have written. Every turn of the event loop reads
 * up to 2 MB of each pipe, which holds less. The first turn may have begun before the end.
 */
async function readPipes(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** The last lines of what a program has printed. */
export const tail = (text: string) => text.trim().slice(-TAIL)

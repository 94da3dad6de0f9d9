import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { isAbsolute, join, relative } from 'node:path'
import { EXIT, Failure } from '../../../scenarios/index.ts'

/** Another version of the repository of the working directory, checked out beside it. */
export interface OtherVersion {
  /** the folder that corresponds to the working directory */
  readonly directory: string
  /** the full hash of its commit */
  readonly commit: string
}

/** Output of a command that is kept to be shown, characters. */
const TAIL = 2000
/** Output of a command that is read, bytes. */
const MOST_OUTPUT = 256e6

/**
 * Checks out a version of the repository into a temporary git worktree, runs `prepare` there, and
 * removes the worktree after `use`, also after an error. Throws `Failure` where the working
 * directory is in no repository, where the version is not known, and where `prepare` fails.
 */
export async function withOtherVersion<T>(
  ref: string,
  { prepare, signal }: { readonly prepare?: string | undefined; readonly signal: AbortSignal },
  use: (version: OtherVersion) => Promise<T>,
): Promise<T> {
  const git = (...words: string[]) => command('git', words, { signal })
  const top = await git('rev-parse', '--show-toplevel')
  if (top.code !== 0) {
    throw new Failure('--against-ref: the working directory is in no git repository; change to one')
  }
  const prefix = (await git('rev-parse', '--show-prefix')).stdout.trim()
  const named = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]
  const found = await git(...named)
  if (found.code !== 0) {
    const remedy = 'fetch it first: git fetch origin, and for actions/checkout fetch-depth: 0'
    throw new Failure(`--against-ref ${ref}: git knows no such commit; ${remedy}`)
  }
  const commit = found.stdout.trim()
  const folder = await mkdtemp(join(tmpdir(), 'spillway-ref-'))
  const tree = join(folder, 'tree')
  try {
    const added = await git('worktree', 'add', '--detach', tree, commit)
    if (added.code !== 0) throw new Failure(`git worktree add: ${tail(added.stderr)}`)
    const directory = join(tree, prefix)
    if (prepare !== undefined) {
      const done = await shell(prepare, { cwd: directory, signal })
      if (done.code !== 0) {
        const said = tail(done.stderr || done.stdout)
        throw new Failure(`--prepare ${prepare}: exit code ${done.code} in ${ref}\n${said}`)
      }
    }
    return await use({ directory, commit })
  } finally {
    // not by the signal: it is set where this is needed most
    const never = new AbortController().signal
    await command('git', ['worktree', 'remove', '--force', tree], { signal: never })
    await rm(folder, { recursive: true, force: true })
  }
}

/** The path in another version of a file that is given by its path here. */
export function pathIn(directory: string, file: string): string {
  const below = isAbsolute(file) ? relative(process.cwd(), file) : file
  if (isAbsolute(below)) throw new Failure(`${file}: is not in the repository of --against-ref`)
  return join(directory, below)
}

/** An option's file in another version, or where that has none the one here, as a full path. */
export function versionOf(directory: string, file: string): string {
  const there = pathIn(directory, file)
  return existsSync(there) ? there : join(process.cwd(), relative(process.cwd(), file))
}

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

interface Running {
  readonly cwd?: string | undefined
  readonly signal: AbortSignal
}

/** Runs a line of a shell, with more words behind it. */
export function shell(line: string, running: Running, words: readonly string[] = []) {
  return command('sh', ['-c', words.length === 0 ? line : `${line} "$@"`, 'sh', ...words], running)
}

/** Runs a command to its end; an interruption ends it with all that it started. */
function command(name: string, words: readonly string[], { cwd, signal }: Running): Promise<Ended> {
  return new Promise((resolve, reject) => {
    // a process group of its own, so that an interruption ends all of it
    const child = spawn(name, words, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    const text = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (data: string) => {
      if (text.stdout.length < MOST_OUTPUT) text.stdout += data
    })
    child.stderr.setEncoding('utf8').on('data', (data: string) => {
      text.stderr = (text.stderr + data).slice(-4 * TAIL)
    })
    const end = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
      } catch {
        // it has ended
      }
    }
    signal.addEventListener('abort', end, { once: true })
    child.on('error', (error) => reject(new Failure(`${name}: cannot be run: ${error.message}`)))
    child.on('close', (code) => {
      signal.removeEventListener('abort', end)
      if (signal.aborted) reject(new Failure('interrupted', EXIT.interrupted))
      else resolve({ code: code ?? 1, ...text })
    })
    if (signal.aborted) end()
  })
}

export const tail = (text: string) => text.trim().slice(-TAIL)

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import type { main as Main } from '../runtime/main.ts'

/**
 * The built command line in this process: to start a process and to load the modules of a command
 * takes most of the time of a short command.
 */

export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** What a command runs in. */
export interface Place {
  readonly folder: string
  /** all environment variables */
  readonly env: Readonly<NodeJS.ProcessEnv>
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const MAIN = pathToFileURL(join(ROOT, 'dist/main.js')).href
let loading: Promise<{ readonly main: typeof Main }> | null = null

function built(): Promise<{ readonly main: typeof Main }> {
  loading ??= import(/* @vite-ignore */ MAIN)
  return loading
}

let last: Promise<unknown> = Promise.resolve()

/** Runs a command after those before it: working directory and environment are the process's. */
export function runInProcess(words: readonly string[], place: Place): Promise<Ended> {
  const ended = last.then(() => run(words, place))
  last = ended.catch(() => {})
  return ended
}

async function run(words: readonly string[], { folder, env }: Place): Promise<Ended> {
  const { main } = await built()
  const [stdout, stderr] = [kept(), kept()]
  const before = surroundings()
  // a fleet that a test keeps open is of no command
  const others = new Set(children().map(({ pid }) => pid))
  const [directory, variables] = [process.cwd(), { ...process.env }]
  process.chdir(folder)
  setEnvironment(env)
  let code: number
  try {
    code = await main(words, { stdout: stdout.stream, stderr: stderr.stream, colours: false })
  } finally {
    process.chdir(directory)
    setEnvironment(variables)
  }
  const after = surroundings()
  if (!isDeepStrictEqual(before, after)) {
    const [was, is] = [before, after].map((state) => JSON.stringify(state))
    throw new Error(`spillway ${words.join(' ')} left ${is} behind, which was ${was}`)
  }
  await childrenEnded(words, others)
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

function kept() {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  return { stream, text: () => Buffer.concat(chunks).toString() }
}

function setEnvironment(env: Readonly<NodeJS.ProcessEnv>): void {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name]
  for (const [name, value] of Object.entries(env)) {
    if (process.env[name] !== value) process.env[name] = value
  }
}

/** What a command must leave as it was, for the next one and for the tests. */
const surroundings = () => ({
  exitCode: process.exitCode ?? null,
  // its modules listen for the exit of the process, once they are loaded
  listeners: process
    .eventNames()
    .filter((name) => name !== 'exit')
    .map((name) => [String(name), process.listenerCount(name)]),
  streams: [process.stdout, process.stderr].map((stream) =>
    stream.eventNames().map((name) => [String(name), stream.listenerCount(name)]),
  ),
})

/** Times that the processes of a command are looked for, 10 ms apart: they end by SIGKILL. */
const LOOKS = 1000

/** Throws if processes that a command started remain, but those that the next command takes. */
async function childrenEnded(words: readonly string[], others: ReadonlySet<number>): Promise<void> {
  let left: readonly string[] = []
  for (let look = 0; look < LOOKS; look++) {
    left = children().flatMap(({ pid, entry }) =>
      others.has(pid) || WAITING.test(entry) ? [] : entry,
    )
    if (left.length === 0) return
    await sleep(10)
  }
  throw new Error(`spillway ${words.join(' ')} left processes behind: ${left.join(', ')}`)
}

/** Entry points of processes that wait for the next command. */
const WAITING = /^(simulation|parquet)-process$/

/** Ends the processes that wait for the next command: their working directory is to be removed. */
export function endWaiting(): void {
  for (const { pid, entry } of children()) if (WAITING.test(entry)) process.kill(pid, 'SIGKILL')
}

/** Children of this process that run an entry point. */
function children(): readonly { readonly pid: number; readonly entry: string }[] {
  const read = (path: string) => {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      return ''
    }
  }
  return readdirSync('/proc/self/task')
    .flatMap((thread) => read(`/proc/self/task/${thread}/children`).split(' ').filter(Boolean))
    .flatMap((pid) => {
      const entry = /dist\/([\w-]+-process)\.js/.exec(read(`/proc/${pid}/cmdline`))?.[1]
      return entry === undefined ? [] : [{ pid: Number(pid), entry }]
    })
}

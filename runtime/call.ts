import type { Writable } from 'node:stream'
import type { ExitCode } from '../scenarios/index.ts'

/** A stream that a command prints on. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number }

/** Streams of a command; `process` has them. */
export interface Io {
  readonly stdout: Output
  readonly stderr: Output
  /** default: as this process colours its own stdout */
  readonly colours?: boolean
}

/** One call of the command line: its words, and its state so far. */
export interface Call {
  /** the command line without `spillway` */
  readonly words: readonly string[]
  readonly io: Io
  /** set by the command; null: none has run */
  exitCode: ExitCode | null
  /** drops all notes */
  quiet: boolean
  /** whether the reader of stdout has closed the pipe */
  readerLeft: boolean
  /** notes that were printed, each once */
  readonly noted: Set<string>
}

const newCall = (words: readonly string[], io: Io): Call => ({
  words,
  io,
  exitCode: null,
  quiet: false,
  readerLeft: false,
  noted: new Set(),
})

/** For code that prints without a command, such as its tests. */
const NO_COMMAND = newCall([], process)

let current = NO_COMMAND

/** The call that is running. */
export const call = (): Call => current

/**
 * Runs `work` as a call. There is one at a time: working directory, environment and signals are
 * those of the process.
 */
export async function asCall<T>(
  words: readonly string[],
  io: Io,
  work: (call: Call) => Promise<T>,
): Promise<T> {
  if (current !== NO_COMMAND) throw new Error('a command is already running in this process')
  current = newCall(words, io)
  try {
    return await work(current)
  } finally {
    current = NO_COMMAND
  }
}

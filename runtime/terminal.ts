import pc from 'picocolors'
import { visible } from '../scenarios/index.ts'
import { notWritten } from './folders/write-whole.ts'

/**
 * Everything that a command prints passes through here. Foreign text of scenarios, traces, models
 * and documents cannot move the cursor, colour or reorder the text beside it.
 */

/** Text with a style. It is an object, so that foreign text cannot imitate it. */
export interface Styled {
  readonly style: 'blue' | 'bold' | 'dim' | 'green' | 'magenta' | 'red' | 'yellow'
  readonly text: string
}

export type Printable = string | Styled | readonly Printable[]

export const styled = (style: Styled['style'], text: string): Styled => ({ style, text })

/** The output for a terminal: the only control characters are line breaks, tabs and our styles. */
export function rendered(printable: Printable): string {
  if (typeof printable === 'string') return visible(printable)
  if ('style' in printable) return pc[printable.style](visible(printable.text))
  return printable.map(rendered).join('')
}

/** Columns where stdout is no terminal, and the fewest that plots are drawn for. */
const USUAL_COLUMNS = 80
const FEWEST_COLUMNS = 40

/** Columns for what is printed on stdout. */
export function columns(): number {
  return Math.max(FEWEST_COLUMNS, process.stdout.columns ?? USUAL_COLUMNS)
}

let readerLeft = false

/** Prints on stdout. Returns false once the reader has closed the pipe, which is no error. */
export function out(...parts: readonly Printable[]): boolean {
  if (readerLeft) return false
  try {
    process.stdout.write(rendered(parts))
  } catch (error) {
    if (!hasLeft(error)) throw notWritten('stdout', error)
    readerLeft = true
  }
  return !readerLeft
}

/** Prints on stderr. Text that cannot be printed there is lost without an error. */
export function err(...parts: readonly Printable[]): void {
  try {
    process.stderr.write(rendered(parts))
  } catch {}
}

let quiet = false

/** Drops all notes from now on. */
export function silenceNotes(): void {
  quiet = true
}

/** Whether progress and warnings are shown. */
export const showsNotes = () => !quiet

/** Prints progress or a warning on stderr, unless the command is quiet. */
export function note(...parts: readonly Printable[]): void {
  if (!quiet) err(...parts)
}

/** Handles write errors that are reported after the call; those of stdout are passed to `fail`. */
export function watchOutput(fail: (error: unknown) => void): void {
  process.stderr.on('error', () => {})
  process.stdout.on('error', (error) => {
    if (hasLeft(error)) readerLeft = true
    else fail(notWritten('stdout', error))
  })
}

/** Resolves when all output on stdout has left this process or was refused. */
export async function drained(): Promise<void> {
  // write errors of files arrive as events
  await new Promise((resolve) => setImmediate(resolve))
  return new Promise((resolve) => {
    if (readerLeft || process.stdout.writableLength === 0) resolve()
    else process.stdout.once('drain', resolve).once('close', resolve)
  })
}

const hasLeft = (error: unknown) => (error as NodeJS.ErrnoException).code === 'EPIPE'

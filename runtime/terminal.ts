import pc from 'picocolors'
import { visible, visibleLine } from '../scenarios/light.ts'
import { call } from './call.ts'
import { notWritten } from './folders/system-refusal.ts'

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
  if ('style' in printable) return palette()[printable.style](visible(printable.text))
  return printable.map(rendered).join('')
}

function palette(): typeof pc {
  const { colours } = call().io
  return colours === undefined ? pc : (pc.createColors(colours) as typeof pc)
}

/**
 * What is printed, for a runner of continuous integration that looks for commands at the beginning
 * of lines: GitHub Actions ignores spaces there.
 */
const printed = (parts: readonly Printable[]) =>
  rendered(parts).replace(/^([^\S\n]*):(?=:)/gm, '$1\\u{3a}')

/** Columns where stdout is no terminal, and the fewest that plots are drawn for. */
const USUAL_COLUMNS = 80
const FEWEST_COLUMNS = 40

/** Columns for what is printed on stdout. */
export function columns(): number {
  const { io } = call()
  return Math.max(FEWEST_COLUMNS, io.stdout.columns ?? USUAL_COLUMNS)
}

/** Columns for help on a stream. */
function helpWidth(stream: 'stdout' | 'stderr'): number {
  const { isTTY, columns = USUAL_COLUMNS } = call().io[stream]
  return isTTY === true ? columns : USUAL_COLUMNS
}

/** How commander prints. */
export const helpOutput = {
  writeOut: (text: string) => void out(text),
  writeErr: (text: string) => err(text),
  outputError: (text: string) => err(errorLine(text)),
  getOutHelpWidth: () => helpWidth('stdout'),
  getErrHelpWidth: () => helpWidth('stderr'),
}

/** An error of commander: what was typed stays on its line, the suggestion has one of its own. */
function errorLine(text: string): string {
  const [, message = text, suggestion = ''] =
    /^([\s\S]*?)(\n\(Did you mean [^\n]*\?\))?\n$/.exec(text) ?? []
  return `${visibleLine(message)}${suggestion}\n`
}

/** Prints on stdout. Returns false once the reader has closed the pipe, which is no error. */
export function out(...parts: readonly Printable[]): boolean {
  const running = call()
  const { io } = running
  if (running.readerLeft) return false
  try {
    io.stdout.write(printed(parts))
  } catch (error) {
    if (!hasLeft(error)) throw notWritten('stdout', error)
    running.readerLeft = true
  }
  return !running.readerLeft
}

/** Prints on stderr. Text that cannot be printed there is lost without an error. */
export function err(...parts: readonly Printable[]): void {
  toStderr(printed(parts))
}

/** Prints a command to the runner of continuous integration on a line of stderr. */
export function errCommand(command: string): void {
  toStderr(`${visibleLine(command)}\n`)
}

function toStderr(text: string): void {
  const { io } = call()
  try {
    io.stderr.write(text)
  } catch {}
}

/** Prints progress or a warning on stderr, unless the command is quiet. */
export function note(...parts: readonly Printable[]): void {
  if (!call().quiet) err(...parts)
}

/**
 * Handles write errors that are reported after the call; those of stdout are passed to `fail`.
 * Returns a function that ends this.
 */
export function watchOutput(fail: (error: unknown) => void): () => void {
  const running = call()
  const { io } = running
  const lost = () => {}
  const failed = (error: unknown) => {
    if (hasLeft(error)) running.readerLeft = true
    else fail(notWritten('stdout', error))
  }
  io.stderr.on('error', lost)
  io.stdout.on('error', failed)
  return () => {
    io.stderr.off('error', lost)
    io.stdout.off('error', failed)
  }
}

/** Resolves when all output on stdout has left this process or was refused. */
export async function drained(): Promise<void> {
  const running = call()
  const { io } = running
  // write errors of files arrive as events
  await new Promise((resolve) => setImmediate(resolve))
  return new Promise((resolve) => {
    if (running.readerLeft || io.stdout.writableLength === 0) resolve()
    else io.stdout.once('drain', resolve).once('close', resolve)
  })
}

const hasLeft = (error: unknown) => (error as NodeJS.ErrnoException).code === 'EPIPE'

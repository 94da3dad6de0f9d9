import pc from 'picocolors'
import { visible } from '../scenarios/index.ts'
import { notWritten } from './folders/write-whole.ts'

/**
 * All that a command prints passes here, and what scenarios, traces, models and documents hold
 * cannot move the cursor, colour or reorder what stands beside it.
 */

/** Text in a style of ours: an object, as no foreign text can pass for one. */
export interface Styled {
  readonly style: 'bold' | 'green' | 'red' | 'yellow'
  readonly text: string
}

export type Printable = string | Styled | readonly Printable[]

export const styled = (style: Styled['style'], text: string): Styled => ({ style, text })

/** What a terminal gets for it: no control characters but line breaks, tabs and our styles. */
export function rendered(printable: Printable): string {
  if (typeof printable === 'string') return visible(printable)
  if ('style' in printable) return pc[printable.style](visible(printable.text))
  return printable.map(rendered).join('')
}

let readerLeft = false

/**
 * Prints on stdout. False once the reader has left, as `head` does when it has seen enough: that is
 * no error, and the rest is not printed. Throws `Failure` where stdout cannot be written.
 */
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

/** Prints on stderr. What cannot be printed there is lost, and changes nothing else. */
export function err(...parts: readonly Printable[]): void {
  try {
    process.stderr.write(rendered(parts))
  } catch {}
}

/** Watches for refusals that come after the call; those of stdout are passed to `fail`. */
export function watchOutput(fail: (error: unknown) => void): void {
  process.stderr.on('error', () => {})
  process.stdout.on('error', (error) => {
    if (hasLeft(error)) readerLeft = true
    else fail(notWritten('stdout', error))
  })
}

/** Resolves when all that was printed on stdout has left this process, or was refused. */
export async function drained(): Promise<void> {
  // refusals by files come as events
  await new Promise((resolve) => setImmediate(resolve))
  return new Promise((resolve) => {
    if (readerLeft || process.stdout.writableLength === 0) resolve()
    else process.stdout.once('drain', resolve).once('close', resolve)
  })
}

const hasLeft = (error: unknown) => (error as NodeJS.ErrnoException).code === 'EPIPE'

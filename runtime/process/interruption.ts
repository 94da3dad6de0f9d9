// this module is loaded before all others: the index of scenarios/ would load slow modules
import { EXIT, Failure } from '../../scenarios/failure.ts'

/** Signals that ask a command to end. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

type Handler = (signal: NodeJS.Signals) => void

let current: Handler | null = null

/** The handler that `onEnding` has set. */
export const endingHandler = (): Handler | null => current

/** Replaces the handler of the signals that ask a command to end; null: removes it. */
export function onEnding(handler: Handler | null): void {
  for (const signal of ENDING) {
    // in this order: a signal without a handler ends the process
    if (handler !== null) process.on(signal, handler)
    if (current !== null) process.off(signal, current)
  }
  current = handler
}

/** Handler before a command has begun: there is nothing to clean up. */
export function endAtOnce(): void {
  process.exit(EXIT.interrupted)
}

/** Handler after a command: the process ends anyway. */
export function ignore(): void {}

/** Lets an interruption take effect that was received during work without a pause. */
export async function pause(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  throwIfAborted(signal)
}

/** Pieces of work with a pause after each. */
export async function* paused<T>(
  pieces: Iterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  for (const piece of pieces) {
    yield piece
    await pause(signal)
  }
}

/** Throws `Failure` once a signal is set. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new Failure('interrupted', EXIT.interrupted)
}

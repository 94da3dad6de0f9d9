// this module is loaded before all others: the door of scenarios would bring what takes time
import { EXIT, Failure } from '../../scenarios/failure.ts'

/** Signals that ask a command to end. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

type Handler = (signal: NodeJS.Signals) => void

let current: Handler | null = null

/** Replaces what the signals that ask a command to end do. */
export function onEnding(handler: Handler): void {
  for (const signal of ENDING) {
    // in this order: a signal that no handler takes ends the process by itself
    process.on(signal, handler)
    if (current !== null) process.off(signal, current)
  }
  current = handler
}

/** Before a command has begun there is nothing to tidy up. */
export function endAtOnce(): void {
  process.exit(EXIT.interrupted)
}

/** Once a command is done it ends as it would have ended anyway. */
export function ignore(): void {}

/** Lets a Ctrl-C that came during work without a pause take effect now. */
export async function pause(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  stopWhere(signal)
}

/** Throws `Failure` once a signal is set. */
export function stopWhere(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new Failure('interrupted', EXIT.interrupted)
}

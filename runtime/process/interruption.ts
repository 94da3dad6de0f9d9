// this module is loaded before all others: the index of scenarios/ would load slow modules
import { EXIT } from '../../scenarios/failure.ts'

/** Signals that ask a command to end. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

type Handler = (signal: NodeJS.Signals) => void

let current: Handler | null = null

/** Replaces the handler of the signals that ask a command to end. */
export function onEnding(handler: Handler): void {
  for (const signal of ENDING) {
    // in this order: a signal without a handler ends the process
    process.on(signal, handler)
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

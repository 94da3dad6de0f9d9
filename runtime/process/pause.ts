import { EXIT, Failure } from '../../scenarios/index.ts'

/** Lets an interruption that came during work without a pause take effect now. */
export async function pause(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  if (signal.aborted) throw new Failure('interrupted', EXIT.interrupted)
}

/** Pieces of work with a pause after each. */
export async function* paused<T>(pieces: Iterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  for (const piece of pieces) {
    yield piece
    await pause(signal)
  }
}

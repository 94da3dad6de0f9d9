import { Failure } from '../../scenarios/index.ts'

/** What V8 and Node say where something is larger than memory, or than it may be. */
const SAYINGS: readonly RegExp[] = [
  /^Array buffer allocation failed$/,
  /^Invalid (typed array|array|string) length\b/,
  /^(Map|Set) maximum size exceeded$/,
  /\bERR_MEMORY_ALLOCATION_FAILED\b/,
  /\bERR_STRING_TOO_LONG\b/,
]

/** An allocation that failed as a `Failure` that says what helps; null for any other error. */
export function allocationFailure(error: unknown): Failure | null {
  if (!(error instanceof Error)) return null
  const { message } = error
  const said = [message, String((error as NodeJS.ErrnoException).code)]
  if (!said.some((text) => SAYINGS.some((saying) => saying.test(text)))) return null
  return new Failure(
    `memory ran out (${message}); fewer requests take less: shorten duration_s, bound the queues ` +
      'with max_length or timeout_ms, or simulate fewer runs at once by --workers',
  )
}

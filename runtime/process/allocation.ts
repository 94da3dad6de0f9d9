import { Failure } from '../../scenarios/index.ts'

/** Messages of V8 and Node for an allocation that exceeds memory or a size limit. */
const SAYINGS: readonly RegExp[] = [
  /^Array buffer allocation failed$/,
  /^Invalid (typed array|array|string) length\b/,
  /^(Map|Set) maximum size exceeded$/,
  /\bERR_MEMORY_ALLOCATION_FAILED\b/,
  /\bERR_STRING_TOO_LONG\b/,
]

/** An allocation error as a `Failure` that names a remedy; null for any other error. */
export function allocationFailure(error: unknown): Failure | null {
  if (!(error instanceof Error)) return null
  const { message } = error
  const said = [message, String((error as NodeJS.ErrnoException).code)]
  if (!said.some((text) => SAYINGS.some((saying) => saying.test(text)))) return null
  return new Failure(
    `memory ran out (${message}); fewer requests take less: shorten duration_s, bound the queues ` +
      'with max_length or timeout_ms, or simulate fewer runs at once with --workers',
  )
}

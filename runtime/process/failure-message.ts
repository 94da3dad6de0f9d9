import { type ExitCode, Failure } from '../../scenarios/light.ts'

/** The error of a thread or process of ours, as a message. */
export type FailureMessage =
  | { readonly kind: 'failed'; readonly problems: readonly string[]; readonly exitCode: ExitCode }
  | { readonly kind: 'broken'; readonly stack: string }

/** An error as plain data, which can be sent. */
export function failureMessage(error: unknown): FailureMessage {
  const failure = error instanceof Failure ? error : allocationFailure(error)
  if (failure !== null) {
    return { kind: 'failed', problems: failure.problems, exitCode: failure.exitCode }
  }
  return { kind: 'broken', stack: (error as Error | null)?.stack ?? String(error) }
}

export function failureOf(message: FailureMessage): Error {
  if (message.kind === 'failed') return new Failure(message.problems, message.exitCode)
  const error = new Error(message.stack.split('\n')[0])
  error.stack = message.stack
  return error
}

export function isFailure(message: unknown): message is FailureMessage {
  return ['failed', 'broken'].includes((message as FailureMessage).kind)
}

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
    `${RAN_OUT} (${message}); fewer requests take less: shorten duration_s, bound the queues ` +
      'with max_length or timeout_ms, or simulate fewer runs at once with --workers',
  )
}

const RAN_OUT = 'memory ran out'

/** The same for a process that ended for lack of memory. */
export const outOfMemory = ({ problems }: Failure) => new Failure(`${RAN_OUT}: ${problems[0]}`)

/** Whether a failure is one of `allocationFailure`, also after it was sent. */
export const saysOutOfMemory = ({ problems }: Failure) =>
  problems.some((text) => text.startsWith(RAN_OUT))

import { type ExitCode, Failure } from '../../scenarios/light.ts'
import { allocationFailure } from '../folders/system-refusal.ts'

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

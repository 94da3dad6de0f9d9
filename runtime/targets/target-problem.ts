import { Failure } from '../../scenarios/index.ts'

/** What went wrong with a call: an error of its kind is counted, and ends no replay. */
export const TARGET_PROBLEMS = [
  'refused',
  'connection lost',
  'time-out',
  'status',
  'answer',
  // of streams of tokens, whose status is known before they have failed
  'stream error',
  'stream cut',
  'token count',
] as const
export type TargetProblemKind = (typeof TARGET_PROBLEMS)[number]

/** Throws `Failure` where a server has not answered batches as it should while it was measured. */
export function expectAnswered(problems: Readonly<Record<string, number>> = {}): void {
  const kinds = Object.entries(problems)
  if (kinds.length === 0) return
  const text = kinds.map(([kind, count]) => `${kind} ${count}`).join(', ')
  throw new Failure(`the server did not answer batches as it should while it was measured: ${text}`)
}

/** A call that a server has not answered as its protocol has it. */
export class TargetProblem extends Error {
  readonly kind: TargetProblemKind

  constructor(kind: TargetProblemKind, text: string) {
    super(text)
    this.kind = kind
  }
}

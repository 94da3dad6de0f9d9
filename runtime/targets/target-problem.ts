/** What went wrong with a call: an error of its kind is counted, and ends no replay. */
export const TARGET_PROBLEMS = [
  'refused',
  'connection lost',
  'time-out',
  'status',
  'answer',
] as const
export type TargetProblemKind = (typeof TARGET_PROBLEMS)[number]

/** A call that a server has not answered as its protocol has it. */
export class TargetProblem extends Error {
  readonly kind: TargetProblemKind

  constructor(kind: TargetProblemKind, text: string) {
    super(text)
    this.kind = kind
  }
}

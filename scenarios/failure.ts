/** Exit codes of all commands, in one file, so that scripts and docs can rely on them. */
export const EXIT = {
  ok: 0,
  internal: 1,
  usage: 2,
  invalidInput: 3,
  failed: 4,
  undecided: 5,
  notComparable: 6,
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/**
 * An error that the user can correct; it is printed without a stack trace. Holds every problem
 * found, one message each, and the exit code of the command.
 */
export class Failure extends Error {
  readonly problems: readonly string[]
  readonly exitCode: ExitCode

  constructor(problems: string | readonly string[], exitCode: ExitCode = EXIT.invalidInput) {
    const list = typeof problems === 'string' ? [problems] : problems
    super(list.join('\n'))
    this.name = 'Failure'
    this.problems = list
    this.exitCode = exitCode
  }
}

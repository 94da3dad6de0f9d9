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

/** What each exit code says, for the reference. */
export const exitMeanings: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'The command did what was asked, and nothing that it judges has failed.',
  internal: 'An internal error: a fault of Spillway. Please report it with the printed stack.',
  usage: 'The command line is wrong: an unknown command or option, or a value out of its range.',
  invalidInput:
    'An input cannot be used: a scenario, model, trace, profile or folder; or an output cannot be written.',
  failed: 'An objective, a check, a plan or a gate has failed. The output names which.',
  undecided: 'The evidence is too thin to decide. The output states what would decide it.',
  notComparable:
    'Both sides cannot be compared: other versions, other requests, or a load at which queues decide the tail.',
  interrupted:
    'The command was interrupted by Ctrl-C, SIGTERM or SIGHUP. It left no half-written file.',
}

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/**
 * An error that the user can correct; it is printed without a stack trace. Holds every problem
 * found, one message each, and the exit code of the command.
 */
export class Failure extends Error {
  readonly problems: readonly string[]
  readonly exitCode: ExitCode
  /** the last lines that another program printed about it */
  readonly said: string

  constructor(
    problems: string | readonly string[],
    exitCode: ExitCode = EXIT.invalidInput,
    said = '',
  ) {
    const list = typeof problems === 'string' ? [problems] : problems
    super([...list, ...(said === '' ? [] : [said])].join('\n'))
    this.name = 'Failure'
    this.problems = list
    this.exitCode = exitCode
    this.said = said
  }
}

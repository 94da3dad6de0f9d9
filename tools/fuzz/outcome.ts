import { EXIT } from '../../scenarios/index.ts'

/** The outcome of a command with an input. */
export interface Outcome {
  /** null if a signal ended it */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** peak resident memory, MiB; 0 if unknown */
  readonly peakMib: number
  /** whether it exceeded the limit; `unresponsive`: and did not end on SIGINT */
  readonly overran: 'no' | 'responsive' | 'unresponsive'
}

/** done, usage, invalid input, a check failed, undecided, not comparable */
const ALLOWED = new Set<number | null>([0, 2, 3, 4, 5, 6])
export const MOST_MIB = 1024

/**
 * Control, C1 and bidirectional characters. Only line breaks and tabs are harmless in a terminal.
 */
const RAW = /[^\n\t\P{Cc}]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/u

/** What a runner of continuous integration takes for a command. */
const COMMAND = /^\s*::|##[a-z]*\[/im

/** Output for other programs: it is data, in which JSON escapes control characters. */
const isData = (args: readonly string[]) =>
  args.includes('--json') || ['requests', 'schema'].includes(args[0] ?? '')

/** Memory that a simulation warned about in advance, MiB; 0 without a warning. */
export function announcedMib(stderr: string): number {
  const [, gb = '0', runs = '0'] = /takes ([\d.]+) GB of memory in each of (\d+)/.exec(stderr) ?? []
  return (Number(gb) * Number(runs) * 1e9) / 2 ** 20
}

/** The fault of an outcome; null if there is none. */
export function faultOf(args: readonly string[], outcome: Outcome): string | null {
  const { code, signal, stdout, stderr, peakMib, overran } = outcome
  if (overran === 'unresponsive') return 'does not end on SIGINT'
  if (overran === 'responsive') return 'does not end before SIGINT'
  if (peakMib > MOST_MIB) return `needs ${peakMib.toFixed(0)} MiB`
  if (signal !== null) return `ended by ${signal}`
  const internal = /internal error.*/.exec(stderr)
  if (internal !== null) return internal[0].slice(0, 100)
  if (/\n\s+at /.test(stderr)) return 'prints a stack trace'
  if (!ALLOWED.has(code)) return `exit code ${code}`
  if ([2, 3, 6].includes(code!) && stderr === '') return `exit code ${code} without a message`
  if (COMMAND.test(stderr) || COMMAND.test(stdout)) return 'prints a command of a runner'
  if (RAW.test(stderr)) return 'raw control characters on stderr'
  if (!isData(args) && RAW.test(stdout)) return 'raw control characters on stdout'
  return null
}

/** Whether a command did its work, whatever its verdict on the scenarios of these tests. */
export const isJudged = (code: number | null): boolean =>
  [EXIT.ok, EXIT.failed, EXIT.undecided].some((exit) => exit === code)

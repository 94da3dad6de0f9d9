import { expect } from 'vitest'
import type { Ended } from './spillway.ts'

/** Verdicts and the exit codes that the manual states for them, apart from the code of commands. */
const CODES: Readonly<Record<string, number>> = {
  PASS: 0,
  IMPROVED: 0,
  NEW: 0,
  FAIL: 4,
  UNDECIDED: 5,
  'NOT COMPARABLE': 6,
}

interface Judged {
  readonly verdict: string | null
}

/** What documents have that decides the exit code of the command that made them. */
interface Document {
  readonly document?: string
  readonly verdict?: string
  readonly objectives?: readonly Judged[]
  readonly winner?: unknown
  readonly verified?: Judged | null
  readonly rows?: readonly Judged[]
  readonly with_inputs?: unknown
  readonly variants?: readonly { readonly row: Judged }[]
}

/**
 * The exit code of a command by its document: of the worst objective of a result, of the best
 * variant, of the plan that is recommended, or of the verdict; 0 for documents without one.
 */
export function exitCodeBy(document: unknown): number {
  const { document: kind, ...fields } = document as Document
  if (kind === 'spillway-result') return codeOf(fields.objectives!, ['FAIL', 'UNDECIDED', 'PASS'])
  if (kind === 'spillway-variants') {
    const rows = fields.variants!.map(({ row }) => row)
    return codeOf(rows, ['PASS', 'UNDECIDED', 'FAIL'])
  }
  if (kind === 'spillway-plan') {
    if (fields.winner !== null)
      return codeOf(fields.verified ? [fields.verified] : [], Object.keys(CODES))
    const isOpen = fields.rows!.some(({ verdict }) => verdict === 'UNDECIDED')
    return isOpen || fields.with_inputs !== undefined ? 5 : 4
  }
  return fields.verdict === undefined ? 0 : CODES[fields.verdict]!
}

/** The first of some verdicts that any has; 0 where nothing is judged. */
function codeOf(judged: readonly Judged[], order: readonly string[]): number {
  const first = order.find((candidate) => judged.some(({ verdict }) => verdict === candidate))
  return first === undefined ? 0 : CODES[first]!
}

/** Expects that the exit code of a command states what its document does. */
export function expectExitBy(document: unknown, { code, stderr }: Ended): void {
  expect(code, stderr).toBe(exitCodeBy(document))
}

/** The same for a text with a line that begins with the verdict, such as `# PASS: …`. */
export function expectExitByText(begin: RegExp, { code, stdout, stderr }: Ended): void {
  const [, verdict] = begin.exec(stdout) ?? []
  expect(Object.keys(CODES), stdout + stderr).toContain(verdict)
  expect(code, stderr).toBe(CODES[verdict!])
}

import { EXIT, type ExitCode } from '../../scenarios/index.ts'
import type { Result, Verdict } from '../../sim/documents/index.ts'
import { documentText } from '../folders/documents.ts'
import { type FolderChange, replaceFiles } from '../folders/replace-files.ts'
import { out, type Printable } from '../terminal.ts'

/**
 * Writes documents to the directory of --out, if there is one, with the changes of `stage`.
 * Prints the main document with --json, otherwise the text.
 */
export async function emit(
  options: { readonly out?: string | undefined; readonly json?: boolean | undefined },
  documents: Readonly<Record<string, unknown>>,
  main: string,
  text: Printable,
  stage: (change: FolderChange) => Promise<void> = async () => {},
): Promise<void> {
  if (options.out !== undefined) {
    await replaceFiles(options.out, async (change) => {
      await stage(change)
      await writeDocuments(change, documents)
    })
  }
  print(options, documents[main], text)
}

export async function writeDocuments(
  change: FolderChange,
  documents: Readonly<Record<string, unknown>>,
): Promise<void> {
  for (const [name, document] of Object.entries(documents)) {
    await change.write(`${name}.json`, documentText(document))
  }
}

/** Prints a document with --json, otherwise a text. */
export function print(
  options: { readonly json?: boolean | undefined },
  document: unknown,
  text: Printable,
): void {
  if (options.json === true) out(documentText(document))
  else out(text, '\n')
}

/** Exit codes of commands whose purpose is a verdict. */
export const VERDICT_EXIT: Readonly<Record<Verdict, ExitCode>> = {
  PASS: EXIT.ok,
  FAIL: EXIT.failed,
  UNDECIDED: EXIT.undecided,
}

/** By the worst of some verdicts; 0 where there are none. */
export function exitOf(verdicts: readonly Verdict[]): ExitCode {
  const worst = (['FAIL', 'UNDECIDED'] as const).find((verdict) => verdicts.includes(verdict))
  return VERDICT_EXIT[worst ?? 'PASS']
}

export const objectivesExit = ({ objectives }: Result): ExitCode =>
  exitOf(objectives.map(({ verdict }) => verdict))

/** The verdict from which on a command fails: with `fail`, UNDECIDED ends with 0. */
export type FailOn = 'fail' | 'undecided'

export const failingOn = (failOn: FailOn, code: ExitCode): ExitCode =>
  failOn === 'fail' && code === EXIT.undecided ? EXIT.ok : code

import { EXIT, type ExitCode } from '../../scenarios/index.ts'
import type { CaseVerdict } from '../../sim/documents/index.ts'
import type { DocumentKind } from '../documents/document-kind.ts'
import { documentText } from '../folders/documents.ts'
import { type FolderChange, replaceFiles } from '../folders/replace-files.ts'
import { out, type Printable } from '../terminal.ts'

/** The page of a folder. */
export const PAGE_FILE = 'report.html'

interface Emitted {
  /** its name without .json, where the kind has none */
  readonly file?: string
  /** by default that of the kind */
  readonly text?: Printable
  /** further changes of the folder */
  readonly stage?: (change: FolderChange) => Promise<void>
}

/**
 * Writes a document and its page to the directory of --out, if there is one, with the changes of
 * `stage`. Prints the document with --json, otherwise its text. Returns the exit code of its
 * verdict.
 */
export async function emit<D>(
  options: { readonly out?: string | undefined; readonly json?: boolean | undefined },
  kind: DocumentKind<D>,
  document: NoInfer<D>,
  { stage, file = kind.file, text }: Emitted = {},
): Promise<ExitCode> {
  const { out: directory } = options
  if (directory !== undefined) {
    await replaceFiles(directory, async (change) => {
      await stage?.(change)
      if (file !== undefined) await change.write(`${file}.json`, documentText(document))
      const page = await kind.page?.(document)
      if (page !== undefined) await change.write(kind.pageFile ?? PAGE_FILE, page)
    })
  }
  print(options, document, text ?? kind.text?.(document, directory ?? null) ?? '')
  return exitOf(kind.verdict?.(document) ?? null)
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

const EXIT_BY: Readonly<Record<CaseVerdict, ExitCode>> = {
  PASS: EXIT.ok,
  IMPROVED: EXIT.ok,
  NEW: EXIT.ok,
  FAIL: EXIT.failed,
  UNDECIDED: EXIT.undecided,
  'NOT COMPARABLE': EXIT.notComparable,
}

/** The exit code of a command whose purpose is a verdict; 0 where nothing is judged. */
export const exitOf = (verdict: CaseVerdict | null): ExitCode =>
  verdict === null ? EXIT.ok : EXIT_BY[verdict]

/** The verdict from which on a command fails: with `fail`, UNDECIDED ends with 0. */
export type FailOn = 'fail' | 'undecided'

export const failingOn = (failOn: FailOn, code: ExitCode): ExitCode =>
  failOn === 'fail' && code === EXIT.undecided ? EXIT.ok : code

import { documentText } from '../folders/document-text.ts'
import { type FolderChange, replaceFiles } from '../folders/replace-files.ts'
import { out, type Printable } from '../terminal.ts'

/**
 * Writes documents to a directory, if one was named, together with what else `stage` changes there;
 * and prints the main one with --json, else the text.
 */
export async function emit(
  options: { readonly out?: string | undefined; readonly json?: boolean | undefined },
  documents: Readonly<Record<string, unknown>>,
  main: string,
  text: string,
  stage: (change: FolderChange) => Promise<void> = async () => {},
): Promise<void> {
  if (options.out !== undefined) {
    await replaceFiles(options.out, async (change) => {
      await stage(change)
      for (const [name, document] of Object.entries(documents)) {
        await change.write(`${name}.json`, documentText(document))
      }
    })
  }
  print(options, documents[main], text)
}

/** Prints a document with --json, else a text in its place. */
export function print(
  options: { readonly json?: boolean | undefined },
  document: unknown,
  text: Printable,
): void {
  if (options.json === true) out(documentText(document))
  else out(text, '\n')
}

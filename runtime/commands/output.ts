import { type FolderChange, replaceFiles } from '../replace-files.ts'
import { writeWhole } from '../write-whole.ts'

export { writeWhole }

// a line break cannot stand inside a JSON string, so no text is touched
const NUMBERS = /\[\n\s*((?:-?[\d.e+-]+|null)(?:,\n\s*(?:-?[\d.e+-]+|null))*)\n\s*\]/g

/** A document as its file holds it: indented, but lists of numbers on one line each. */
export function documentText(document: unknown): string {
  const text = JSON.stringify(document, null, 2)
  return `${text.replace(NUMBERS, (_, list: string) => `[${list.replace(/\s+/g, '')}]`)}\n`
}

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
  process.stdout.write(options.json === true ? documentText(documents[main]) : `${text}\n`)
}

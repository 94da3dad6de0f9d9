import { join } from 'node:path'
import { writeWhole } from '../write-whole.ts'

export { writeWhole }

export function documentText(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`
}

/** Writes documents to a directory, if one was named, and the main one to stdout with --json. */
export async function emit(
  options: { readonly out?: string | undefined; readonly json?: boolean | undefined },
  documents: Readonly<Record<string, unknown>>,
  main: string,
  text: string,
): Promise<void> {
  if (options.out !== undefined) {
    for (const [name, document] of Object.entries(documents)) {
      await writeWhole(join(options.out, `${name}.json`), documentText(document))
    }
  }
  process.stdout.write(options.json === true ? documentText(documents[main]) : `${text}\n`)
}

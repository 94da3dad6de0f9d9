import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Writes a file whole or not at all: to a neighbour first, synced, then renamed over it. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const unfinished = `${path}.${process.pid}.tmp`
  try {
    await mkdir(dirname(path), { recursive: true })
    const file = await open(unfinished, 'w')
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
}

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

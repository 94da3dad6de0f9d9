import { visibleJson } from '../../scenarios/index.ts'

// a line break cannot stand inside a JSON string, so no text is touched
const NUMBERS = /\[\n\s*((?:-?[\d.e+-]+|null)(?:,\n\s*(?:-?[\d.e+-]+|null))*)\n\s*\]/g

/**
 * A document as its file and stdout hold it: indented, but lists of numbers on one line each, and
 * safe for a terminal.
 */
export function documentText(document: unknown): string {
  const text = JSON.stringify(document, null, 2)
  const short = text.replace(NUMBERS, (_, list: string) => `[${list.replace(/\s+/g, '')}]`)
  return `${visibleJson(short)}\n`
}

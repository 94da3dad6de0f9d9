import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { SHARED } from '../published.ts'

/** A published table in `facts/`, packed or not; no cell has a comma in quotes. */
export interface Table {
  readonly exists: boolean
  /** rows as cells by column */
  rows(): Record<string, string>[]
}

export function factsTable(name: string): Table {
  const file = new URL(`facts/${name}`, SHARED)
  return {
    exists: existsSync(file),
    rows: () => {
      const bytes = readFileSync(file)
      const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
      const [head, ...lines] = text.split('\n').filter((line) => line !== '' && line[0] !== '#')
      const columns = head!.split(',')
      return lines.map((line) => {
        const cells = line.split(',')
        return Object.fromEntries(columns.map((column, i) => [column, cells[i] ?? '']))
      })
    },
  }
}

import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { SHARED } from '../published.ts'

const fileOf = (name: string) => new URL(`facts/${name}`, SHARED)

/** Whether a table of published facts is available. */
export function haveFacts(name: string): boolean {
  return existsSync(fileOf(name))
}

/** The rows of a table without quoted cells, each by the names of its columns. */
export function factRows(name: string): ReadonlyMap<string, string>[] {
  const [head, ...lines] = readFileSync(fileOf(name), 'utf8').trim().split(/\r?\n/)
  const columns = head!.split(',')
  return lines.map((line) => {
    const cells = line.split(',')
    if (cells.length !== columns.length) throw new Error(`${name}: expected ${head}, got ${line}`)
    return new Map(columns.map((column, i) => [column, cells[i]!]))
  })
}

/** A published table in `facts/`, packed or not; no cell has a comma in quotes. */
export interface Table {
  readonly exists: boolean
  /** rows as cells by column */
  rows(): Record<string, string>[]
}

export function factsTable(name: string): Table {
  const file = fileOf(name)
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

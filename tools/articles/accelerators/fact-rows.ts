import { existsSync, readFileSync } from 'node:fs'
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

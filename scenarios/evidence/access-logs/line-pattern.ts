import type { Scan } from './value-scans.ts'

/** The texts of a line by the names of its fields. */
export type Fields = ReadonlyMap<string, string>

/** A value with a form of its own. */
interface Value {
  readonly name: string
  readonly scan: Scan
}

/** Fixed texts and values that follow one another, after text of any form. */
interface Block {
  /** the name of the text before it; null for none, as at the beginning of a line */
  readonly free: string | null
  readonly parts: readonly (string | Value)[]
  readonly isLast: boolean
}

export interface LinePattern {
  readonly names: ReadonlySet<string>
  /** The fields of a line; null for a line of another form. */
  readonly match: (line: string) => Fields | null
  /**
   * Free texts that end neither at a quote nor at the end of the line, with the values behind them:
   * a client that writes such a text can write these values, too.
   */
  readonly unsafe: readonly { readonly text: string; readonly values: readonly string[] }[]
}

const VARIABLE = /\$(?:(\w+)|\{(\w+)\})/g

/**
 * A reader of lines by a format such as `$time "$request" $status`. A variable with a scanner ends
 * where its value ends. Text of any form ends where all that follows it begins, up to the next such
 * text; it has no quote unless a backslash stands before it, as the servers escape quotes. At the
 * end of a format it takes the rest. A line is read once from left to right: the steps are at most
 * its length times the longest block, of which values have a bounded length.
 */
export function linePattern(format: string, scans: ReadonlyMap<string, Scan>): LinePattern {
  const blocks = blocksOf(format, scans)
  const names = blocks.flatMap(({ free, parts }) => [free, ...valuesOf(parts)])
  return {
    names: new Set(names.filter((name) => name !== null)),
    match(line) {
      const fields = new Map<string, string>()
      let at = 0
      for (const block of blocks) {
        const start = block.free === null ? at : startOf(block, line, at, fields)
        if (start < 0) return null
        if (block.free !== null) fields.set(block.free, line.slice(at, start))
        at = endOf(block, line, start, fields)
        if (at < 0) return null
      }
      return fields
    },
    unsafe: blocks
      .filter(({ free, parts, isLast }) => free !== null && !isLast && !hasQuote(parts))
      .map(({ free, parts }) => ({ text: free!, values: valuesOf(parts) })),
  }
}

/** The fields by the first pattern that a line matches; files mostly have lines of one pattern. */
export function anyPattern(patterns: readonly LinePattern[]): (line: string) => Fields | null {
  let last = patterns[0]!
  return (line) => {
    const fields = last.match(line)
    if (fields !== null) return fields
    for (const pattern of patterns) {
      const others = pattern.match(line)
      if (others === null) continue
      last = pattern
      return others
    }
    return null
  }
}

function blocksOf(format: string, scans: ReadonlyMap<string, Scan>): Block[] {
  const blocks: { free: string | null; parts: (string | Value)[] }[] = [{ free: null, parts: [] }]
  let end = 0
  const fixed = (to: number) => {
    if (to > end) blocks.at(-1)!.parts.push(format.slice(end, to))
  }
  for (const match of format.matchAll(VARIABLE)) {
    fixed(match.index)
    end = match.index + match[0].length
    const name = match[1] ?? match[2]!
    const scan = scans.get(name)
    if (scan === undefined) blocks.push({ free: name, parts: [] })
    else blocks.at(-1)!.parts.push({ name, scan })
  }
  fixed(format.length)
  return blocks.map((block, i) => ({ ...block, isLast: i === blocks.length - 1 }))
}

const valuesOf = (parts: Block['parts']) =>
  parts.flatMap((part) => (typeof part === 'string' ? [] : [part.name]))

const hasQuote = (parts: Block['parts']) =>
  parts.some((part) => typeof part === 'string' && part.includes('"'))

const QUOTE = 34
const BACKSLASH = 92

/** Where a block begins at or after a position; -1 for nowhere. */
function startOf(block: Block, line: string, from: number, fields: Map<string, string>): number {
  if (block.isLast && block.parts.length === 0) return line.length
  let at = from
  while (endOf(block, line, at, fields) < 0) {
    const code = line.charCodeAt(at)
    if (at >= line.length || code === QUOTE) return -1
    at += code === BACKSLASH ? 2 : 1
  }
  return at
}

/** Where a block that begins at a position ends; -1 if none begins there. */
function endOf(block: Block, line: string, start: number, fields: Map<string, string>): number {
  let at = start
  for (const part of block.parts) {
    if (typeof part === 'string') {
      if (!line.startsWith(part, at)) return -1
      at += part.length
    } else {
      const end = part.scan(line, at)
      if (end < 0) return -1
      fields.set(part.name, line.slice(at, end))
      at = end
    }
  }
  return block.isLast && at !== line.length ? -1 : at
}

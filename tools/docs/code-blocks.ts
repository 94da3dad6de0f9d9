/** A fenced block of a Markdown page. */
export interface CodeBlock {
  /** number of its first line on the page, from 1 */
  readonly line: number
  readonly language: string
  /** further words of its fence, such as `live` or the name of a file */
  readonly words: readonly string[]
  /** without the indentation of its fence */
  readonly text: string
}

/** A command of a `console` block, with what the page shows as its output. */
export interface ShownCommand {
  /** number of its line on the page */
  readonly line: number
  /** without the prompt; continuation lines as they stand */
  readonly command: string
  /** number of its first line of output on the page */
  readonly outputLine: number
  /** without blank lines at the end */
  readonly output: readonly string[]
}

/** The fenced blocks of a page, in their order. */
export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = []
  let open: { block: Omit<CodeBlock, 'text'>; indentation: number; lines: string[] } | null = null
  markdown.split('\n').forEach((line, i) => {
    const fence = /^(\s*)```\s*(\w*)\s*(.*?)\s*$/.exec(line)
    if (fence === null) open?.lines.push(withoutIndentation(line, open.indentation))
    else if (open === null) {
      const [, indentation, language, rest] = fence
      const words = rest!.split(/\s+/).filter((word) => word !== '')
      const block = { line: i + 2, language: language!, words }
      open = { block, indentation: indentation!.length, lines: [] }
    } else {
      blocks.push({ ...open.block, text: open.lines.join('\n') })
      open = null
    }
  })
  return blocks
}

/** A block in a list is indented like its entry. */
const withoutIndentation = (line: string, width: number) =>
  line.slice(0, width).trim() === '' ? line.slice(width) : line

const PROMPT = '$ '

/** The commands of a `console` block. Throws if its first line is no command. */
export function shownCommands({ line, text }: CodeBlock): ShownCommand[] {
  const lines = text.split('\n')
  const commands: ShownCommand[] = []
  let i = 0
  while (i < lines.length) {
    const first = i
    if (!lines[i]!.startsWith(PROMPT)) {
      throw new Error(`line ${line + i}: a console block begins with a command: "$ COMMAND"`)
    }
    while (lines[i]!.endsWith('\\') && i + 1 < lines.length) i++
    const command = lines.slice(first, ++i).join('\n').slice(PROMPT.length)
    const next = lines.findIndex((text, at) => at >= i && text.startsWith(PROMPT))
    const end = next < 0 ? lines.length : next
    const output = withoutBlankEnd(lines.slice(i, end))
    commands.push({ line: line + first, command, outputLine: line + i, output })
    i = end
  }
  return commands
}

/** Lines without the blank ones at the end, and without spaces at the end of each. */
export function withoutBlankEnd(lines: readonly string[]): string[] {
  const trimmed = lines.map((line) => line.trimEnd())
  return trimmed.slice(0, trimmed.findLastIndex((line) => line !== '') + 1)
}

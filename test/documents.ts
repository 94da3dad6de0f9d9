import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './command-line.ts'
import { repositoryFiles } from './source-files.ts'

/** A fenced block of a page. */
export interface CodeBlock {
  /** `page:line` of its first line */
  readonly at: string
  readonly language: string
  readonly text: string
}

/** A command line on a page or in a help text. */
export interface CommandLine {
  readonly at: string
  readonly text: string
}

export const pages = () => repositoryFiles().filter((path) => path.endsWith('.md'))

export function codeBlocks(page: string): CodeBlock[] {
  const blocks: CodeBlock[] = []
  let open: { at: string; language: string; lines: string[] } | null = null
  readFileSync(join(ROOT, page), 'utf8')
    .split('\n')
    .forEach((line, i) => {
      const fence = /^\s*```\s*(\w*)/.exec(line)
      if (fence === null) open?.lines.push(line)
      else if (open === null) open = { at: `${page}:${i + 2}`, language: fence[1]!, lines: [] }
      else {
        blocks.push({ at: open.at, language: open.language, text: open.lines.join('\n') })
        open = null
      }
    })
  return blocks
}

const SHELLS = ['sh', 'bash', 'shell', 'console']

/** Command lines of our program in the shell blocks and inline code of a page. */
export function commandLines(page: string): CommandLine[] {
  const inBlocks = codeBlocks(page)
    .filter(({ language }) => SHELLS.includes(language))
    .flatMap(({ at, text }) => callsIn(text).map((call) => ({ at, text: call })))
  const inline = [...readFileSync(join(ROOT, page), 'utf8').matchAll(/(?<!`)`([^`\n]+)`(?!`)/g)]
  return [
    ...inBlocks,
    ...inline.flatMap(([, code]) => callsIn(code!).map((text) => ({ at: page, text }))),
  ]
}

/** Examples in the help texts of a source file. */
export function exampleLines(path: string): CommandLine[] {
  const text = readFileSync(join(ROOT, path), 'utf8').replaceAll('\\n', '\n')
  return [...text.matchAll(/^\s*\$ (spillway .*?)[`']?\)?$/gm)].flatMap(([, line]) =>
    callsIn(line!).map((call) => ({ at: path, text: call })),
  )
}

/** The arguments of our program, in each command of a text. */
function callsIn(text: string): string[] {
  return text
    .replaceAll('\\\n', ' ')
    .split(/\n|&&|\||;/)
    .map((line) =>
      line
        .trim()
        .replace(/^\$ /, '')
        .replace(/\s+(#|>).*$/, ''),
    )
    .map((line) => /^(?:spillway|npx tsx cli\.ts|(?:node )?dist\/cli\.js)\s+(.+)$/.exec(line)?.[1])
    .filter((call) => call !== undefined)
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CodeBlock, codeBlocks, shownCommands } from '../tools/docs/code-blocks.ts'
import { ROOT } from './command-line.ts'
import { repositoryFiles } from './source-files.ts'

/** A command line on a page or in a help text. */
export interface CommandLine {
  readonly at: string
  readonly text: string
}

export const pages = () => repositoryFiles().filter((path) => path.endsWith('.md'))

export const blocksOfPage = (page: string): CodeBlock[] =>
  codeBlocks(readFileSync(join(ROOT, page), 'utf8'))

const SHELLS = ['sh', 'bash', 'shell', 'console']

/** Command lines of our program in the shell blocks and inline code of a page. */
export function commandLines(page: string): CommandLine[] {
  const inBlocks = blocksOfPage(page)
    .filter(({ language }) => SHELLS.includes(language))
    .flatMap((block) =>
      commandsOf(block)
        .flatMap(callsIn)
        .map((text) => ({ at: `${page}:${block.line}`, text })),
    )
  const inline = [...readFileSync(join(ROOT, page), 'utf8').matchAll(/(?<!`)`([^`\n]+)`(?!`)/g)]
  return [
    ...inBlocks,
    ...inline.flatMap(([, code]) => callsIn(code!).map((text) => ({ at: page, text }))),
  ]
}

/** A block of the language `console` has output between its commands. */
const commandsOf = (block: CodeBlock) =>
  block.language === 'console' ? shownCommands(block).map(({ command }) => command) : [block.text]

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
    .map((line) => line.trim().replace(/\s+(#|>).*$/, ''))
    .map((line) => /^(?:spillway|npx tsx cli\.ts|(?:node )?dist\/cli\.js)\s+(.+)$/.exec(line)?.[1])
    .filter((call) => call !== undefined)
}

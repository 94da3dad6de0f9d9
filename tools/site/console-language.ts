import type { MarkdownOptions } from 'vitepress'

type Shiki = Parameters<NonNullable<MarkdownOptions['shikiSetup']>>[0]

/** Blocks of commands and their output: lines that begin with `$ ` are commands, in bold. */
export async function consoleLanguage(shiki: Shiki): Promise<void> {
  const command = { 1: { name: 'comment' }, 2: { name: 'markup.bold' } }
  await shiki.loadLanguage({
    name: 'console',
    scopeName: 'text.console',
    patterns: [{ match: '^(\\$) (.*)$', captures: command }],
    repository: {},
  })
}

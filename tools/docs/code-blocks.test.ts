import { expect, test } from 'vitest'
import { codeBlocks, shownCommands } from './code-blocks.ts'

const PAGE = `# Page

\`\`\`yaml shop.yaml
name: shop
\`\`\`

- in a list:

  \`\`\`console live
  $ spillway simulate shop.yaml \\
      --json
  {}

  $ true
  \`\`\`
`

test('a block has its line, language, words and text without indentation', () => {
  const [file, commands] = codeBlocks(PAGE)
  expect(file).toEqual({ line: 4, language: 'yaml', words: ['shop.yaml'], text: 'name: shop' })
  expect(commands).toMatchObject({ line: 10, language: 'console', words: ['live'] })
  expect(commands!.text.split('\n')[0]).toBe('$ spillway simulate shop.yaml \\')
})

test('a command has its continuation lines and its output', () => {
  const [first, second] = shownCommands(codeBlocks(PAGE)[1]!)
  expect(first).toEqual({
    line: 10,
    command: 'spillway simulate shop.yaml \\\n    --json',
    outputLine: 12,
    output: ['{}'],
  })
  expect(second).toEqual({ line: 14, command: 'true', outputLine: 15, output: [] })
})

test('output without a command is an error that names its line', () => {
  const [block] = codeBlocks('```console\nPASS\n```\n')
  expect(() => shownCommands(block!)).toThrow('line 2: a console block begins with a command')
})

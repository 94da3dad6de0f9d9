import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { shownCommands } from './code-blocks.ts'
import { leadingCommand } from './leading-command.ts'
import { pagesWith, readPage } from './pages.ts'
import { all, chosenBlocks } from './run-page.ts'

const lines = pagesWith(all).flatMap((page) =>
  chosenBlocks(readPage(page), all)
    .flatMap(shownCommands)
    .map(({ command }) => command),
)

/** The words that a shell passes to `spillway`. */
const byShell = (line: string): string[] =>
  execFileSync('bash', ['-c', `spillway() { printf '%s\\0' "$@"; }\n${line}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1)

test('the words of every line of the pages are those that a shell finds', () => {
  const found = lines.flatMap((line) => leadingCommand(line) ?? [])
  expect(found.length).toBeGreaterThan(50)
  for (const line of lines) {
    const leading = leadingCommand(line)
    if (leading === null) continue
    const { words, reader } = leading
    expect(byShell(reader === null ? line : `${line.slice(0, line.indexOf(reader))} cat`)).toEqual(
      words,
    )
  }
})

test.each([
  ['spillway a "b c" \'d|e\' --set \'x=["y"]\'', ['a', 'b c', 'd|e', '--set', 'x=["y"]'], null],
  ["spillway a \\\n  --b=c'd e' | head -2 | cat", ['a', '--b=cd e'], 'head -2 | cat'],
])('%s', (line, words, reader) => {
  expect(leadingCommand(line)).toEqual({ words, reader })
})

test.each([
  ...['spillway a > b', 'spillway a 2>&1', 'spillway a && b', 'spillway a || b', 'spillway $a'],
  ...['spillway a{b,c}', 'spillway *', 'spillway ~', 'spillway "$a"', 'spillway a; b', 'echo a'],
  ...['spillway a &', 'spillways a', 'spillway a # b'],
])('%s is left to the shell', (line) => {
  expect(leadingCommand(line)).toBeNull()
})

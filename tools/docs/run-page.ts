import { spawn } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { CLI, type Ended, ROOT } from '../../test/command-line.ts'
import type { Place } from '../../test/in-process.ts'
import { type CodeBlock, codeBlocks, type ShownCommand, shownCommands } from './code-blocks.ts'
import { leadingCommand } from './leading-command.ts'

/** Words after `console`: figures of `live` depend on the machine, `slow` takes long. */
const MARKS = ['live', 'slow'] as const
type Mark = (typeof MARKS)[number]

/** A command of a page that was run. */
export interface CommandRun {
  readonly shown: ShownCommand
  readonly isLive: boolean
  /** what it printed on stdout, without blank lines at both ends */
  readonly printed: string
  /** why it failed, or null */
  readonly failure: string | null
}

/** Whether a block with these marks is run. */
export type Choice = (marks: readonly Mark[]) => boolean

/** Blocks that take seconds and print the same on every machine. */
export const unmarked: Choice = (marks) => marks.length === 0

export const all: Choice = () => true

export type Spillway = (words: readonly string[], place: Place) => Promise<Ended>

export interface PageOptions {
  /** default: all */
  readonly choice?: Choice
  /** runs the words of a `spillway` with which a line begins; default: as a process */
  readonly spillway?: Spillway
  /** called before each block of commands, counted from 1 */
  readonly onBlock?: (block: number, of: number) => void
  /** called with the folder of the commands before it is removed */
  readonly onEnd?: (folder: string) => Promise<void>
}

/** ms; only a command that hangs takes so long */
const LIMIT_MS = 600_000
/** Exit codes that are verdicts, and no failures. */
const VERDICTS = [0, 4, 5]
const SHOWS_EXIT_CODE = 'echo $?'

/** The `console` blocks of a page that are run. Throws at a word that is no mark. */
export const chosenBlocks = (markdown: string, choice: Choice): CodeBlock[] =>
  codeBlocks(markdown).filter((block) => block.language === 'console' && choice(marksOf(block)))

function marksOf({ words, line }: CodeBlock): readonly Mark[] {
  return words.map((word) => {
    const mark = MARKS.find((candidate) => candidate === word)
    if (mark !== undefined) return mark
    throw new Error(`line ${line - 1}: ${word}: expected ${MARKS.join(' or ')} after console`)
  })
}

/** A block whose fence names a file, as in `yaml shop.yaml`, is that file. */
const fileOf = ({ language, words }: CodeBlock) =>
  language !== 'console' && words.length === 1 && /^[\w./-]+\.\w+$/.test(words[0]!)
    ? words[0]!
    : null

/**
 * Writes the files and runs the commands of a page from top to bottom, in a folder of its own with
 * `spillway` on the path, a profile cache of its own and the package under `node_modules`.
 */
export async function runPage(
  markdown: string,
  { choice = all, spillway, onBlock, onEnd }: PageOptions = {},
): Promise<CommandRun[]> {
  const blocks = chosenBlocks(markdown, choice)
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'spillway-docs-')))
  try {
    const folder = join(home, 'page')
    const env = environment(home)
    mkdirSync(join(folder, 'node_modules'), { recursive: true })
    symlinkSync(ROOT, join(folder, 'node_modules/spillway'))
    const runs: CommandRun[] = []
    for (const block of codeBlocks(markdown)) {
      const file = fileOf(block)
      if (file !== null) {
        mkdirSync(dirname(join(folder, file)), { recursive: true })
        writeFileSync(join(folder, file), `${block.text}\n`)
      }
      const at = blocks.findIndex(({ line }) => line === block.line)
      if (at < 0) continue
      onBlock?.(at + 1, blocks.length)
      runs.push(...(await runBlock(block, { folder, env }, spillway)))
    }
    await onEnd?.(folder)
    return runs
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

/** Variables of the shells, without those by which commands find out that they run in CI. */
function environment(home: string): NodeJS.ProcessEnv {
  const bin = join(home, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'spillway'), `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`)
  chmodSync(join(bin, 'spillway'), 0o755)
  const inherited = Object.entries(process.env).filter(([name]) => !/^(CI|GITHUB)(_|$)/.test(name))
  return {
    ...Object.fromEntries(inherited),
    PATH: `${bin}:${process.env.PATH}`,
    SPILLWAY_CACHE: join(home, 'cache'),
    NO_COLOR: '1',
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
  }
}

async function runBlock(
  block: CodeBlock,
  place: Place,
  spillway: Spillway | undefined,
): Promise<CommandRun[]> {
  const runs: CommandRun[] = []
  const isLive = block.words.includes('live')
  const commands = shownCommands(block)
  let previous = 0
  for (const [i, shown] of commands.entries()) {
    const { code, stdout, stderr } = await runLine(shown.command, previous, place, spillway)
    const isShown = commands[i + 1]?.command === SHOWS_EXIT_CODE
    const failed = code === null || !(VERDICTS.includes(code) || isShown)
    const last = stderr.trim().split('\n').slice(-3).join('\n')
    const failure = failed ? `exit code ${code ?? 'none, as it was ended'}: ${last}` : null
    runs.push({ shown, isLive, printed: stdout, failure })
    previous = code ?? 1
  }
  return runs
}

/** Runs a line of a page; `previous`: the exit code of the one before. */
async function runLine(
  command: string,
  previous: number,
  place: Place,
  spillway: Spillway | undefined,
): Promise<Ended> {
  const leading = spillway && leadingCommand(command)
  if (!leading) return inShell(`(exit ${previous})\n${command}`, place)
  const ended = await spillway(leading.words, place)
  if (leading.reader === null) return ended
  const read = await inShell(leading.reader, place, ended.stdout)
  return { ...read, stderr: ended.stderr + read.stderr }
}

function inShell(script: string, { folder, env }: Place, input?: string): Promise<Ended> {
  const child = spawn('bash', ['-c', script], {
    cwd: folder,
    env,
    timeout: LIMIT_MS,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  // a reader such as `head` leaves before the end
  child.stdin?.on('error', () => {}).end(input)
  const text = { stdout: '', stderr: '' }
  child.stdout!.setEncoding('utf8').on('data', (data) => {
    text.stdout += data
  })
  child.stderr!.setEncoding('utf8').on('data', (data) => {
    text.stderr += data
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...text }))
  })
}

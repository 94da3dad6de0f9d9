import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, type TestContext, test } from 'vitest'
import { commandsIn, put, temporaryFolder } from './spillway.ts'

/** Completion as shells do it, with the scripts that the command prints. */

const folder = temporaryFolder()
const { run } = commandsIn(folder)

beforeAll(async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const ended = await run('completion', shell)
    expect(ended.code, ended.stderr).toBe(0)
    put(folder, `script.${shell}`, ended.stdout)
  }
  mkdirSync(join(folder, 'own'))
  put(folder, 'own/peak.yaml', '')
  put(folder, 'mine.yaml', '')
})

/** Skips a test whose shell is not here; with CI=true it fails instead. */
function needShell(context: TestContext, shell: string): void {
  if (spawnSync(shell, ['--version']).error === undefined) return
  if (process.env.CI === 'true') throw new Error(`expected ${shell}`)
  context.skip(`no ${shell}: apt install ${shell}`)
}

/** What bash completes after these words, of which the last one is being typed. */
function inBash(...words: readonly string[]): string[] {
  const script = `source script.bash
COMP_WORDS=(spillway "$@"); COMP_CWORD=$#; _spillway; printf '%s\\n' "\${COMPREPLY[@]}"`
  const output = execFileSync('bash', ['-c', script, 'bash', ...words], { cwd: folder })
  return output.toString().trim().split('\n')
}

const inFish = (line: string) =>
  execFileSync('fish', ['--no-config', '-c', `source script.fish; complete -C '${line}'`], {
    cwd: folder,
  })
    .toString()
    .trim()
    .split('\n')
    .map((each) => each.split('\t')[0])

test('bash completes commands, options, values, names and files', (context) => {
  needShell(context, 'bash')
  expect(inBash('si')).toEqual(['simulate'])
  expect(inBash('trace', '')).toEqual(['fit', 'inspect'])
  expect(inBash('trace', 'fit', '--cl')).toEqual(['--class', '--class-values'])
  expect(inBash('simulate', 'pay')).toEqual(['payment-peak'])
  expect(inBash('simulate', 'm')).toEqual(['model-swapping', 'mine.yaml'])
  expect(inBash('simulate', 'mine.yaml', '--seed', '3', '--repl')).toEqual(['--replications'])
  expect(inBash('simulate', 'mine.yaml', '--profile', 'own/')).toEqual(['own/peak.yaml'])
  expect(inBash('schema', '--document', '')).toContain('comparison')
  expect(inBash('completion', '')).toEqual(['bash', 'zsh', 'fish'])
  expect(inBash('fit', 'pay')).toEqual(['payment-peak'])
  expect(inBash('fit', 'mine.yaml', 'mi')).toContain('mine.yaml')
  expect(inBash('fit', 'mine.yaml', '--w')).toEqual(['--where'])
  expect(inBash('accelerators', 'h1')).toEqual(['h100-pcie', 'h100-sxm'])
  expect(inBash('accelerators', 'mi')).toEqual(['mi300x', 'mine.yaml'])
  expect(inBash('scenarios', 'show', 'retry')).toEqual(['retry-budget', 'retry-storm'])
})

test('zsh reads its script', (context) => {
  needShell(context, 'zsh')
  const line = 'source script.zsh; print $_comps[spillway]'
  const output = execFileSync('zsh', ['-f', '-c', line], { cwd: folder })
  expect(output.toString()).toContain('_spillway')
})

test('fish completes commands, options, values, names and files', (context) => {
  needShell(context, 'fish')
  expect(inFish('spillway si')).toEqual(['simulate'])
  expect(inFish('spillway trace fi')).toContain('fit')
  expect(inFish('spillway trace fit --cl')).toContain('--class-values')
  expect(inFish('spillway trace fit --w')).not.toContain('--where')
  expect(inFish('spillway fit mine.yaml --w')).toEqual(['--where'])
  expect(inFish('spillway simulate pay')).toEqual(['payment-peak'])
  expect(inFish('spillway simulate mi')).toContain('mine.yaml')
  expect(inFish('spillway accelerators h200')).toEqual(['h200-sxm'])
  expect(inFish('spillway schema --document comp')).toEqual(['comparison'])
})

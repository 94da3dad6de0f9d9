import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Gate } from '../sim/documents/index.ts'
import { CLI } from './command-line.ts'
import { printedDocuments } from './printed-documents.ts'
import { changed, DECLARED } from './scenarios.ts'
import { commandsIn, filesIn, put, ROOT, readJson, temporaryFolder } from './spillway.ts'

/** `spillway gate` on the built command line: what it writes, and versions of a repository. */

const folder = temporaryFolder()
const variables = { GITHUB_SHA: '', CI_COMMIT_SHA: '', GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '' }
const { run } = commandsIn(folder, { variables })
const { documentOf, published } = printedDocuments(run)
const at = (name: string) => join(folder, name)
const read = (name: string) => readFileSync(at(name), 'utf8')

const FEW = ['--replications', '2', '-q'] as const
const LONGER = 'pools.second.batching.max_delay_ms=12'

beforeAll(async () => {
  put(folder, 'declared.yaml', DECLARED)
  await run('gate', 'declared.yaml', ...FEW, '--baseline', 'base.json', '--update')
})

describe('a prediction gate', () => {
  test('prints a document of its schema, and a baseline has one too', async () => {
    const args = ['gate', 'declared.yaml', ...FEW, '--baseline', 'base.json', '--set', LONGER]
    const gate = (await documentOf(...args)) as Gate
    ;(await published('gate'))(gate)
    ;(await published('gate-baseline'))(readJson(at('base.json')))
    expect(gate).toMatchObject({ document: 'spillway-gate', verdict: 'FAIL' })
    expect(gate.cases[0]!.changes.scenario).toEqual(['pools.second.batching.max_delay_ms: 4 → 12'])
    expect(gate.cases[0]!.metrics[0]).toMatchObject({ verdict: 'FAIL' })
  })

  test('is the same gate however often it is made', async () => {
    const args = ['gate', 'declared.yaml', ...FEW, '--against-set', LONGER]
    expect(await documentOf(...args)).toEqual(await documentOf(...args))
  })

  test('a baseline keeps other scenarios when one is updated', async () => {
    put(folder, 'other.yaml', changed(DECLARED, ['name: declared', 'name: other']))
    await run('gate', 'other.yaml', ...FEW, '--baseline', 'base.json', '--update')
    const ended = await run(
      'gate',
      'other.yaml',
      'declared.yaml',
      ...FEW,
      '--baseline',
      'base.json',
    )
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.stdout).toContain('PASS  2 PASS')
  })

  test('--out has the document, the page, JUnit XML and Markdown, and --csv a row a commit', async () => {
    const args = ['--out', 'gated', '--csv', 'history.csv']
    for (const set of [[], ['--set', LONGER]]) {
      await run('gate', 'declared.yaml', ...FEW, '--baseline', 'base.json', ...args, ...set)
    }
    expect(filesIn(at('gated'))).toEqual(['gate.json', 'gate.md', 'gate.xml', 'report.html'])
    expect(read('gated/gate.xml')).toContain('<failure type="FAIL"')
    expect(read('gated/gate.md')).toMatch(/^<!-- spillway-gate: prediction declared.yaml -->/)
    expect(read('gated/report.html')).toContain('<b class="FAIL">FAIL</b>')
    expect(read('history.csv').trimEnd().split('\n')).toHaveLength(3)
    expect(read('history.csv')).toMatch(/^time,commit,declared\/web: p50,/)
    put(folder, 'foreign.csv', 'a,b\n1,2\n')
    const gate = ['gate', 'declared.yaml', ...FEW, '--baseline', 'base.json']
    const foreign = await run(...gate, '--csv', 'foreign.csv')
    expect(foreign.stderr).toContain('expected the columns time and commit first')
    expect(read('foreign.csv')).toBe('a,b\n1,2\n')
  })

  test('the report command writes the page of a gate again', async () => {
    const ended = await run('report', 'gated', '--out', 'again')
    expect(ended).toMatchObject({ code: 0, stdout: 'again/report.html\n' })
    expect(read('again/report.html')).toBe(read('gated/report.html'))
  })

  test('in GitHub Actions adds to the step summary, and annotates what is no pass', async () => {
    put(folder, 'summary.md', 'before\n')
    const inActions = commandsIn(folder, {
      variables: { ...variables, GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: at('summary.md') },
    })
    const args = ['gate', 'declared.yaml', ...FEW, '--baseline', 'base.json']
    const ended = await inActions.run(...args, '--set', LONGER, '--json')
    expect(ended.code).toBe(4)
    expect(JSON.parse(ended.stdout)).toMatchObject({ verdict: 'FAIL' })
    expect(ended.stderr).toMatch(/^::error file=declared\.yaml,title=FAIL%3A [^\n]+::worse by/)
    expect(read('summary.md')).toMatch(/^before\n<!-- spillway-gate/)
    expect((await inActions.run(...args)).stderr).toBe('')
  })

  test('refuses a baseline that its own document would replace', async () => {
    const ended = await run('gate', 'declared.yaml', '--baseline', 'x/gate.json', '--out', 'x')
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain('would replace the baseline')
  })
})

describe('--against-ref', () => {
  const repository = join(folder, 'repository')
  const there = () => commandsIn(repository, { variables })
  const git = (...words: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...words], {
      cwd: repository,
      stdio: 'pipe',
      encoding: 'utf8',
    })
  const RUN = `node ${CLI} simulate`

  beforeAll(() => {
    mkdirSync(join(repository, 'load'), { recursive: true })
    git('init', '-q', '-b', 'main')
    put(repository, 'load/peak.yaml', DECLARED)
    git('add', '.')
    git('commit', '-q', '-m', 'Add a scenario')
    put(repository, 'load/peak.yaml', changed(DECLARED, ['max_delay_ms: 4', 'max_delay_ms: 12']))
  })

  test('compares with the scenario of another commit, and removes its worktree', async () => {
    const args = ['--against-ref', 'main', '--run', RUN, '--prepare', 'touch prepared', '--json']
    const ended = await there().run('gate', 'load/peak.yaml', ...FEW, ...args)
    expect(ended.stderr).toBe('')
    expect(ended.code).toBe(4)
    const gate = JSON.parse(ended.stdout) as Gate
    expect(gate.cases[0]!.base).toMatch(/^main \([0-9a-f]{12}\)$/)
    expect(gate.cases[0]!.changes.scenario).toEqual(['pools.second.batching.max_delay_ms: 4 → 12'])
    expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1)
    expect(existsSync(join(repository, 'prepared'))).toBe(false)
  })

  test.each([
    [['--against-ref', 'nowhere'], 3, /git knows no such commit; fetch it first/],
    [['--against-ref', '--output=x'], 3, /git knows no such commit/],
    [['--against-ref', 'main', '--prepare', 'echo broken; exit 3'], 3, /exit code 3[\s\S]*broken/],
    [['--against-ref', 'main', '--run', 'echo no'], 3, /printed no result/],
    [['--prepare', 'true', '--against', 'load/peak.yaml'], 2, /is for the checkout/],
  ])('%j is refused with the reason', async (args, code, reason) => {
    const ended = await there().run('gate', 'load/peak.yaml', ...FEW, ...args)
    expect(ended.stderr).toMatch(reason)
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1)
  })

  test('a scenario that the other version lacks cannot be compared', async () => {
    put(repository, 'new.yaml', DECLARED)
    const args = ['--against-ref', 'main', '--run', RUN]
    const ended = await there().run('gate', 'new.yaml', ...FEW, ...args)
    expect(ended.code).toBe(6)
    expect(ended.stdout).toContain('has no scenario new.yaml')
  })
})

describe('the action of the repository', () => {
  const action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as {
    inputs: Record<string, { default?: string }>
    runs: { steps: { run: string; env: Record<string, string> }[] }
  }
  const [step] = action.runs.steps

  /** Runs the script of the action, with these inputs in place of their defaults. */
  function act(inputs: Record<string, string>) {
    const values = Object.fromEntries(
      Object.entries(action.inputs).map(([name, own]) => [name, inputs[name] ?? own.default ?? '']),
    )
    const env = Object.fromEntries(
      Object.entries(step!.env).map(([name, text]) => [
        name,
        text.replace(/^\$\{\{ inputs\.([\w-]+) \}\}$/, (_, input: string) => values[input]!),
      ]),
    )
    put(folder, 'output', '')
    const { status } = spawnSync('bash', ['-c', step!.run], {
      cwd: folder,
      env: { ...process.env, ...variables, ...env, GITHUB_OUTPUT: at('output') },
    })
    return { status, output: read('output') }
  }

  test.each([
    ['', 0, 'verdict=PASS\nexit-code=0\n'],
    [` --set ${LONGER}`, 4, 'verdict=FAIL\nexit-code=4\n'],
    [' --seed 4', 6, 'verdict=NOT COMPARABLE\nexit-code=6\n'],
  ])('with %j ends with %i', (more, status, output) => {
    const gate = `declared.yaml --replications 2 --baseline base.json${more}`
    const acted = act({ arguments: gate, command: `node ${CLI}`, out: 'acted' })
    expect(acted).toEqual({ status, output })
    expect(existsSync(at('acted/gate.md'))).toBe(true)
  })

  test('takes what its inputs hold for words, and runs none of it', () => {
    act({ arguments: '$(touch hacked); touch hacked', command: `node ${CLI}` })
    expect(existsSync(at('hacked'))).toBe(false)
  })
})

import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  symlinkSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { lockFolder } from '../runtime/folders/folder-lock.ts'
import { PROCESS_NAME } from '../runtime/folders/process-name.ts'
import type { Gate, GateBaseline } from '../sim/documents/index.ts'
import { CLI, isRunning, processesWith, send } from './command-line.ts'
import { printedDocuments } from './printed-documents.ts'
import { changed, DECLARED, QUICK } from './scenarios.ts'
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

/** One replica of 100 requests/s that gets twice as many. */
const OVERLOADED = `spillway: 1
name: busy
duration_s: 20
models: { m: { work: { law: constant, ms: 10 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 200 } }]
pools: [{ name: a, model: m }]
`

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

  test('a smaller queue fails by what it sheds, and the latency of the others is no gain', async () => {
    const shorter = ['--set', 'pools.second.queue.max_length=4']
    const args = ['gate', 'declared.yaml', ...FEW, '--baseline', 'base.json', ...shorter]
    const gate = (await documentOf(...args)) as Gate
    expect(gate.verdict).toBe('FAIL')
    const batch = gate.cases[0]!.metrics.filter(({ class: className }) => className === 'batch')
    expect(batch.find(({ name }) => name === 'lost or late')!.verdict).toBe('FAIL')
    expect(batch.find(({ name }) => name === 'p95')).toMatchObject({
      verdict: 'PASS',
      note: 'no improvement: more requests are lost or late',
    })
  })

  test('is the same gate however often it is made', async () => {
    const args = ['gate', 'declared.yaml', ...FEW, '--against-set', LONGER]
    expect(await documentOf(...args)).toEqual(await documentOf(...args))
  })

  test('finds its scenario from every folder, and by its name in a copy of the baseline', async () => {
    mkdirSync(at('elsewhere'))
    copyFileSync(at('base.json'), at('elsewhere/copy.json'))
    const elsewhere = commandsIn(at('elsewhere'), { variables })
    const gated = async (baseline: string) => {
      const args = ['gate', '../declared.yaml', ...FEW, '--json', '--baseline', baseline]
      const ended = await elsewhere.run(...args)
      expect(ended.code, ended.stderr).toBe(0)
      return (JSON.parse(ended.stdout) as Gate).cases[0]!.base
    }
    expect(await gated('../base.json')).toBe('../base.json')
    expect(await gated(at('base.json'))).toBe(at('base.json'))
    expect(await gated('copy.json')).toBe('copy.json (declared.yaml)')
    put(folder, 'twin.yaml', DECLARED)
    const args = ['gate', 'twin.yaml', ...FEW, '--baseline', 'twins.json', '--update']
    await run(...args)
    await run(...args.with(1, 'declared.yaml'))
    // two of a name: which one is meant is not known
    put(folder, 'third.yaml', DECLARED)
    const third = await run('gate', 'third.yaml', ...FEW, '--baseline', 'twins.json')
    expect(third.code).toBe(6)
    expect(third.stdout).toContain('twins.json has no scenario third.yaml')
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
    expect(read('gated/gate.md')).toMatch(/^<!-- spillway-gate: prediction [0-9a-f]{16} -->\n/)
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

  test('annotates a file by its path from the top of the repository', async () => {
    mkdirSync(at('below'))
    put(folder, 'below/own.yaml', DECLARED)
    const inActions = commandsIn(at('below'), {
      variables: { ...variables, GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: folder },
    })
    const annotated = async (file: string) =>
      (await inActions.run('gate', file, ...FEW, '--against-set', LONGER)).stderr
    expect(await annotated('own.yaml')).toMatch(/^::\w+ file=below\/own\.yaml,title=/)
    expect(await annotated('../declared.yaml')).toMatch(/^::\w+ file=declared\.yaml,title=/)
  })

  test.each([
    [
      'a scenario',
      (entry: object) => ({ scenarios: [entry, entry] }),
      /declared.yaml stands there/,
    ],
    [
      'a figure',
      (entry: { figures: object[] }) => {
        return { scenarios: [{ ...entry, figures: [...entry.figures, entry.figures[0]] }] }
      },
      /scenarios\[0\].figures: web: p50 stands there twice/,
    ],
    [
      'an impossible figure',
      (entry: { figures: object[] }) => {
        return { scenarios: [{ ...entry, figures: [{ ...entry.figures[0], value: -1 }] }] }
      },
      /web: p50 cannot be -1/,
    ],
  ])('refuses a baseline that has %s more than once, or as none can be', async (_, forge, why) => {
    const baseline = readJson(at('base.json')) as {
      scenarios: { figures: object[]; file: string }[]
    }
    const entry = baseline.scenarios.find(({ file }) => file === 'declared.yaml')!
    put(folder, 'forged.json', JSON.stringify({ ...baseline, ...forge(entry) }))
    const ended = await run('gate', 'declared.yaml', ...FEW, '--baseline', 'forged.json')
    expect(ended).toMatchObject({ code: 3, stdout: '' })
    expect(ended.stderr).toMatch(why)
  })

  test('against a baseline with none of its figures cannot be compared', async () => {
    const baseline = readJson(at('base.json')) as { scenarios: object[] }
    const scenarios = baseline.scenarios.map((entry) => ({ ...entry, figures: [] }))
    put(folder, 'empty.json', JSON.stringify({ ...baseline, scenarios }))
    const ended = await run('gate', 'declared.yaml', ...FEW, '--baseline', 'empty.json')
    expect(ended.code).toBe(6)
    expect(ended.stdout).toContain('empty.json has no figure of declared.yaml')
  })

  type Kept = GateBaseline['scenarios'][number]
  const timesTen = ({ figures }: Kept): Partial<Kept> => {
    const larger = ({ unit, value }: (typeof figures)[number]) =>
      unit === 'ms' && value !== null ? 10 * value : value
    return { figures: figures.map((figure) => ({ ...figure, value: larger(figure) })) }
  }

  test.each<[string, (entry: Kept) => Partial<Kept>, RegExp]>([
    ['latencies x 10', timesTen, /it was edited/],
    ['one figure less', ({ figures }) => ({ figures: figures.slice(1) }), /it was edited/],
    ['another load', () => ({ load: 2 }), /has another load than its scenario/],
    ['a forged hash', () => ({ hash: 'forged' }), /not that of its scenario/],
    ['another hash and latencies', (entry) => ({ ...timesTen(entry), hash: 'x' }), /not that of/],
    ['no scenario', () => ({ scenario: null, hash: 'x' }), /holds no scenario/],
    [
      'another version',
      (entry) => ({ ...timesTen(entry), version: '0.0.1' }),
      /cannot be verified/,
    ],
    ['another commit', (entry) => ({ ...timesTen(entry), commit: 'abc' }), /cannot be verified/],
    [
      'another profile',
      (entry) => ({ ...timesTen(entry), profile: { name: 'ci', hash: 'x' } }),
      /made with profile x, and here it is none; write it again/,
    ],
  ])('a baseline with %s passes nothing', async (_, forge, why) => {
    const baseline = readJson(at('base.json')) as GateBaseline
    const scenarios = baseline.scenarios.map((entry) => ({ ...entry, ...forge(entry) }))
    put(folder, 'edited.json', JSON.stringify({ ...baseline, scenarios }))
    // the head of the baseline, and one that differs
    for (const set of [[], ['--set', 'pools.second.batching.max_delay_ms=3']]) {
      const ended = await run('gate', 'declared.yaml', ...FEW, '--baseline', 'edited.json', ...set)
      expect(ended.code, ended.stdout + ended.stderr).toBe(6)
      expect(ended.stdout).toMatch(why)
    }
  })

  test('removes what a killed one has staged in --out, also where it is refused', async () => {
    const staged = `staged/.spillway-${PROCESS_NAME.replace(/-\d+-\d+$/, '-4194305-7')}-00000000`
    mkdirSync(at(staged), { recursive: true })
    put(folder, `${staged}/00000000-0`, 'a report')
    const ended = await run('gate', 'declared.yaml', '--baseline', 'none.json', '--out', 'staged')
    expect(ended).toMatchObject({ code: 3, stdout: '' })
    expect(filesIn(at('staged'))).toEqual(['gate.md', 'gate.xml'])
  })

  test('a folder that another gate writes to is refused, and left as it is', async () => {
    const gate = ['gate', 'declared.yaml', ...FEW, '--baseline', 'base.json', '--out', 'shared']
    mkdirSync(at('shared'))
    put(folder, 'shared/gate.json', 'of the first')
    const lock = await lockFolder(at('shared'), 'runs a gate there')
    const refused = await run(...gate)
    await lock.release()
    expect(refused).toMatchObject({ code: 3, stdout: '' })
    expect(refused.stderr).toContain(
      `shared: process ${process.pid} runs a gate there; wait until it has ended, or choose another folder with --out`,
    )
    expect(filesIn(at('shared'))).toEqual(['gate.json'])
    expect(read('shared/gate.json')).toBe('of the first')
    // of a gate that was killed
    const ended = `${PROCESS_NAME.replace(/-\d+-\d+$/, '-4194305-7')}-00000000`
    mkdirSync(at('shared/.spillway-lock'))
    put(folder, `shared/.spillway-lock/${ended}`, '')
    const next = await run(...gate)
    expect(next.code, next.stderr).toBe(0)
    expect(readdirSync(at('shared')).sort()).toEqual([
      ...['gate.json', 'gate.md', 'gate.xml', 'report.html'],
    ])
  })

  test('writes why it ended without a verdict, and leaves no file of an earlier one', async () => {
    put(folder, 'ended.md', '')
    const inActions = commandsIn(folder, {
      variables: { ...variables, GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: at('ended.md') },
    })
    const gate = ['gate', 'declared.yaml', ...FEW, '--out', 'ended']
    await run(...gate, '--baseline', 'base.json')
    expect(filesIn(at('ended'))).toEqual(['gate.json', 'gate.md', 'gate.xml', 'report.html'])
    const [marker] = read('ended/gate.md').split('\n')
    const ended = await inActions.run(...gate, '--baseline', 'none.json')
    expect(ended).toMatchObject({ code: 3, stdout: '' })
    expect(filesIn(at('ended'))).toEqual(['gate.md', 'gate.xml'])
    expect(read('ended/gate.md').split('\n')[0]).toBe(marker)
    expect(read('ended/gate.md')).toContain('none.json: no such file')
    expect(read('ended/gate.xml')).toMatch(
      /errors="1"[\s\S]*<error type="ERROR" message="none\.json: /,
    )
    expect(read('ended.md')).toContain('ended without a verdict')
    expect(ended.stderr).toMatch(
      /^::error title=Spillway gate%3A ended [^\n]*::none\.json: no such/m,
    )
  })

  test('writes no baseline of an overloaded scenario', async () => {
    const much = [
      '--set',
      'traffic.web.arrivals.rate_rps=900',
      '--set',
      'traffic.web.timeout_ms=null',
    ]
    const args = ['gate', 'declared.yaml', ...FEW, '--baseline', 'overloaded.json', '--update']
    const ended = await run(...args, ...much)
    expect(ended).toMatchObject({ code: 3, stdout: '' })
    expect(ended.stderr).toMatch(/declared\.yaml: is overloaded, and no base to gate by: /)
    expect(existsSync(at('overloaded.json'))).toBe(false)
  })

  test('refuses a baseline that its own document would replace', async () => {
    const ended = await run('gate', 'declared.yaml', '--baseline', 'x/gate.json', '--out', 'x')
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain('would replace the baseline')
    // the same place by another name
    mkdirSync(at('linked'))
    symlinkSync(at('linked'), at('alias'))
    copyFileSync(at('base.json'), at('linked/gate.json'))
    const args = ['gate', 'declared.yaml', '--baseline', 'alias/gate.json', '--out', 'linked']
    expect(await run(...args)).toMatchObject({ code: 2, stdout: '' })
    expect(read('linked/gate.json')).toBe(read('base.json'))
  })

  test('refuses a scenario that is named twice, however it is written', async () => {
    const args = ['declared.yaml', './declared.yaml', '--baseline', 'twice.json', '--update']
    const ended = await run('gate', ...args)
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain('./declared.yaml: is named twice')
    expect(existsSync(at('twice.json'))).toBe(false)
  })

  test('refuses to replace the report of the replays that it judges', async () => {
    mkdirSync(at('replayed'))
    put(folder, 'replayed/report.html', 'of the replays')
    const ended = await run('gate', '--fidelity', 'replayed', '--out', './replayed')
    expect(ended.code).toBe(2)
    expect(read('replayed/report.html')).toBe('of the replays')
  })
})

describe('--against-ref', () => {
  const repository = join(folder, 'repository')
  const inRepository = () => commandsIn(repository, { variables })
  const git = (...words: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...words], {
      cwd: repository,
      stdio: 'pipe',
      encoding: 'utf8',
    })
  const RUN = `node ${CLI} simulate`
  const CHANGED = changed(DECLARED, ['max_delay_ms: 4', 'max_delay_ms: 12'])

  beforeAll(() => {
    mkdirSync(join(repository, 'load'), { recursive: true })
    git('init', '-q', '-b', 'main')
    put(repository, 'load/peak.yaml', DECLARED)
    put(repository, 'load/live.yaml', QUICK)
    put(repository, 'linked.yaml', DECLARED)
    symlinkSync(
      join(realpathSync(repository), 'linked.yaml'),
      join(repository, 'leading-here.yaml'),
    )
    git('add', '.')
    git('commit', '-q', '-m', 'Add a scenario')
    put(repository, 'load/peak.yaml', CHANGED)
    put(repository, 'load/live.yaml', changed(QUICK, ['rate_rps: 300', 'rate_rps: 200']))
    put(repository, 'linked.yaml', CHANGED)
    symlinkSync(repository, at('link'))
    symlinkSync(join(repository, 'load'), at('load'))
    symlinkSync(at('declared.yaml'), join(repository, 'leading-out.yaml'))
  })

  const CHANGES = ['pools.second.batching.max_delay_ms: 4 → 12']

  /** The checkouts that are there, and those that git remembers. */
  const checkouts = (temporary: string) => ({
    folders: readdirSync(temporary),
    known: git('worktree', 'list', '--porcelain').match(/^worktree /gm)!.length - 1,
  })

  /** Commands with a folder for temporary files of their own. */
  function aside(name: string, extra: Record<string, string> = {}) {
    const temporary = at(`tmp-${name}`)
    mkdirSync(temporary)
    const commands = commandsIn(repository, {
      variables: { ...variables, TMPDIR: temporary, ...extra },
    })
    return { temporary, ...commands }
  }

  test.each([
    ['an absolute path', '.', () => join(repository, 'load/peak.yaml')],
    ['a path through a link to the repository', '.', () => at('link/load/peak.yaml')],
    ['a path through a link to a folder of it', '.', () => at('load/peak.yaml')],
    ['a path from outside', '.', () => '../repository/load/peak.yaml'],
    ['a path from a folder of it', 'load', () => 'peak.yaml'],
    ['a path to another folder of it', 'load', () => '../load/../load/peak.yaml'],
  ])('%s is that of the other version', async (_, from, path) => {
    const { run } = commandsIn(join(repository, from), { variables })
    const ended = await run(
      ...['gate', path(), ...FEW, '--json', '--against-ref', 'main'],
      ...['--run', RUN],
    )
    expect(ended, ended.stderr).toMatchObject({ code: 4, stderr: '' })
    const [judged] = (JSON.parse(ended.stdout) as Gate).cases
    expect(judged!.changes.scenario).toEqual(CHANGES)
    expect(judged!.metrics[0]!.ratio).not.toBe(1)
  })

  test.each([
    ['a file outside', () => at('declared.yaml'), 'it is outside of the repository'],
    ['a link to a file outside', () => 'leading-out.yaml', 'declared.yaml, outside of the repo'],
    ['a link of the other version', () => 'leading-here.yaml', 'a link leads out of the repo'],
  ])('%s is refused, also in a measured gate', async (_, path, reason) => {
    const gate = ['gate', path(), '-q', '--against-ref', 'main', '--run', RUN]
    for (const options of [[], ['--measured', '--seconds', '0.1']]) {
      const ended = await inRepository().run(...gate, ...options)
      expect(ended, ended.stderr).toMatchObject({ code: 3, stdout: '' })
      expect(ended.stderr).toContain(reason)
    }
  })

  test('a scenario that names files of the working tree by full paths is refused', async () => {
    const full = (name: string) => join(realpathSync(repository), name)
    put(repository, 'rows.csv', ['t', ...Array.from({ length: 200 }, (_, i) => i / 100)].join('\n'))
    const trace = `process: trace, format: csv, columns: { time: t }, time_unit: s, file: ${full('rows.csv')}`
    put(repository, 'extending.yaml', `extends: ${full('load/peak.yaml')}\n`)
    put(repository, 'traced.yaml', changed(QUICK, ['process: poisson, rate_rps: 300', trace]))
    git('switch', '-q', '-c', 'full-paths')
    git('add', 'extending.yaml', 'traced.yaml', 'rows.csv')
    git('commit', '-q', '-m', 'Name files by full paths')
    git('switch', '-q', 'main')
    put(repository, 'extending.yaml', `extends: load/peak.yaml\n`)
    put(repository, 'rows.csv', ['t', ...Array.from({ length: 100 }, (_, i) => i / 50)].join('\n'))
    put(repository, 'traced.yaml', changed(QUICK, ['process: poisson, rate_rps: 300', trace]))
    const args = ['--against-ref', 'full-paths', '-q']
    const gates = [
      ['extending.yaml', ...FEW, '--run', RUN],
      ['traced.yaml', '--measured', '--seconds', '0.1'],
    ]
    for (const gate of gates) {
      const ended = await inRepository().run('gate', ...gate, ...args)
      expect(ended, ended.stderr).toMatchObject({ code: 3, stdout: '' })
      expect(ended.stderr).toMatch(/in full-paths \([0-9a-f]{12}\) it reads .* of the working tree/)
    }
  })

  test('one that only the other version can read is searched for full paths', async () => {
    const { run } = inRepository()
    const result = await run('simulate', 'load/peak.yaml', '--json', '--replications', '2')
    put(folder, 'result.json', result.stdout)
    const full = join(realpathSync(repository), 'load/peak.yaml')
    git('switch', '-q', '-c', 'later')
    for (const [name, path] of Object.entries({ own: './load/peak.yaml', full })) {
      put(
        repository,
        `${name}.yaml`,
        `extends: load/peak.yaml\nkey_of_later: { file: "${path}" }\n`,
      )
      git('add', `${name}.yaml`)
    }
    git('commit', '-q', '-m', 'Use a key of a later version')
    git('switch', '-q', 'main')
    const last = ['--against-ref', 'later', '-q', '--run', `cat '${at('result.json')}' && true`]
    for (const name of ['own', 'full']) {
      put(repository, `${name}.yaml`, 'extends: load/peak.yaml\n')
      const ended = await run('gate', `${name}.yaml`, '--replications', '2', ...last)
      expect(ended.stderr.includes('of the working tree'), ended.stderr).toBe(name === 'full')
      expect(ended.code, ended.stderr).toBe(name === 'own' ? 0 : 3)
    }
  })

  test('a measured gate replays the scenario of the other version, or none', async () => {
    const options = ['--measured', '--seconds', '0.1', '--against-ref', 'main', '-q']
    for (const path of ['load/live.yaml', join(repository, 'load/live.yaml')]) {
      const ended = await inRepository().run('gate', path, ...options)
      expect(ended, ended.stderr).toMatchObject({ code: 6, stdout: '' })
      expect(ended.stderr).toContain('rate_rps: 300 → 200')
    }
    // on a busy machine the times may be too long for its objectives, and are then in doubt
    put(repository, 'fresh.yaml', changed(QUICK, ['rate_rps: 300', 'rate_rps: 20']))
    const fresh = await inRepository().run('gate', 'fresh.yaml', ...options)
    const verdict = fresh.stdout.includes('; by times in doubt: ') ? 'UNDECIDED' : 'NEW'
    expect(fresh.code, fresh.stdout).toBe(verdict === 'NEW' ? 0 : 5)
    expect(fresh.stdout).toMatch(
      new RegExp(`^${verdict} [^]*main \\([0-9a-f]{12}\\) has no scenario`),
    )
    expect(fresh.stdout).toMatch(/^figure +head +95 % of head$/m)
    const shipped = await inRepository().run('gate', 'first', ...options)
    expect(shipped, shipped.stderr).toMatchObject({ code: 3, stdout: '' })
    expect(shipped.stderr).toContain('ships with Spillway')
  })

  test('a folder that the other version lacks, or has elsewhere, is refused', async () => {
    mkdirSync(join(repository, 'later'))
    put(repository, 'later/peak.yaml', DECLARED)
    const later = commandsIn(join(repository, 'later'), { variables })
    const lacking = await later.run('gate', 'peak.yaml', ...FEW, '--against-ref', 'main')
    expect(lacking, lacking.stderr).toMatchObject({ code: 6, stdout: '' })
    expect(lacking.stderr).toContain('has no folder later')
    // a branch in which the folder is a link to that of the working tree
    git('switch', '-q', '-c', 'hostile')
    renameSync(join(repository, 'load'), join(repository, 'aside'))
    symlinkSync(join(realpathSync(repository), 'load'), join(repository, 'load'))
    git('add', 'load')
    git('commit', '-q', '-m', 'Link a folder')
    execFileSync('rm', [join(repository, 'load')])
    renameSync(join(repository, 'aside'), join(repository, 'load'))
    git('switch', '-q', '--force', 'main')
    put(repository, 'load/peak.yaml', CHANGED)
    const { run } = commandsIn(join(repository, 'load'), { variables })
    const linked = await run('gate', 'peak.yaml', ...FEW, '--against-ref', 'hostile', '--run', RUN)
    expect(linked, linked.stderr).toMatchObject({ code: 3, stdout: '' })
    expect(linked.stderr).toContain('a link leads out of the repository')
  })

  test('a killed gate leaves no process, and the next one removes its checkout', async () => {
    const { temporary, run, start } = aside('killed', { SPILLWAY_TEST_MARK: 'killed' })
    const prepare = 'touch ../../prepared; while :; do sleep 1; done'
    const gate = ['gate', 'load/peak.yaml', ...FEW, '--against-ref', 'main', '--run', RUN]
    const { child } = start([...gate, '--prepare', prepare])
    const left = () => processesWith('SPILLWAY_TEST_MARK=killed')
    while (!existsSync(join(temporary, 'prepared'))) await setTimeout(20)
    child.kill('SIGKILL')
    while (left().length > 0) await setTimeout(20)
    expect(readdirSync(temporary).sort().join()).toMatch(/^prepared,spillway-ref-/)
    const ended = await run(...gate)
    expect(ended, ended.stderr).toMatchObject({ code: 4 })
    expect(checkouts(temporary)).toEqual({ folders: ['prepared'], known: 0 })
  })

  test('what git remembers of a checkout goes, too, if its folder is gone or git was killed', async () => {
    const { temporary, run } = aside('gone')
    const name = `spillway-ref-${PROCESS_NAME.replace(/-\d+-\d+$/, '-4194305-7')}-abc123`
    const mine = at('my-tree')
    git('worktree', 'add', '-q', '--detach', join(temporary, name, 'tree'))
    git('worktree', 'lock', '--reason', 'initializing', join(temporary, name, 'tree'))
    git('worktree', 'add', '-q', '--detach', mine)
    execFileSync('rm', ['-r', join(temporary, name), mine])
    const args = ['--against-ref', 'main', '--run', RUN]
    await run('gate', 'load/peak.yaml', ...FEW, ...args)
    // and no worktree of the user's own
    expect(checkouts(temporary)).toEqual({ folders: [], known: 1 })
    git('worktree', 'prune')
  })

  test('a command that leaves processes in the background is over when it ends', async () => {
    const { temporary, run } = aside('background')
    const late = '(sleep 30; touch ../../late)'
    const prepare = `${late} & echo $! > ../../own; setsid sh -c '${late}' & echo $! > ../../other`
    const args = ['--against-ref', 'main', '--run', RUN, '--prepare', prepare]
    const ended = await run('gate', 'load/peak.yaml', ...FEW, ...args)
    const pidIn = (name: string) => Number(readFileSync(join(temporary, name), 'utf8'))
    send(-pidIn('other'), 'SIGKILL')
    expect(ended, ended.stderr).toMatchObject({ code: 4 })
    expect(readdirSync(temporary).sort()).toEqual(['other', 'own'])
    expect(isRunning(pidIn('own'))).toBe(false)
  })

  test('all that a command prints is read, and shown apart from other messages', async () => {
    const lines = 'i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done'
    const prepare = `${lines}; printf '::warning::x\\n##[error]y\\n' >&2; sleep 30 & exit 7`
    const args = ['--against-ref', 'main', '--prepare']
    const loud = await inRepository().run('gate', 'load/peak.yaml', ...FEW, ...args, prepare)
    expect(loud).toMatchObject({ code: 3, stdout: '' })
    expect(loud.stderr).toMatch(
      /exit code 7 in main\n {2}\\u\{3a\}:warning::x\n {2}#\\u\{23\}\[error\]y\n$/,
    )
    const long = await inRepository().run(
      'gate',
      'load/peak.yaml',
      ...FEW,
      ...args,
      `${lines}; exit 7`,
    )
    expect(long.stderr.endsWith('\n  line 19998\n  line 19999\n')).toBe(true)
  })

  test('runs no hook of either version, and leaves the index of a commit in progress', async () => {
    const hooks = join(repository, '.githooks')
    mkdirSync(hooks)
    put(hooks, 'post-checkout', `#!/bin/sh\ntouch ${at('hooked')}\n`)
    execFileSync('chmod', ['+x', join(hooks, 'post-checkout')])
    git('config', 'core.hooksPath', '.githooks')
    git('add', '.githooks')
    git('commit', '-q', '-m', 'Add a hook', '--', '.githooks')
    put(repository, 'staged.txt', 'staged')
    git('add', 'staged.txt')
    const before = git('status', '--short')
    const index = join(realpathSync(repository), '.git/index')
    const { run } = aside('hook', { GIT_INDEX_FILE: index, GIT_DIR: '.git' })
    const args = ['--against-ref', 'main', '--run', RUN]
    const ended = await run('gate', 'load/peak.yaml', ...FEW, ...args, '--prepare', 'git status')
    expect(ended, ended.stderr).toMatchObject({ code: 4 })
    expect(git('status', '--short')).toBe(before)
    expect(existsSync(at('hooked'))).toBe(false)
  })

  test('names of options and files are shown on one line, and are no command to a runner', async () => {
    const evil = 'a\n::warning::x ##[error]y'
    put(repository, `${evil}.yaml`, DECLARED)
    const inActions = commandsIn(repository, {
      variables: { ...variables, GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: at('evil.md') },
    })
    const gate = ['gate', `${evil}.yaml`, ...FEW]
    const commands = [
      [...gate, '--against-ref', evil],
      [...gate, '--against-ref', 'main', '--prepare', `exit 3 # ${evil}`],
      [...gate, '--against-ref', 'main', '--run', `exit 3 # ${evil}`],
      [...gate, '--against-ref', 'main', '--run', RUN],
      [...gate, '--baseline', evil],
      [...gate, '--baseline', evil, '--update'],
      [...gate, '--baseline', evil, '--set', LONGER, '--out', evil],
      [...gate, '--against-set', LONGER, '--csv', evil],
    ]
    for (const args of commands) {
      const { stdout, stderr } = await inActions.run(...args)
      // an annotation has all on one line
      const unannotated = stderr.replace(
        /^::(error|warning|notice) (file=[^\n]*)?title=[^\n]*\n/gm,
        '',
      )
      expect(stdout + unannotated, args.join(' ')).not.toMatch(/^\s*(:|\\u\{3a\}):|##\[/m)
      expect(stderr).not.toMatch(/^::warning::|##\[/m)
    }
    expect(read('evil.md')).not.toMatch(/^\s*::|##\[/m)
  })

  test('compares with the scenario of another commit, and removes its worktree', async () => {
    const args = ['--against-ref', 'main', '--run', RUN, '--prepare', 'touch prepared', '--json']
    const ended = await inRepository().run('gate', 'load/peak.yaml', ...FEW, ...args)
    expect(ended.stderr).toBe('')
    expect(ended.code).toBe(4)
    const gate = JSON.parse(ended.stdout) as Gate
    expect(gate.cases[0]!.base).toMatch(/^main \([0-9a-f]{12}\)$/)
    expect(gate.cases[0]!.changes.scenario).toEqual(CHANGES)
    expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1)
    expect(existsSync(join(repository, 'prepared'))).toBe(false)
  })

  test('a load is a share of the capacity of the other version', async () => {
    const loaded = changed(
      DECLARED,
      [/rate_rps: 120\n/, 'load: 0.3\n'],
      ['rate_rps: 60', 'load: 0.15'],
    )
    put(repository, 'loaded.yaml', loaded)
    const commits = { loads: loaded, 'later-loads': `${loaded}key_of_later: 1\n` }
    for (const [branch, text] of Object.entries(commits)) {
      git('switch', '-q', '-c', branch)
      put(repository, 'loaded.yaml', text)
      git('add', 'loaded.yaml')
      git('commit', '-q', '-m', 'State loads', '--', 'loaded.yaml')
    }
    git('switch', '-q', 'main')
    put(repository, 'loaded.yaml', changed(loaded, ['mean_ms: 8', 'mean_ms: 12']))
    const gate = ['gate', 'loaded.yaml', ...FEW, '--json', '--against-ref']
    const cases: Gate['cases'][number][] = []
    for (const options of [[], ['--run', RUN]]) {
      const ended = await inRepository().run(...gate, 'loads', ...options)
      expect(ended.code, ended.stderr).toBe(4)
      cases.push((JSON.parse(ended.stdout) as Gate).cases[0]!)
    }
    const ratios = cases.map(({ metrics }) => metrics.map(({ name, ratio }) => ({ name, ratio })))
    expect(ratios[1]).toEqual(ratios[0])
    // a version whose scenario this one cannot read
    const result = await inRepository().run('simulate', 'loaded.yaml', ...FEW, '--json')
    put(folder, 'loaded.json', result.stdout)
    put(repository, 'loaded.yaml', loaded)
    const run = ['--run', `cat '${at('loaded.json')}' && true`]
    const unread = await inRepository().run(...gate, 'later-loads', ...run)
    expect(unread.code, unread.stderr).toBe(6)
    expect(unread.stdout).toContain('this version cannot read the scenario of later-loads')
  })

  test('uncertain inputs are drawn on both sides, whichever version simulates', async () => {
    const unknown = changed(DECLARED, ['mean_ms: 8', 'mean_ms: 8 ± 20 %'])
    git('switch', '-q', '-c', 'unknown')
    for (const text of [unknown, `${unknown}key_of_later: 1\n`]) {
      put(repository, 'unknown.yaml', text)
      git('add', 'unknown.yaml')
      git('commit', '-q', '-m', 'State a width', '--', 'unknown.yaml')
    }
    git('switch', '-q', 'main')
    put(repository, 'unknown.yaml', unknown)
    const result = await inRepository().run('simulate', 'unknown.yaml', ...FEW, '--json')
    put(folder, 'unknown.json', result.stdout)
    put(repository, 'unknown.yaml', changed(unknown, ['base_ms: 3', 'base_ms: 4']))
    const gate = ['gate', 'unknown.yaml', ...FEW, '--json', '--against-ref']
    const cases: Gate['cases'][number][] = []
    for (const options of [[], ['--run', RUN]]) {
      const ended = await inRepository().run(...gate, 'unknown~1', ...options)
      expect(ended.code, ended.stderr).toBe(4)
      cases.push((JSON.parse(ended.stdout) as Gate).cases[0]!)
    }
    expect(cases[0]!.uncertain!.inputs).toMatchObject([{ name: 'models.small.work.mean_ms' }])
    expect(cases[1]!.metrics).toEqual(cases[0]!.metrics)
    // a version whose scenario this one cannot read
    const run = ['--run', `cat '${at('unknown.json')}' && true`]
    const unread = await inRepository().run(...gate, 'unknown', ...run)
    expect(unread.code, unread.stderr).toBe(6)
    expect(unread.stdout).toMatch(/inputs are uncertain, and those of unknown .* cannot be drawn/)
  })

  describe('fetches no package by its name', () => {
    const requested: string[] = []
    const registry = createServer((request, response) => {
      requested.push(request.url ?? '')
      response.writeHead(404).end('{}')
    })
    let variablesHere: Record<string, string>
    const scriptOf = (words: string) => `printf '#!/bin/sh\\n${words}' > node_modules/.bin/spillway`
    const install = (words: string) =>
      `mkdir -p node_modules/.bin && ${scriptOf(words)} && chmod +x node_modules/.bin/spillway`
    const gate = ['gate', 'load/peak.yaml', ...FEW, '--json']

    beforeAll(async () => {
      registry.listen(0, '127.0.0.1')
      await once(registry, 'listening')
      const { port } = registry.address() as AddressInfo
      const url = `http://127.0.0.1:${port}/`
      variablesHere = { npm_config_registry: url, npm_config_yes: 'true' }
      // a version with a Spillway among its files
      git('switch', '-q', '-c', 'with-modules')
      execFileSync('sh', ['-c', install(`touch ${at('executed')}`)], { cwd: repository })
      git('add', '--force', 'node_modules')
      git('commit', '-q', '-m', 'Add modules', '--', 'node_modules')
      git('switch', '-q', 'main')
    })

    afterAll(() => registry.close())

    test.each([
      ['without --prepare', 'main', [], /^$/],
      ['without --prepare, whatever is in that version', 'with-modules', [], /^$/],
      ['where --prepare installs none', 'main', ['--prepare', 'true'], /has no Spillway after/],
    ])('%s', async (_, ref, options, expected) => {
      const { run } = commandsIn(repository, { variables: { ...variables, ...variablesHere } })
      const quiet = options.length === 0 ? gate : gate.filter((word) => word !== '-q')
      const ended = await run(...quiet, '--against-ref', ref, ...options)
      expect(ended.code, ended.stderr).toBe(4)
      expect((JSON.parse(ended.stdout) as Gate).cases[0]!.changes).toMatchObject({
        scenario: CHANGES,
        engine: null,
      })
      expect(ended.stderr).toMatch(expected)
      expect(requested).toEqual([])
      expect(existsSync(at('executed'))).toBe(false)
    })

    test('and simulates with the Spillway that --prepare has installed', async () => {
      const { run } = commandsIn(join(repository, 'load'), {
        variables: { ...variables, ...variablesHere },
      })
      const prepare = `cd .. && ${install(`touch ${at('installed')}; exec node ${CLI} "$@"`)}`
      const args = ['gate', 'peak.yaml', ...FEW, '--against-ref', 'main', '--prepare', prepare]
      const ended = await run(...args)
      expect(ended.code, ended.stderr).toBe(4)
      expect(existsSync(at('installed'))).toBe(true)
      expect(requested).toEqual([])
    })

    test('a scenario that ships is none of the other version then', async () => {
      const ended = await inRepository().run('gate', 'first', ...FEW, '--against-ref', 'main')
      expect(ended, ended.stderr).toMatchObject({ code: 3, stdout: '' })
      expect(ended.stderr).toContain('ships with Spillway, and no other Spillway simulates main')
    })
  })

  test('A...B is the commit that both have in common', async () => {
    git('switch', '-q', '-c', 'ahead')
    put(repository, 'ahead.txt', 'ahead')
    git('add', 'ahead.txt')
    git('commit', '-q', '-m', 'Go ahead', '--', 'ahead.txt')
    git('switch', '-q', 'main')
    const commit = git('rev-parse', 'main').slice(0, 12)
    for (const ref of ['ahead...HEAD', 'main...ahead', '...ahead']) {
      const args = ['gate', 'load/peak.yaml', ...FEW, '--json', '--against-ref', ref]
      const ended = await inRepository().run(...args)
      expect(ended.code, ended.stderr).toBe(4)
      expect((JSON.parse(ended.stdout) as Gate).cases[0]!.base).toBe(`${ref} (${commit})`)
    }
    const alone = git('commit-tree', '-m', 'Alone', git('rev-parse', 'main^{tree}').trim()).trim()
    const none = await inRepository().run(
      'gate',
      'load/peak.yaml',
      '--against-ref',
      `main...${alone}`,
    )
    expect(none).toMatchObject({ code: 3, stdout: '' })
    expect(none.stderr).toContain('the two have no commit in common')
  })

  test.each([
    [['--against-ref', 'nowhere'], 3, /git knows no such commit; fetch it first/],
    [['--against-ref', '--output=x'], 3, /git knows no such commit/],
    [['--against-ref', 'main', '--prepare', 'echo broken; exit 3'], 3, /exit code 3[\s\S]*broken/],
    [['--against-ref', 'main', '--run', 'echo no'], 3, /printed no result/],
    [['--prepare', 'true', '--against', 'load/peak.yaml'], 2, /is for the checkout/],
  ])('%j is refused with the reason', async (args, code, reason) => {
    const ended = await inRepository().run('gate', 'load/peak.yaml', ...FEW, ...args)
    expect(ended.stderr).toMatch(reason)
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1)
  })

  test('a scenario that the other version lacks is new', async () => {
    put(repository, 'new.yaml', DECLARED)
    const args = ['--against-ref', 'main', '--run', RUN]
    const ended = await inRepository().run('gate', 'new.yaml', ...FEW, ...args)
    expect(ended.code, ended.stderr).toBe(0)
    expect(ended.stdout).toMatch(
      /^NEW [\s\S]*has no scenario new.yaml: there is nothing to compare/,
    )
    const failing = ['--set', 'slo.web=["p(95) latency_ms < 1"]']
    const failed = await inRepository().run(
      'gate',
      'new.yaml',
      ...FEW,
      '--against-ref',
      'main',
      ...failing,
    )
    expect(failed.code, failed.stderr).toBe(4)
    expect(failed.stdout).toContain('and an objective fails: web: p(95) latency_ms < 1')
    put(repository, 'busy.yaml', OVERLOADED)
    const busy = await inRepository().run('gate', 'busy.yaml', ...FEW, ...args, '--out', at('busy'))
    expect(busy.code, busy.stderr).toBe(4)
    expect(busy.stdout).toMatch(/has no scenario busy.yaml, and it is overloaded: the backlog/)
    expect(busy.stdout).toMatch(/^web: p50 .* ms/m)
    for (const name of ['gate.md', 'gate.xml', 'report.html']) {
      const text = read(`busy/${name}`)
      expect(text, name).toContain('it is overloaded')
      expect(text, name).toContain('web: p50')
    }
  })
})

describe('the action of the repository', () => {
  const action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as {
    inputs: Record<string, { default?: string }>
    runs: { steps: { run: string; env: Record<string, string> }[] }
  }
  const [step] = action.runs.steps

  /** Runs the script of the action, with these inputs in place of their defaults. */
  function act(inputs: Record<string, string>, runner: Record<string, string> = {}) {
    const values = Object.fromEntries(
      Object.entries(action.inputs).map(([name, input]) => [
        name,
        inputs[name] ?? input.default ?? '',
      ]),
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
      env: {
        ...{ ...process.env, ...variables, ...env, GITHUB_OUTPUT: at('output') },
        ...{ GITHUB_BASE_REF: '', ...runner },
      },
    })
    return { status, output: read('output') }
  }

  test.each([
    ['', 0, 'verdict=PASS\nexit-code=0\n'],
    [` --set ${LONGER}`, 4, 'verdict=FAIL\nexit-code=4\n'],
    [' --seed 4', 6, 'verdict=NOT COMPARABLE\nexit-code=6\n'],
  ])('with %j ends with %i', (options, status, output) => {
    const gate = `declared.yaml --replications 2 --baseline base.json${options}`
    const acted = act({ arguments: gate, command: `node ${CLI}`, out: 'acted' })
    expect(acted).toEqual({ status, output })
    expect(existsSync(at('acted/gate.md'))).toBe(true)
  })

  test('runs the Spillway of the folder, or none', () => {
    const gate = 'declared.yaml --replications 2 --baseline base.json'
    expect(act({ arguments: gate })).toEqual({ status: 3, output: 'verdict=ERROR\nexit-code=3\n' })
    mkdirSync(at('node_modules/.bin'), { recursive: true })
    symlinkSync(CLI, at('node_modules/.bin/spillway'))
    expect(act({ arguments: gate }).output).toBe('verdict=PASS\nexit-code=0\n')
  })

  test('takes arguments with spaces, one on each line', () => {
    put(folder, 'evening peak.yaml', DECLARED)
    const lines = ['evening peak.yaml', '--replications', '2', '--against-set', LONGER, '']
    const acted = act({ arguments: lines.join('\n'), command: `node ${CLI}`, out: 'spaced' })
    expect(acted.output).toBe('verdict=IMPROVED\nexit-code=0\n')
  })

  test('compares a pull request with the commit that it began from, unless a base is named', () => {
    const gate = 'declared.yaml --replications 2'
    const inPullRequest = { GITHUB_BASE_REF: 'main' }
    // the folder is in no repository
    const command = `node ${CLI}`
    expect(act({ arguments: gate, command }, inPullRequest)).toMatchObject({ status: 3 })
    expect(act({ arguments: gate, command })).toMatchObject({ status: 2 })
    for (const base of ['--baseline base.json', '--baseline=base.json']) {
      const acted = act({ arguments: `${gate} ${base}`, command }, inPullRequest)
      expect(acted).toMatchObject({ status: 0 })
    }
  })

  test('takes what its inputs hold for words, and runs none of it', () => {
    act({ arguments: '$(touch hacked); touch hacked', command: `node ${CLI}` })
    expect(existsSync(at('hacked'))).toBe(false)
  })
})

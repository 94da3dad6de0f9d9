import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Sweep } from '../sim/documents/index.ts'
import { killSweeps, sweepFaults } from '../tools/fuzz/sweeps.ts'
import { processesWith, send } from './command-line.ts'
import { printedDocuments } from './printed-documents.ts'
import { DECLARED } from './scenarios.ts'
import { commandsIn, expectRefusal, filesIn, put, readJson, temporaryFolder } from './spillway.ts'

/** Sweeps on the built command line: the same bytes whatever happens, and nothing lost. */

const folder = temporaryFolder()
const { run, start } = commandsIn(folder)
const { documentOf, published } = printedDocuments(run)
const at = (name: string) => join(folder, name)

const GRID = ['sweep', 'declared.yaml', '--replications', '2', '--set', 'duration_s=12'].concat(
  ['--set', 'pools.first.replicas=0..3', '--set', 'pools.second.batching.max_batch=4,8'],
  ['--set', 'pools.first.price_usd_per_hour=2', '--set', 'pools.second.price_usd_per_hour=3'],
)
const CONFIGURATIONS = 8

beforeAll(async () => {
  put(folder, 'declared.yaml', DECLARED)
  const ended = await run(...GRID, '--workers', '1', '--out', 'whole')
  expect(ended.code, ended.stderr).toBe(0)
  for (const index of [1, 2, 3]) {
    await run(...GRID, '--shard', `${index}/3`, '--workers', '1', '--out', `shard-${index}`)
  }
})

const shards = (...indices: number[]) => indices.map((index) => `shard-${index}`)

describe('the same bytes', () => {
  test('with two processes', async () => {
    const ended = await run(...GRID, '--workers', '2', '--out', 'two')
    expect(ended.code).toBe(0)
    expect(sweepFaults(at('whole'), at('two'), CONFIGURATIONS)).toEqual([])
    expect(filesIn(at('two'))).toEqual(
      ['journal.jsonl', 'manifest.json', 'report.html', 'results.parquet'].concat('sweep.json'),
    )
  })

  test('from shards in any order, and by the report command', async () => {
    const ended = await run('merge', ...shards(3, 1, 2), '--out', 'merged')
    expect(ended.code, ended.stderr).toBe(0)
    expect(sweepFaults(at('whole'), at('merged'), CONFIGURATIONS)).toEqual([])
    writeFileSync(at('merged/report.html'), 'another')
    expect((await run('report', 'merged')).code).toBe(0)
    expect(sweepFaults(at('whole'), at('merged'), CONFIGURATIONS)).toEqual([])
  })

  test('after the coordinator was killed with SIGKILL at random moments', async () => {
    const kills = temporaryFolder()
    put(kills, 'declared.yaml', DECLARED)
    const { faults, rows, completed } = await killSweeps(kills, 4, 3)
    expect(faults).toEqual([])
    expect(rows).toHaveLength(4)
    expect(completed).toBeGreaterThan(0)
  })

  test('a difference and a lost row are found', () => {
    cpSync(at('whole'), at('damaged'), { recursive: true })
    const lines = readFileSync(at('whole/journal.jsonl'), 'utf8').trimEnd().split('\n')
    put(folder, 'damaged/journal.jsonl', `${[...lines.slice(1), lines[1]].join('\n')}\n`)
    put(folder, 'damaged/sweep.json', '{}')
    expect(sweepFaults(at('whole'), at('damaged'), CONFIGURATIONS)).toEqual([
      'sweep.json differs',
      expect.stringMatching(/^lost: \d$/),
      expect.stringMatching(/^simulated twice: \d$/),
    ])
  })
})

describe('the document', () => {
  test('has every configuration, invalid ones with their reason, and the front', async () => {
    const isSweep = await published('sweep')
    const document = (await documentOf(...GRID)) as Sweep
    isSweep(document)
    expect(document).toEqual(readJson(at('whole/sweep.json')))
    const { rows, counts, front, best } = document
    expect(rows.map(({ configuration }) => configuration)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(rows[0]).toMatchObject({ values: ['0', '4'], status: 'invalid', figures: null })
    expect(rows[0]!.reason).toMatch(/pools\.first\.replicas=0: expected a whole number/)
    expect(counts.invalid).toBe(2)
    expect(Object.values(counts).reduce((sum, n) => sum + n, 0)).toBe(CONFIGURATIONS)
    for (const number of front!) expect(rows[number - 1]!.figures!.verdict).toBe('PASS')
    expect(counts.PASS === 0 ? front : front!.includes(best!)).toEqual(
      counts.PASS === 0 ? [] : true,
    )
  })

  test('of a simulation with the same overrides is the same', async () => {
    const set = GRID.slice(2, 6).concat('--set', 'pools.first.replicas=2')
    const max = ['--set', 'pools.second.batching.max_batch=8']
    const simulated = (await documentOf('simulate', 'declared.yaml', ...set, ...max)) as {
      classes: { latency: unknown }[]
    }
    const { rows } = readJson(at('whole/sweep.json')) as Sweep
    expect(rows[5]!.values).toEqual(['2', '8'])
    expect(rows[5]!.figures!.classes.map(({ latency }) => latency)).toEqual(
      simulated.classes.map(({ latency }) => latency),
    )
  })

  test('of a list has its configurations in order; the journal alone is enough to resume', async () => {
    put(folder, 'points.csv', 'pools.first.replicas,traffic.web.timeout_ms\n1,50\n2,"80"\n')
    const list = ['sweep', 'declared.yaml', '--replications', '1', '--set', 'duration_s=12'].concat(
      ['--points', 'points.csv', '--out', 'list'],
    )
    const document = (await documentOf(...list)) as Sweep
    expect(document.grid).toBeNull()
    expect(document.rows.map(({ values }) => values)).toEqual([
      ['1', '50'],
      ['2', '80'],
    ])
    const ended = await run(...list, '--resume', '--json')
    expect(JSON.parse(ended.stdout)).toEqual(document)
    expect(ended.stderr).toBe('')
  })

  test.skipIf(availableParallelism() < 2)(
    'of a process that is killed, a configuration has a row with the reason; --resume simulates it',
    async () => {
      const mine = commandsIn(temporaryFolder())
      put(mine.folder, 'declared.yaml', DECLARED)
      const { child, ended } = mine.start([...GRID, '--out', 'killed'])
      const cache = `SPILLWAY_CACHE=${join(mine.folder, 'cache')}`
      const simulating = () =>
        processesWith(cache).filter(({ command }) => command.includes('simulation-process'))
      while (simulating().length === 0 && child.exitCode === null) await wait(5)
      const { pid } = simulating()[0]!
      // it keeps what it is asked for, and the others simulate the rest
      send(pid, 'SIGSTOP')
      const journal = join(mine.folder, 'killed/journal.jsonl')
      const rowsKept = () => (existsSync(journal) ? readFileSync(journal, 'utf8') : '').split('\n')
      while (rowsKept().length < CONFIGURATIONS && child.exitCode === null) await wait(5)
      send(pid, 'SIGKILL')
      const { code, stderr } = await ended
      expect(code, stderr).toBe(0)
      const { rows, counts } = readJson(join(mine.folder, 'killed/sweep.json')) as Sweep
      const lost = rows.find(({ status }) => status === 'out_of_memory')!
      expect(lost.reason).toMatch(/ended early \(SIGKILL\); usually because memory ran out/)
      expect(counts.out_of_memory).toBe(1)
      expect((await mine.run(...GRID, '--resume', '--out', 'killed')).code).toBe(0)
      expect(sweepFaults(at('whole'), join(mine.folder, 'killed'), CONFIGURATIONS)).toEqual([
        `simulated twice: ${lost.configuration}`,
      ])
    },
  )
})

describe('refusals', () => {
  test('a folder that holds a sweep, and --resume of another one by what differs', async () => {
    expectRefusal(await run(...GRID, '--out', 'whole'), 3, at('whole'))
    const ended = await run(...GRID, '--seed', '9', '--resume', '--out', 'whole')
    expectRefusal(ended, 6, at('whole'))
    expect(ended.stderr).toMatch(/another sweep: seed: 11 there, 9 here/)
    // nothing was touched
    expect(sweepFaults(at('whole'), at('whole'), CONFIGURATIONS)).toEqual([])
  })

  test('a shard that is missing', async () => {
    const ended = await run('merge', ...shards(1, 3), '--out', 'refused')
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toMatch(/shard 2\/3 is missing/)
  })

  test('a sweep of which no configuration could be simulated; its table has the reasons', async () => {
    const ended = await run('sweep', 'declared.yaml', '--set', 'pools.first.speed=fast,slow')
    expect(ended.code).toBe(3)
    expect(ended.stdout).toMatch(/^None of 2 configurations could be simulated: /)
  })
})

test('Ctrl-C keeps the rows, and says how to go on', async () => {
  const args = ['sweep', 'declared.yaml', '--set', 'seed=1..500', '--out', 'stopped']
  const { child, prints, ended } = start(args)
  await prints(/simulating/)
  child.kill('SIGINT')
  const { code, stderr } = await ended
  expect(code).toBe(130)
  expect(stderr).toMatch(
    /rows so far are kept in stopped; go on with the same command and --resume/,
  )
  expect(filesIn(at('stopped'))).toContain('manifest.json')
})

describe('one folder', () => {
  test('of two sweeps that begin at once, one is refused; rows and plan are those of the other', async () => {
    const mine = commandsIn(temporaryFolder())
    put(mine.folder, 'declared.yaml', DECLARED)
    const seeds = ['1..4', '5..8']
    const begun = seeds.map((seed) =>
      mine.runProcess(
        'sweep',
        'declared.yaml',
        '--replications',
        '1',
        '--set',
        `seed=${seed}`,
        '--out',
        'both',
      ),
    )
    const ended = await Promise.all(begun)
    expect(ended.map(({ code }) => code).sort()).toEqual([0, 3])
    const refused = ended.find(({ code }) => code === 3)!
    expectRefusal(refused, 3, mine.folder)
    expect(refused.stderr).toMatch(/both: (process \d+ writes a sweep there|holds a sweep)/)
    const output = join(mine.folder, 'both')
    const { rows, grid } = readJson(join(output, 'sweep.json')) as Sweep
    expect(rows.map(({ values }) => values[0])).toEqual(grid![0])
    const journal = readFileSync(join(output, 'journal.jsonl'), 'utf8').trimEnd().split('\n')
    expect(journal.map((line) => JSON.parse(line).values[0]).sort()).toEqual(grid![0])
    expect(filesIn(output)).toEqual(filesIn(at('whole')))
  })

  test('with rows of another plan simulates its own, and says so', async () => {
    cpSync(at('whole'), at('forged'), { recursive: true })
    const lines = readFileSync(at('whole/journal.jsonl'), 'utf8').trimEnd().split('\n')
    const forged = lines.map((line) => {
      const row = JSON.parse(line)
      return JSON.stringify(row.configuration > 2 ? row : { ...row, values: ['9', '9'] })
    })
    put(folder, 'forged/journal.jsonl', `${forged.join('\n')}\n`)
    const ended = await run(...GRID, '--resume', '--out', 'forged')
    expect(ended.code, ended.stderr).toBe(0)
    expect(ended.stderr).toMatch(/journal\.jsonl: 2 rows are of another plan and do not count/)
    // two processes write their rows in any order
    expect(sweepFaults(at('whole'), at('forged'), CONFIGURATIONS)).toEqual([
      expect.stringMatching(/^simulated twice: (1, 2|2, 1)$/),
    ])
  })

  test('whose journal is a pipe or a link is refused, and what a link leads to stays', async () => {
    for (const name of ['piped', 'linked']) {
      cpSync(at('shard-1'), at(name), { recursive: true })
      rmSync(at(`${name}/journal.jsonl`))
    }
    execFileSync('mkfifo', [at('piped/journal.jsonl')])
    put(folder, 'mine.txt', 'mine')
    symlinkSync('../mine.txt', at('linked/journal.jsonl'))
    for (const [name, reason] of [
      ['piped', 'no regular file'],
      ['linked', 'a symbolic link'],
    ]) {
      const shard = [...GRID, '--shard', '1/3', '--resume', '--out', name!]
      for (const args of [shard, ['merge', name!, ...shards(2, 3), '--out', 'never']]) {
        const ended = await run(...args)
        expectRefusal(ended, 3, at(name!))
        expect(ended.stderr).toContain(`${name}/journal.jsonl: is ${reason}; remove it`)
      }
    }
    expect(readFileSync(at('mine.txt'), 'utf8')).toBe('mine')
    expect(filesIn(folder)).not.toContain('never')
  })

  test('of a shard is not replaced by the whole, also by another name of it', async () => {
    symlinkSync('shard-1', at('another-name'))
    const before = readFileSync(at('shard-1/manifest.json'))
    const ended = await run('merge', ...shards(1, 2, 3), '--out', 'another-name')
    expectRefusal(ended, 2, at('shard-1'))
    expect(ended.stderr).toMatch(/--out another-name: is the folder of a shard/)
    expect(readFileSync(at('shard-1/manifest.json'))).toEqual(before)
  })
})

describe('a million configurations', () => {
  test('are begun in a minute of processor time, and Ctrl-C ends them', async () => {
    const limited = commandsIn(folder, {
      under: ['/bin/sh', '-c', 'ulimit -t 60; exec "$@"', 'sh'],
    })
    const args = ['sweep', 'declared.yaml', '--set', 'seed=1..1000000', '--out', 'million']
    const { child, prints, ended } = limited.start(args)
    await prints(/simulating/)
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ code: 130 })
    expect(filesIn(at('million'))).toContain('manifest.json')
  })

  test('that a plan refuses are not listed', async () => {
    for (const values of [
      'seed=1..50000',
      `seed=${'1,'.repeat(20_000)}2`,
      'pools.first.speed=0..90000',
    ]) {
      const ended = await run('plan', 'declared.yaml', '--set', values)
      expectRefusal(ended, 2, folder)
      expect(ended.stderr.length).toBeLessThan(500)
    }
  })
})

describe('query', () => {
  test('runs SQL over the table, whose columns have the figures of the document', async () => {
    const { rows } = readJson(at('whole/sweep.json')) as Sweep
    const answer = await documentOf(
      ...['query', 'whole'],
      'select configuration, "pools.first.replicas" as replicas, status, "web.p95_ms" as p95, usd_per_hour from results order by configuration',
    )
    expect(answer).toEqual(
      rows.map(({ configuration, values, status, figures }) => ({
        configuration,
        replicas: Number(values[0]),
        status,
        p95: figures?.classes[0]?.latency.percentiles.p95.value ?? null,
        usd_per_hour: figures?.cost?.usd_per_hour ?? null,
      })),
    )
    const ended = await run('query', 'whole', 'select count(*) as n from results')
    expect(ended).toMatchObject({ code: 0, stdout: 'n\n8\n', stderr: '' })
  })

  test('refuses wrong SQL, and folders without a complete sweep', async () => {
    const wrong = await run('query', 'whole', 'select nothing from results')
    expectRefusal(wrong, 3, folder)
    expect(wrong.stderr).toMatch(/nothing/)
    copyFileSync(at('whole/manifest.json'), at('manifest.json'))
    const begun = await run('query', '.', 'select 1')
    expect(begun.stderr).toMatch(/this sweep is not complete; continue it: spillway sweep/)
    expect((await run('query', 'nowhere', 'select 1')).stderr).toMatch(/nowhere: no such folder/)
  })

  test('names the package to install where DuckDB is absent', async () => {
    const hook = `export async function resolve(name, context, next) {
      if (!name.startsWith('@duckdb/')) return next(name, context)
      throw Object.assign(new Error('none'), { code: 'ERR_MODULE_NOT_FOUND' })
    }`
    const url = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`
    const register = `import { register } from 'node:module'; register(${JSON.stringify(url(hook))})`
    const withoutDuckdb = commandsIn(folder, { flags: ['--import', url(register)] })
    const ended = await withoutDuckdb.run('query', 'whole', 'select 1')
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toMatch(/not installed; install it with: npm install @duckdb\/node-api/)
  })
})

import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { QueuePool } from '../runtime/jobs/configurations/queue-pool.ts'
import { commandsIn, put, temporaryFolder } from './spillway.ts'
import { startValkey, type Valkey, valkeyServer } from './valkey.ts'

const folder = temporaryFolder()
const { run, runProcess, start } = commandsIn(folder)

test('a server that is not there is named', async () => {
  const ended = await run('worker', '--queue', 'redis://:secret@127.0.0.1:1')
  expect(ended.code).toBe(3)
  expect(ended.stderr).toMatch(/redis:\/\/…@127\.0\.0\.1:1: .*is a Valkey or Redis server running/)
  expect(ended.stderr).not.toContain('secret')
})

test('another URL is refused', async () => {
  const ended = await run('worker', '--queue', 'localhost')
  expect(ended.code).toBe(2)
  expect(ended.stderr).toContain('--queue localhost: expected redis://HOST:PORT')
})

const skip = valkeyServer === null && process.env.CI !== 'true'

describe.skipIf(skip)('the workers of a queue', () => {
  let valkey: Valkey
  beforeAll(async () => {
    valkey = await startValkey()
  })
  afterAll(() => valkey.stop())

  test('make the sweep that one machine makes, byte by byte, also when they are killed', async () => {
    const sweep = ['sweep', 'overload', '--set', 'pools.0.replicas=1..4', '--set', 'seed=1..12']
    const shared = [...sweep, '--set', 'duration_s=22', '--replications', '2']
    expect((await run(...shared, '--out', 'here')).code).toBe(0)
    const worker = () => start(['worker', '--queue', valkey.url, '--workers', '1', '-q'])
    const queued = start([...shared, '--out', 'there', '--queue', valkey.url])
    const journal = join(folder, 'there/journal.jsonl')
    const rows = () => (existsSync(journal) ? readFileSync(journal, 'utf8').split('\n').length : 0)
    const stays = worker()
    for (const n of [4, 12]) {
      const victim = worker()
      while (rows() < n) await new Promise((resolve) => setTimeout(resolve, 50))
      process.kill(-victim.child.pid!, 'SIGKILL')
      await victim.ended
    }
    expect((await queued.ended).code).toBe(0)
    expect(rows()).toBe(1 + 48)
    for (const name of ['manifest.json', 'sweep.json', 'results.parquet', 'report.html']) {
      const [here, there] = ['here', 'there'].map((of) => readFileSync(join(folder, of, name)))
      expect(there!.equals(here!), name).toBe(true)
    }
    stays.child.kill('SIGINT')
    expect((await stays.ended).code).toBe(130)
  })

  test('report what is wrong with a configuration', async () => {
    const pool = await QueuePool.open(valkey.url, { path: 'overload', set: ['duration_s=22'] })
    const worker = start(['worker', '--queue', valkey.url, '--exit-when-idle', '2'])
    const bad = { set: ['pools.0.replicas=0'], from: 0, to: 1 }
    await expect(pool.simulate(bad)).rejects.toThrow(/replicas/)
    const ended = await worker.ended
    expect(ended.code).toBe(0)
    expect(ended.stdout).toBe('1 simulations done\n')
    await pool.close()
  })

  test('without the files of a scenario leave its simulations to others', async () => {
    put(folder, 'arrivals.csv', 'at_s\n1\n2\n3\n')
    put(
      folder,
      'traced.yaml',
      `spillway: 1
name: traced
duration_s: 4
models: { m: { work: { law: linear, base_ms: 4 } } }
traffic: [{ class: web, arrivals: { process: trace, file: arrivals.csv } }]
pools: [{ name: central, model: m, speed: ideal }]
`,
    )
    mkdirSync(join(folder, 'other'))
    put(folder, 'other/arrivals.csv', 'at_s\n1\n2\n')
    const path = `${folder}/traced.yaml`
    const pool = await QueuePool.open(valkey.url, { path, set: [] })
    const found = pool.simulate({ set: [], from: 0, to: 1 })
    for (const [files, reason] of [
      ['other', 'has other content than where the sweep began'],
      ['nowhere', 'is not'],
    ] as const) {
      const unfit = await runProcess('worker', '--queue', valkey.url, '--files', files)
      expect(unfit.code).toBe(3)
      expect(unfit.stderr).toContain(`arrivals.csv: ${reason} in ${files} of this worker`)
    }
    const fit = start(['worker', '--queue', valkey.url, '--exit-when-idle', '30'])
    expect((await found).runs[0]!.classes[0]!.arrived).toBe(3)
    fit.child.kill('SIGINT')
    await fit.ended
    await pool.close()
  })
})

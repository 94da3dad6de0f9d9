import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { answerKey, lackKey, queueName, sha256Of } from '../runtime/jobs/configurations/queue.ts'
import { QueuePool } from '../runtime/jobs/configurations/queue-pool.ts'
import type { SweepRow } from '../sim/documents/index.ts'
import { dump, namedJob, putJob, sentTo } from '../tools/fuzz/queue/raw-queue.ts'
import { type Started, send } from './command-line.ts'
import { commandsIn, put, temporaryFolder } from './spillway.ts'
import { startValkey, type Valkey, valkeyServer } from './valkey.ts'

const folder = temporaryFolder()
const { run, start } = commandsIn(folder)

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

const TRACED = `spillway: 1
name: traced
duration_s: 4
models: { m: { work: { law: linear, base_ms: 4 } } }
traffic: [{ class: web, arrivals: { process: trace, file: arrivals.csv } }]
pools: [{ name: central, model: m, speed: ideal }]
`
/** A base that another program has put on the server. */
const BASE = { file: 's.yaml', set: [], profile: null, files: {} }
const SECRET = 'not-to-be-told'
const ACL = ['--user', 'spillway', 'on', '>other', '~*', '&*', '+@all']
const STACK = /\n\s+at |internal error/

/** Rows of a sweep's folder, by configuration. */
function rowsIn(name: string): SweepRow[] {
  const lines = readFileSync(join(folder, name, 'journal.jsonl'), 'utf8')
    .split('\n')
    .slice(0, -1)
  const rows = lines.map((line) => JSON.parse(line) as SweepRow)
  return rows.sort((a, b) => a.configuration - b.configuration)
}

/** Waits for what another process does. */
async function untilThere<T>(look: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const value = await look()
    if (value !== null) return value
    await wait(20)
  }
}

async function ends(worker: Started): Promise<void> {
  worker.child.kill('SIGINT')
  expect((await worker.ended).code).toBe(130)
}

const skip = valkeyServer === null && process.env.CI !== 'true'

describe.skipIf(skip)('the workers of a queue', () => {
  let valkey: Valkey
  beforeAll(async () => {
    valkey = await startValkey()
  })
  afterAll(() => valkey.stop())
  afterEach(async () => {
    const redis = new Redis(valkey.url)
    await redis.flushall()
    redis.disconnect()
  })

  const workers: Started[] = []
  const worker = (...options: string[]) => {
    const started = start(['worker', '--queue', valkey.url, '--workers', '1', ...options])
    workers.push(started)
    return started
  }
  // those of a test that has failed would work for the next one
  afterEach(() => {
    for (const { child } of workers.splice(0)) send(-child.pid!, 'SIGKILL')
  })

  test('make the sweep that one machine makes, byte by byte, also when they are killed', async () => {
    const sweep = ['sweep', 'overload', '--set', 'pools.0.replicas=1..4', '--set', 'seed=1..12']
    const shared = [...sweep, '--set', 'duration_s=22', '--replications', '2']
    expect((await run(...shared, '--out', 'here')).code).toBe(0)
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
      const [here, there] = ['here', 'there'].map((place) =>
        readFileSync(join(folder, place, name)),
      )
      expect(there!.equals(here!), name).toBe(true)
    }
    await ends(stays)
  })

  test('report what is wrong with a configuration', async () => {
    const pool = await QueuePool.open(valkey.url, { path: 'overload', set: ['duration_s=22'] })
    const started = start(['worker', '--queue', valkey.url, '--exit-when-idle', '2'])
    // one is seen by the sweep itself, the other one once its system is resolved
    const bad = { set: ['pools.0.replicas=0'], from: 0, to: 1 }
    await expect(pool.simulate(bad)).rejects.toThrow(/replicas/)
    const crowd = { set: ['traffic.0.arrivals.rate_rps=1e9'], from: 0, to: 1 }
    await expect(pool.simulate(crowd)).rejects.toThrow(/expected at most .* requests/)
    const ended = await started.ended
    expect(ended.code).toBe(0)
    expect(ended.stdout).toBe('1 simulations done\n')
    await pool.close()
  })

  test('without the files of a scenario leave its simulations to others, and go on', async () => {
    put(folder, 'arrivals.csv', 'at_s\n1\n2\n3\n')
    put(folder, 'traced.yaml', TRACED)
    mkdirSync(join(folder, 'other'))
    put(folder, 'other/arrivals.csv', 'at_s\n1\n2\n')
    mkdirSync(join(folder, 'piped'))
    execFileSync('mkfifo', [join(folder, 'piped/arrivals.csv')])
    mkdirSync(join(folder, 'led-out'))
    symlinkSync('../arrivals.csv', join(folder, 'led-out/arrivals.csv'))
    const warnings: string[] = []
    const path = `${folder}/traced.yaml`
    const options = { onWarning: (text: string) => void warnings.push(text) }
    const pool = await QueuePool.open(valkey.url, { path, set: [] }, options)
    const simulation = pool.simulate({ set: [], from: 0, to: 1 })
    for (const [files, reason] of [
      ['other', 'has other content than where the sweep began'],
      ['nowhere', 'is not'],
      ['led-out', 'is not'],
      ['piped', 'is a pipe, not a file; write it to a file first,'],
    ] as const) {
      const unfit = worker('--files', files)
      await unfit.prints(new RegExp(`arrivals.csv: ${reason} in ${files} of this worker`))
      await ends(unfit)
    }
    const fit = worker()
    expect((await simulation).runs[0]!.classes[0]!.arrived).toBe(3)
    expect(warnings.join('\n')).toMatch(/a worker leaves its work to others: .*arrivals\.csv: /)
    await ends(fit)
    await pool.close()
  })

  test('with the files of a job do it, however often others have left it', async () => {
    put(folder, 'arrivals.csv', 'at_s\n1\n2\n3\n')
    const redis = new Redis(valkey.url)
    const bytes = Buffer.byteLength('at_s\n1\n2\n3\n')
    const files = { 'arrivals.csv': { bytes, sha256: sha256Of('at_s\n1\n2\n3\n') } }
    const base = await sentTo(redis, { ...BASE, text: TRACED, files })
    const [name, data] = namedJob({ base, set: [], from: 0, to: 1 })
    await putJob(redis, name, data, { ats: '5000' })
    const started = worker()
    const answer = await untilThere(() => redis.get(answerKey(name)))
    expect(JSON.parse(answer)).toMatchObject({ kind: 'done' })
    await ends(started)
    // where no worker has them, that is said in the end
    const [unfitName, unfitJob] = namedJob({ base, set: [], from: 1, to: 2 })
    await putJob(redis, unfitName, unfitJob, { ats: '5000' })
    mkdirSync(join(folder, 'nothing'))
    const unfit = worker('--files', 'nothing')
    const refused = await untilThere(() => redis.get(answerKey(unfitName)))
    expect(JSON.parse(refused).reason).toMatch(/^no worker has its files: arrivals\.csv: /)
    await ends(unfit)
    redis.disconnect()
  })

  test('of one sweep have its values of a file, too', async () => {
    put(folder, 'fewer.csv', 'at_s\n1\n')
    put(folder, 'traced.yaml', TRACED)
    put(folder, 'arrivals.csv', 'at_s\n1\n2\n3\n')
    const sweep = [
      'sweep',
      ...['traced.yaml', '--replications', '1'],
      '--set',
      'traffic.0.arrivals.file=arrivals.csv,fewer.csv',
    ]
    expect((await run(...sweep, '--out', 'files-here')).code).toBe(0)
    const started = worker()
    const queued = await start([...sweep, '--out', 'files-there', '--queue', valkey.url]).ended
    expect(queued).toMatchObject({ code: 0 })
    const [here, there] = ['here', 'there'].map((place) => rowsIn(`files-${place}`))
    expect(there).toEqual(here)
    expect(here!.map(({ figures }) => figures!.classes[0]!.arrived)).toEqual([3, 1])
    await ends(started)
  })

  test('go on after a bad job, which is refused by name', async () => {
    const redis = new Redis(valkey.url)
    const base = await sentTo(redis, { ...BASE, text: '{' })
    const bad: readonly (readonly [name: string, data: unknown, reason: RegExp])[] = [
      ['no-job', {}, /no job: base/],
      ['other', { base, set: [], from: 0, to: 1 }, /asks for something else than its name/],
      [...namedJob({ base: 'a'.repeat(64), set: [], from: 0, to: 1 }), /its sweep is gone/],
    ]
    const started = worker()
    await putJob(redis, 'no-json', '{')
    for (const [name, data] of bad) await putJob(redis, name, data)
    for (const [name, , reason] of bad) {
      const answer = await untilThere(() => redis.get(answerKey(name)))
      expect(JSON.parse(answer)).toMatchObject({
        kind: 'refused',
        reason: expect.stringMatching(reason),
      })
      await started.prints(new RegExp(`job ${name} is refused: `))
    }
    // BullMQ takes it and fails before the worker sees it, so nothing is answered
    expect(await redis.lrange(`bull:${queueName()}:wait`, 0, -1)).toEqual([])
    expect(await redis.exists(answerKey('no-json'))).toBe(0)
    const pool = await QueuePool.open(valkey.url, { path: 'overload', set: ['duration_s=22'] })
    expect((await pool.simulate({ set: [], from: 0, to: 1 })).runs).toHaveLength(1)
    await pool.close()
    expect(started.text.stderr).not.toMatch(STACK)
    await ends(started)
    redis.disconnect()
  })

  test('parse nothing that is larger than any job, and go on', async () => {
    const redis = new Redis(valkey.url)
    // its values take 1 GB, and its text 60 MB
    const bomb = `[${'{},'.repeat(2e7)}{}]`
    const flags = ['--max-old-space-size=400']
    const started = commandsIn(folder, { flags }).start([
      ...['worker', '--queue', valkey.url, '--workers', '1'],
    ])
    workers.push(started)
    await putJob(redis, 'bomb', bomb)
    await putJob(redis, 'bomb-of-options', {}, { opts: bomb })
    await Promise.all([
      started.prints(/job bomb is refused: /),
      started.prints(/job bomb-of-options is/),
    ])
    for (const name of ['bomb', 'bomb-of-options']) {
      const answer = await untilThere(() => redis.get(answerKey(name)))
      expect(JSON.parse(answer).reason).toBe('it is larger than any job')
    }
    await untilThere(
      async () => (await redis.keys(`bull:${queueName()}:bomb*`)).length === 0 || null,
    )
    const pool = await QueuePool.open(valkey.url, { path: 'overload', set: ['duration_s=22'] })
    expect((await pool.simulate({ set: [], from: 0, to: 1 })).runs).toHaveLength(1)
    await pool.close()
    await ends(started)
    redis.disconnect()
  }, 60_000)

  test('open no file that a job names without its content', async () => {
    const redis = new Redis(valkey.url)
    mkdirSync(join(folder, 'given'))
    put(folder, 'given/secret.csv', `at_s\n${SECRET}\n`)
    put(folder, 'outside.csv', `at_s\n${SECRET}\n`)
    symlinkSync('../outside.csv', join(folder, 'given/link.csv'))
    const started = worker('--files', 'given')
    const outside = join(folder, 'outside.csv')
    const files = ['secret.csv', '../outside.csv', outside, 'link.csv', '/etc/passwd', '/dev/zero']
    const trace = (file: string) => TRACED.replace('arrivals.csv', file)
    const texts = files.flatMap((file) => [
      trace(file),
      TRACED.replace('process: trace', 'process: servegen').replace('arrivals.csv', file),
      TRACED.replace('speed: ideal', `accelerator: ${file}`),
      TRACED.replace('work: { law: linear, base_ms: 4 }', `onnx: ${file}, inputs: {}`),
    ])
    const jobs = await Promise.all([
      ...texts.map(async (text) => ({ base: await sentTo(redis, { ...BASE, text }) })),
      ...files.map(async (file) => ({
        base: await sentTo(redis, { ...BASE, text: TRACED }),
        set: [`traffic.0.arrivals.file=${file}`],
      })),
      { base: await sentTo(redis, { ...BASE, text: TRACED, profile: '/etc/passwd' }) },
      {
        base: await sentTo(redis, { ...BASE, text: trace('secret.csv') }),
        files: { 'secret.csv': { bytes: 24, sha256: 'a'.repeat(64) } },
      },
      {
        base: await sentTo(redis, { ...BASE, text: trace('/etc/passwd') }),
        files: { '/etc/passwd': { bytes: 1e6, sha256: 'a'.repeat(64) } },
      },
    ])
    const named = jobs.map((job) => namedJob({ set: [], from: 0, to: 1, ...job }))
    for (const [name, data] of named) await putJob(redis, name, data)
    const lacking = named.at(-2)![0]
    for (const [name] of named) {
      if (name === lacking) continue
      const answer = await untilThere(() => redis.get(answerKey(name)))
      expect(JSON.parse(answer).kind).toMatch(/failed|refused/)
    }
    const lack = await untilThere(() => redis.get(lackKey(jobs.at(-2)!.base)))
    expect(lack).toMatch(/secret\.csv: has other content/)
    const dumped = await dump(redis)
    expect(dumped.length).toBeGreaterThan(named.length)
    for (const text of [...dumped, started.text.stderr, started.text.stdout]) {
      expect(text).not.toContain(SECRET)
      expect(text).not.toMatch(/root:.*:0:/)
    }
    await ends(started)
    redis.disconnect()
  })

  test('that are interrupted hand their jobs to another worker', async () => {
    const pool = await QueuePool.open(valkey.url, { path: 'overload', set: [] })
    const long = { set: ['duration_s=2000', 'warmup_s=0'], from: 0, to: 20 }
    const simulation = pool.simulate(long)
    const first = worker()
    const redis = new Redis(valkey.url)
    const active = `bull:${queueName()}:active`
    await untilThere(async () => (await redis.llen(active)) || null)
    await ends(first)
    // not by the lock of a worker that was killed
    expect(await redis.llen(active)).toBe(0)
    const second = worker()
    expect((await simulation).runs).toHaveLength(20)
    await ends(second)
    await pool.close()
    redis.disconnect()
  })

  test('that lie make no row: their answers are refused by name', async () => {
    const redis = new Redis(valkey.url)
    const sweep = ['sweep', 'overload', '--set', 'duration_s=22', '--set', 'seed=1..3']
    const queued = start([...sweep, '--replications', '1', '--queue', valkey.url, '--out', 'lied'])
    let ended = false
    void queued.ended.then(() => {
      ended = true
    })
    const lies = [
      (job: string) => ({
        kind: 'done',
        job,
        hash: '0'.repeat(16),
        capacityRps: null,
        extrapolated: [],
        runs: [],
      }),
      (job: string) => ({ kind: 'failed', job, problems: ['no'], exitCode: 0 }),
      (job: string) => ({ kind: 'failed', job, problems: ['invalid'], exitCode: 3 }),
    ]
    for (let i = 0; !ended; ) {
      for (const job of await redis.lrange(`bull:${queueName()}:wait`, 0, -1)) {
        await redis.set(answerKey(job), JSON.stringify(lies[i++ % lies.length]!(job)))
      }
      await wait(20)
    }
    const { code, stderr } = await queued.ended
    expect(code).toBe(3)
    expect(stderr).toMatch(/3 of 3 configurations have no row: no\. 1–3\n/)
    expect(stderr).toMatch(/3 answers were none/)
    expect(stderr).not.toMatch(STACK)
    expect(rowsIn('lied')).toEqual([])
    const started = worker()
    const again = await start([
      ...sweep,
      '--replications',
      '1',
      '--queue',
      valkey.url,
      '--out',
      'lied',
      '--resume',
    ]).ended
    expect(again.code, again.stderr).toBe(0)
    expect(rowsIn('lied')).toHaveLength(3)
    await ends(started)
    redis.disconnect()
  })

  test('get what was lost from the queue again, and the sweep warns', async () => {
    const redis = new Redis(valkey.url)
    const sweep = ['sweep', 'overload', '--set', 'duration_s=22', '--set', 'seed=1..40']
    const queued = start([
      ...sweep,
      '--replications',
      '1',
      '--queue',
      valkey.url,
      '--out',
      'flushed',
    ])
    await untilThere(async () => (await redis.llen(`bull:${queueName()}:wait`)) || null)
    await redis.flushall()
    const started = worker()
    const { code, stderr } = await queued.ended
    expect(code, stderr).toBe(0)
    expect(stderr).toMatch(/jobs were lost from the queue without an answer; they are sent again/)
    expect(stderr).not.toMatch(/MaxListeners/)
    expect(rowsIn('flushed')).toHaveLength(40)
    expect(started.text.stderr).not.toMatch(/MaxListeners/)
    await ends(started)
    redis.disconnect()
  })

  test('of another version get nothing, and the sweep names both versions', async () => {
    const oldWorker = new Redis(valkey.url)
    const name = Buffer.from('spillway-0.0.1-older').toString('base64')
    await oldWorker.client('SETNAME', `bull:${name}`)
    const queued = start(['sweep', 'overload', '--set', 'seed=1..2', '--queue', valkey.url])
    const noWorker = () => Promise.resolve(/no worker waits/.test(queued.text.stderr) || null)
    await untilThere(noWorker)
    queued.child.kill('SIGINT')
    const { code, stderr } = await queued.ended
    expect(code).toBe(130)
    expect(stderr).toContain(`; those of spillway-0.0.1-older take no jobs of ${queueName()}`)
    oldWorker.disconnect()
  })

  test('get nothing that their sweep has taken back', async () => {
    const redis = new Redis(valkey.url)
    const sweep = ['sweep', 'overload', '--set', 'duration_s=22', '--set', 'seed=1..40']
    const queued = start([...sweep, '--queue', valkey.url, '--out', 'withdrawn'])
    const waiting = () => redis.llen(`bull:${queueName()}:wait`)
    await untilThere(async () => (await waiting()) || null)
    queued.child.kill('SIGINT')
    expect((await queued.ended).code).toBe(130)
    expect(await waiting()).toBe(0)
    redis.disconnect()
  })
})

describe.skipIf(skip)('a server that refuses writes', () => {
  let valkey: Valkey
  beforeAll(async () => {
    // a replica of a server that is not there
    valkey = await startValkey(['--replicaof', '127.0.0.1 1'])
  })
  afterAll(() => valkey.stop())

  test('ends a sweep by name, which then begins with another one', async () => {
    const sweep = ['sweep', 'overload', '--set', 'duration_s=22', '--set', 'seed=1,2']
    const ended = await start([...sweep, '--out', 'begun', '--queue', valkey.url]).ended
    expect(ended.code).toBe(3)
    expect(ended.stderr).toMatch(/--queue \S+: READONLY .*; name a server that takes writes/)
    expect(ended.stderr).not.toMatch(STACK)
    expect((await run(...sweep, '--out', 'begun')).code).toBe(0)
  })

  test('is named by a worker, once', async () => {
    const started = start(['worker', '--queue', valkey.url, '--workers', '1'])
    await started.prints(/READONLY/)
    await ends(started)
    expect(started.text.stderr.match(/READONLY/g)).toHaveLength(1)
  })
})

describe.skipIf(skip)('a server with a password', () => {
  let valkey: Valkey
  beforeAll(async () => {
    valkey = await startValkey(['--requirepass', 'word', ...ACL])
  })
  afterAll(() => valkey.stop())

  const idle = ['--exit-when-idle', '0.5', '-q']
  const workerWith = (variables: Record<string, string>, url = valkey.url) =>
    commandsIn(folder, { variables }).start(['worker', '--queue', url, ...idle]).ended

  test.each([
    ['the password of the default user', { SPILLWAY_QUEUE_PASSWORD: 'word' }],
    ['a user', { SPILLWAY_QUEUE_USER: 'spillway', SPILLWAY_QUEUE_PASSWORD: 'other' }],
  ])('takes %s from the environment', async (_, variables) => {
    const ended = await workerWith(variables)
    expect(ended.code, ended.stderr).toBe(0)
  })

  test('is preferred in the URL', async () => {
    const url = valkey.url.replace('//', '//:word@')
    expect((await workerWith({ SPILLWAY_QUEUE_PASSWORD: 'wrong' }, url)).code).toBe(0)
  })

  test.each([
    ['none', {}],
    ['a wrong one', { SPILLWAY_QUEUE_PASSWORD: 'wrong' }],
  ])('refuses %s, and names the variables', async (_, variables) => {
    const ended = await workerWith(variables)
    expect(ended.code).toBe(3)
    expect(ended.stderr).toMatch(/set SPILLWAY_QUEUE_USER and SPILLWAY_QUEUE_PASSWORD/)
    expect(ended.stderr).not.toContain('wrong')
  })
})

describe.skipIf(skip)('a server with TLS', () => {
  const [certificate, key] = ['server.pem', 'server.key'].map((name) => join(folder, name))
  let valkey: Valkey
  beforeAll(async () => {
    const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1']
    const subject = ['-subj', '/CN=queue', '-addext', 'subjectAltName=IP:127.0.0.1']
    const files = ['-keyout', key!, '-out', certificate!]
    execFileSync('openssl', ['req', '-x509', ...made, ...subject, ...files], { stdio: 'pipe' })
    const settings = ['--tls-cert-file', certificate!, '--tls-key-file', key!]
    const trusted = ['--tls-ca-cert-file', certificate!, '--tls-auth-clients', 'no']
    valkey = await startValkey([...settings, ...trusted], 'tls')
  })
  afterAll(() => valkey.stop())

  const ended = (variables: Record<string, string>, url = valkey.url) =>
    commandsIn(folder, { variables }).start([
      'worker',
      '--queue',
      url,
      '--exit-when-idle',
      '0.5',
      '-q',
    ]).ended

  test('is used with a certificate that Node trusts', async () => {
    const { code, stderr } = await ended({ NODE_EXTRA_CA_CERTS: certificate! })
    expect(code, stderr).toBe(0)
  })

  test('is refused with any other, and without TLS', async () => {
    const stranger = await ended({})
    expect(stranger.code).toBe(3)
    expect(stranger.stderr).toMatch(/--queue rediss:.*self-signed certificate/)
    expect((await ended({}, valkey.url.replace('rediss:', 'redis:'))).code).toBe(3)
  })
})

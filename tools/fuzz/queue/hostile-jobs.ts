import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Redis } from 'ioredis'
import {
  answerKey,
  baseKey,
  jobName,
  type QueuedJob,
  sha256Of,
} from '../../../runtime/jobs/configurations/queue.ts'
import { QueuePool } from '../../../runtime/jobs/configurations/queue-pool.ts'
import { configurationRow } from '../../../sim/experiment/index.ts'
import { Random } from '../../../sim/kernel/index.ts'
import { commandsIn } from '../../../test/command-line.ts'
import { chance, magnitude, NASTY_STRINGS, NASTY_VALUES, pick, pickWeighted } from '../choose.ts'
import { mutateText } from '../mutate-text.ts'
import { donorsOf, mutateTree } from '../mutate-tree.ts'
import { dump, putJob, queueKey } from './raw-queue.ts'

/**
 * A program with access to the server puts jobs and bases there, while an honest sweep asks, too. A
 * real worker must go on, do the honest work, and tell nothing of its files.
 */

/** What stands in every file of the worker, and never on the server. */
const SECRET = 'not-to-be-told'
const SECRETS = new RegExp(`${SECRET}|root:[^:]*:0:0`)
/** An honest configuration is asked for after so many hostile jobs. */
const HONEST_EVERY = 25
/** Longest wait for the worker, ms. */
const PATIENCE_MS = 180_000
const LOOK_MS = 20

const TINY = `spillway: 1
name: tiny
duration_s: 2
models: { m: { work: { law: linear, base_ms: 4 } } }
traffic: [{ class: web, arrivals: { process: deterministic, rate_rps: 5 } }]
pools: [{ name: central, model: m, speed: ideal }]
`
const BASE = { file: 's.yaml', text: TINY, set: [] as string[], profile: null, files: {} }
const HASH = sha256Of('')

/** Files of the worker and beside it, as a stranger might name them. */
const pathsOf = (folder: string): readonly string[] => [
  ...['secret.csv', './secret.csv', 'below/secret.csv', 'secret.yaml', 'secret.npy', 'clients'],
  ...['../outside.csv', 'below/../../outside.csv', join(folder, 'outside.csv'), 'link.csv'],
  ...['out/outside.csv', 'pipe', '/etc/passwd', '/dev/zero', '/dev/stdin', '/proc/self/environ'],
  ...['npm:x/secret.onnx', 'npm:../outside', '.', '/', '', 'none.csv', 'a\0b', '~/.ssh/id_rsa'],
]

function layOutFiles(folder: string): void {
  const text = `at_s\n${SECRET}\n`
  for (const name of ['files/below', 'files/clients', 'files/node_modules/x']) {
    mkdirSync(join(folder, name), { recursive: true })
  }
  const inside = ['secret.csv', 'below/secret.csv', 'secret.yaml', 'secret.npy']
  const others = ['clients/chunk-1-trace.csv', 'node_modules/x/secret.onnx']
  for (const name of [...inside, ...others]) writeFileSync(join(folder, 'files', name), text)
  writeFileSync(join(folder, 'outside.csv'), text)
  symlinkSync('../outside.csv', join(folder, 'files/link.csv'))
  symlinkSync('..', join(folder, 'files/out'))
  execFileSync('mkfifo', [join(folder, 'files/pipe')])
}

/** A job, and what is on the server beside it. */
interface HostileJob {
  readonly kind: string
  readonly name: string
  /** a text is put as it is */
  readonly data: unknown
  readonly base?: { readonly id: string; readonly text: string }
  /** of the job in the server, as BullMQ keeps them */
  readonly fields?: Readonly<Record<string, string>>
  /** keys that hold something else than a text */
  readonly lists?: readonly string[]
}

interface Making {
  readonly random: Random
  readonly folder: string
}

type Make = (making: Making) => Omit<HostileJob, 'kind'>

const textOf = (value: unknown) => JSON.stringify(value) ?? 'null'

/** A job of a base as a sweep would send both. */
function ofBase(base: unknown, job: Partial<QueuedJob> = {}): Omit<HostileJob, 'kind'> {
  const text = typeof base === 'string' ? base : textOf(base)
  const id = sha256Of(text)
  const data: QueuedJob = { base: id, set: [], from: 0, to: 1, ...job }
  return { name: jobName(data), data, base: { id, text } }
}

const quoted = (path: string) => JSON.stringify(path)

/** Where a scenario names a file. */
const PLACES: readonly ((path: string) => string)[] = [
  (path) => TINY.replace('deterministic, rate_rps: 5', `trace, file: ${quoted(path)}`),
  (path) =>
    TINY.replace('deterministic, rate_rps: 5', `trace, file: ${quoted(path)}, format: parquet`),
  (path) => TINY.replace('deterministic, rate_rps: 5', `servegen, file: ${quoted(path)}`),
  (path) => TINY.replace('speed: ideal', `accelerator: ${quoted(path)}`),
  (path) => TINY.replace('work: { law: linear, base_ms: 4 }', `onnx: ${quoted(path)}, inputs: {}`),
  (path) =>
    TINY.replace(
      'work: { law: linear, base_ms: 4 }',
      `onnx: none.onnx, inputs: { x: { shape: [1], type: float32, file: ${quoted(path)} } }`,
    ),
  (path) => `${TINY}extends: ${quoted(path)}\n`,
  (path) => `${TINY}variants: { v: { pools.central.accelerator: ${quoted(path)} } }\n`,
]

const OVERRIDES = [
  'traffic.0.arrivals.file',
  'traffic.0.arrivals',
  'models.m.onnx',
  'models.m',
  'pools.0.accelerator',
  'extends',
  '$schema',
]

const claimed = (random: Random, path: string) =>
  chance(random, 0.6)
    ? {}
    : { files: { [path]: { bytes: pick(random, [0, 20, 1e15]), sha256: HASH } } }

const named: Make = ({ random, folder }) => {
  const path = pick(random, pathsOf(folder))
  const claims = claimed(random, path)
  const text = pick(random, PLACES)(path)
  return ofBase({ ...BASE, text, ...claims }, chance(random, 0.3) ? claimed(random, path) : {})
}

const overridden: Make = ({ random, folder }) => {
  const path = pick(random, pathsOf(folder))
  const value = pick(random, [path, `{ process: trace, file: ${quoted(path)} }`])
  const set = [`${pick(random, OVERRIDES)}=${value}`]
  const claims = claimed(random, path)
  return chance(random, 0.5)
    ? ofBase({ ...BASE, set, ...claims })
    : ofBase(BASE, { set, ...claims })
}

const profiled: Make = ({ random, folder }) =>
  ofBase({ ...BASE, profile: pick(random, [...pathsOf(folder), {}, { document: 'x' }]) })

const DONORS = donorsOf([
  { ...BASE, seed: 1, loadOfRps: 5, files: { 'secret.csv': { bytes: 20, sha256: HASH } } },
  { base: HASH, set: ['seed=1'], from: 0, to: 1 },
])

const changedBase: Make = ({ random }) => {
  const base = structuredClone<Record<string, unknown>>({ ...BASE, seed: 1, loadOfRps: 5 })
  mutateTree(base, random, DONORS)
  return ofBase(chance(random, 0.5) ? base : mutateText(textOf(base), random))
}

const changedJob: Make = ({ random }) => {
  const honest = ofBase(BASE)
  const data = structuredClone(honest.data) as Record<string, unknown>
  mutateTree(data, random, DONORS)
  const text = chance(random, 0.5) ? textOf(data) : mutateText(textOf(honest.data), random)
  // its name may fit, whatever it is
  const fits = pick(random, [honest.name, sha256Of(text), `job-${random.integer(1e9)}`])
  return { ...honest, name: fits, data: text }
}

const anything: Make = ({ random }) => {
  const data = pick(random, [
    ...NASTY_VALUES,
    `"${'x'.repeat(magnitude(random, 3_000_000))}"`,
    '['.repeat(magnitude(random, 100_000)),
    '{"__proto__":{"base":1}}',
  ])
  return {
    name: `any-${random.integer(1e9)}`,
    data: typeof data === 'string' ? data : textOf(data),
  }
}

/** Fields of a job that BullMQ reads, with what is none. */
const FIELDS = [
  'opts',
  'parent',
  'parentKey',
  'progress',
  'rjk',
  'defa',
  'stc',
  'ats',
  'stacktrace',
]
const TEXTS = [
  '',
  'null',
  '{',
  '[]',
  '{"repeat":{"every":1}}',
  '{"attempts":99,"delay":-1}',
  '1e999',
]

const oddFields: Make = ({ random }) => {
  const value = pick(random, [...TEXTS, ...NASTY_STRINGS.slice(0, -1)])
  return { ...ofBase(BASE), fields: { [pick(random, FIELDS)]: value } }
}

const oddKeys: Make = ({ random }) => {
  const job = ofBase({ ...BASE, seed: random.integer(1e9) })
  return { ...job, lists: [pick(random, [baseKey(job.base!.id), answerKey(job.name)])] }
}

const MAKES: readonly { readonly name: string; readonly weight: number; readonly make: Make }[] = [
  { name: 'a file in the scenario', weight: 5, make: named },
  { name: 'a file in an override', weight: 4, make: overridden },
  { name: 'a file as profile', weight: 1, make: profiled },
  { name: 'another base', weight: 3, make: changedBase },
  { name: 'another job', weight: 3, make: changedJob },
  { name: 'any data', weight: 2, make: anything },
  { name: 'odd fields', weight: 1, make: oddFields },
  { name: 'odd keys', weight: 1, make: oddKeys },
]

/** Hostile job `number` of a seed: it depends on these alone. */
export function hostileJob(seed: number, number: number, folder: string): HostileJob {
  const random = new Random(`queue-jobs/${seed}/${number}`)
  const { name: kind, make } = pickWeighted(random, MAKES)
  return { kind, ...make({ random, folder }) }
}

async function put(redis: Redis, { name, data, base, fields, lists }: HostileJob): Promise<void> {
  if (base !== undefined) await redis.set(baseKey(base.id), base.text)
  for (const key of lists ?? []) await redis.multi().del(key).lpush(key, SECRETS.source).exec()
  await putJob(redis, name, data, fields)
}

export interface HostileJobs {
  readonly jobs: number
  /** hostile jobs that the worker has refused or answered, and honest ones */
  readonly answered: number
  readonly honest: number
  readonly faults: readonly string[]
}

/** Puts hostile jobs into the queue of a server for a worker in `folder`, which is empty. */
export async function hostileJobs(
  url: string,
  {
    folder,
    count,
    seed,
    first = 0,
  }: { folder: string; count: number; seed: number; first?: number },
): Promise<HostileJobs> {
  layOutFiles(folder)
  const faults: string[] = []
  const worker = commandsIn(folder).start([
    'worker',
    '--queue',
    url,
    '--files',
    'files',
    '--workers',
    '1',
  ])
  let ended = false
  void worker.ended.then(() => {
    ended = true
  })
  const redis = new Redis(url)
  const pool = await QueuePool.open(url, { path: 'overload', set: ['duration_s=22'] })
  const rows = new Set<string>()
  let honest = 0
  const ask = async (number: number) => {
    const late = wait(PATIENCE_MS, null, { ref: false })
    // the replications of one configuration depend on their numbers alone
    const answer = await Promise.race([
      pool.simulate({ set: [], from: honest, to: honest + 1 }),
      late,
    ])
    honest++
    if (answer === null) faults.push(`no answer to an honest job before no. ${number}`)
    else rows.add(configurationRow(answer, answer.runs).verdict ?? 'none')
    return answer !== null
  }
  try {
    for (let number = first; number < first + count && !ended; number++) {
      await put(redis, hostileJob(seed, number, folder))
      if (number % HONEST_EVERY === HONEST_EVERY - 1 && !(await ask(number))) break
    }
    if (faults.length === 0) await ask(first + count)
    await untilTaken(redis, faults)
    if (ended) faults.push(`the worker has ended: ${worker.text.stderr.slice(-500)}`)
    const texts = await dump(redis)
    const { stdout, stderr } = worker.text
    const leak = [...texts, stdout, stderr].find((text) => SECRETS.test(hiding(text)))
    if (leak !== undefined) faults.push(`told: ${leak.slice(0, 300)}`)
    if (/\n\s+at |internal error/.test(stderr)) faults.push(`a stack: ${stderr.slice(0, 500)}`)
    const answered = texts.filter((text) => text.startsWith(answerKey(''))).length
    return { jobs: count, answered, honest, faults }
  } finally {
    await pool.close()
    redis.disconnect()
    worker.child.kill('SIGINT')
    const { code } = await worker.ended
    if (code !== 130) faults.push(`the worker ended with ${code}`)
  }
}

/** What was put there to be no text is no secret. */
const hiding = (text: string) => text.replaceAll(JSON.stringify(SECRETS.source).slice(1, -1), '')

/** Waits until every job was taken: those without their files, or that are none, come back. */
async function untilTaken(redis: Redis, faults: string[]): Promise<void> {
  const until = performance.now() + PATIENCE_MS
  while ((await redis.llen(queueKey('wait'))) > 0) {
    if (performance.now() > until) return void faults.push('jobs are left that no worker takes')
    await wait(LOOK_MS)
  }
}

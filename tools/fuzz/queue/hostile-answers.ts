import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Redis } from 'ioredis'
import {
  answerKey,
  decode,
  encode,
  type QueuedJob,
} from '../../../runtime/jobs/configurations/queue.ts'
import { oneLine } from '../../../runtime/jobs/configurations/queue-answer.ts'
import { loadSystem } from '../../../runtime/jobs/prepare.ts'
import { oneReplication } from '../../../runtime/jobs/simulations/system-runs.ts'
import { type SweepRow, sweepRowSchema } from '../../../sim/documents/index.ts'
import { configurationRow, runFigures } from '../../../sim/experiment/index.ts'
import { Random } from '../../../sim/kernel/index.ts'
import { commandsIn } from '../../../test/command-line.ts'
import { chance, magnitude, NASTY_STRINGS, NASTY_VALUES, pick, pickWeighted } from '../choose.ts'
import { mutateText } from '../mutate-text.ts'
import { donorsOf, mutateTree } from '../mutate-tree.ts'
import { queueKey } from './raw-queue.ts'

/**
 * A program with access to the server answers the jobs of a real sweep with lies. Each must be
 * refused by name, unless it is true or could be: a row is of an answer to its own job, and never
 * has what no figure can be.
 */

const LOOK_MS = 10
/** Answers to a job that a sweep looks at: it refuses three at most. */
const MOST_TAKEN = 3
/** Longest time without a new answer, ms. */
const PATIENCE_MS = 180_000
const SET = ['duration_s=22', 'pools.0.price_usd_per_hour=2']

/** The honest answer to a job, and its row. */
async function honestOf(name: string, { set, from, to }: QueuedJob) {
  const system = await loadSystem('overload', { set: [...SET, ...set] })
  const { scenario, hash, capacityRps } = system
  const runs = []
  for (let i = from; i < to; i++) {
    runs.push(runFigures(scenario, await oneReplication(system, system, i)))
  }
  const answer = { kind: 'done', job: name, hash, capacityRps, extrapolated: [] as string[], runs }
  return { answer, hash, set, scenario, row: configurationRow({ ...answer, scenario }, runs) }
}

/** What a row of an answer has, if it is taken for one to this job; null where none may be. */
function claimedBy(text: string, { answer: honest, scenario }: Honest): string | null {
  try {
    const answer = decode(text) as typeof honest
    if (answer.job !== honest.job) return null
    // only that memory ran out is a matter of the worker
    if (answer.kind === 'failed') return OUT_OF_MEMORY
    if (answer.kind !== 'done' || answer.hash !== honest.hash) return null
    const { runs, extrapolated } = answer
    if (runs.length !== honest.runs.length) return null
    const notes = extrapolated.map(oneLine)
    return comparable(configurationRow({ ...answer, extrapolated: notes, scenario }, runs))
  } catch {
    // no JSON, or another form
    return null
  }
}

/** Of figures, all but the objectives: the sweep works goodput and cost out from the counts. */
const comparable = ({ objectives: _, ...figures }: NonNullable<SweepRow['figures']>) =>
  JSON.stringify(figures)

const OUT_OF_MEMORY = 'out of memory'

type Honest = Awaited<ReturnType<typeof honestOf>>

interface Lying {
  readonly random: Random
  readonly honest: Honest
  /** the honest answer to another job */
  readonly other: Honest
}

/** An answer as text; null for something else in its place. */
type Lie = (lying: Lying) => string | null

const EXIT_CODES = [0, 1, 2, 3, 4, 5, 6, 130, -1, 3.5, '3', null, { a: 3 }, Number.NaN]

const changed: Lie = ({ random, honest, other }) => {
  const answer: unknown = structuredClone(honest.answer)
  mutateTree(answer, random, donorsOf([honest.answer, other.answer]))
  return encode(answer)
}

const changedText: Lie = ({ random, honest }) => mutateText(encode(honest.answer), random)

const ofAnother: Lie = ({ random, honest, other }) => {
  const { answer } = other
  const { job, hash } = honest.answer
  return encode(
    pick(random, [
      answer,
      { ...answer, job },
      { ...honest.answer, hash: answer.hash },
      { ...honest.answer, job: answer.job },
      { ...honest.answer, hash: hash.toUpperCase() },
    ]),
  )
}

const failed: Lie = ({ random, honest }) =>
  encode({
    kind: 'failed',
    job: honest.answer.job,
    problems: pick(random, [[], [''], ['memory ran out'], ['x', 1], 'x', null, [...NASTY_STRINGS]]),
    exitCode: pick(random, EXIT_CODES),
  })

const refusing: Lie = ({ random, honest }) =>
  encode({ kind: 'refused', job: honest.answer.job, reason: pick(random, NASTY_VALUES) })

const broken: Lie = ({ honest }) =>
  encode({ kind: 'broken', job: honest.answer.job, stack: 'Error: x\n    at y (/z.js:1:1)' })

const runsOf: Lie = ({ random, honest }) => {
  const { runs } = honest.answer
  const times = magnitude(random, 20_000) - 1
  return encode({
    ...honest.answer,
    runs: Array.from({ length: times === 1 ? 0 : times }, () => runs[0]),
  })
}

/** Very many values, or none, in place of a list anywhere in it. */
const long: Lie = ({ random, honest }) => {
  const answer: unknown = structuredClone(honest.answer)
  const lists: unknown[][] = []
  const collect = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return
    if (Array.isArray(value)) lists.push(value)
    for (const inner of Object.values(value)) collect(inner)
  }
  collect(answer)
  const list = pick(random, lists)
  const item = chance(random, 0.3) ? list[0] : pick(random, NASTY_VALUES)
  list.length = magnitude(random, 1_000_000) - 1
  list.fill(item)
  return encode(answer)
}

/** Numbers that JSON lacks, where none can be. */
const numbered: Lie = ({ random, honest }) => {
  const text = encode(honest.answer)
  const numbers = [...text.matchAll(/(?<=[:[,])-?[\d.]+(e[+-]?\d+)?(?=[,\]}])/g)]
  const { 0: old, index } = pick(random, numbers)
  const inner = pick(random, [
    '"NaN"',
    '"Infinity"',
    '"-Infinity"',
    '"12"',
    '[]',
    '{}',
    '"toString"',
  ])
  return `${text.slice(0, index)}{"$number":${inner}}${text.slice(index + old.length)}`
}

const anything: Lie = ({ random }) =>
  pick(random, [
    null,
    '{"__proto__":{"kind":"done"}}',
    '['.repeat(magnitude(random, 100_000)),
    `"${'x'.repeat(magnitude(random, 5_000_000))}"`,
    ...NASTY_VALUES.map((value) => encode(value ?? null)),
  ])

const polluted: Lie = ({ random, honest }) => {
  const key = pick(random, ['__proto__', 'constructor', 'prototype', 'toJSON', 'then', 'length'])
  const text = encode(honest.answer)
  const at = pick(random, [...text.matchAll(/\{/g)]).index + 1
  return `${text.slice(0, at)}"${key}":{"arrived":1,"kind":"done"},${text.slice(at)}`
}

const LIES: readonly { readonly name: string; readonly weight: number; readonly lie: Lie }[] = [
  { name: 'changed', weight: 8, lie: changed },
  { name: 'numbers', weight: 4, lie: numbered },
  { name: 'text', weight: 2, lie: changedText },
  { name: 'of another', weight: 2, lie: ofAnother },
  { name: 'failed', weight: 3, lie: failed },
  { name: 'refusing', weight: 1, lie: refusing },
  { name: 'broken', weight: 1, lie: broken },
  { name: 'runs', weight: 1, lie: runsOf },
  { name: 'long lists', weight: 2, lie: long },
  { name: 'polluted', weight: 2, lie: polluted },
  { name: 'anything', weight: 2, lie: anything },
]

/** A lie of a seed, by the hash of its job and the number of the answer. */
function lieFor(seed: number, answer: number, honest: Honest, other: Honest) {
  const random = new Random(`queue-answers/${seed}/${honest.hash}/${answer}`)
  const { name, lie } = pickWeighted(random, LIES)
  const text = lie({ random, honest, other })
  return { name, text: chance(random, 0.03) ? '' : text }
}

export interface HostileAnswers {
  readonly configurations: number
  readonly answers: number
  /** rows of answers that were true or could be, and configurations that were named instead */
  readonly rows: number
  readonly named: number
  readonly code: number | null
  readonly faults: readonly string[]
}

/** Answers the jobs of a sweep of `count` configurations in `folder`. */
export async function hostileAnswers(
  url: string,
  { folder, count, seed }: { folder: string; count: number; seed: number },
): Promise<HostileAnswers> {
  const faults: string[] = []
  const set = [...SET, `seed=1..${count}`].flatMap((text) => ['--set', text])
  const args = ['sweep', 'overload', ...set, '--replications', '1', '--out', 'out', '--queue', url]
  const sweep = commandsIn(folder).start(args)
  let ended = false
  void sweep.ended.then(() => {
    ended = true
  })
  const redis = new Redis(url)
  const honest = new Map<string, Honest>()
  const lies = new Map<string, number>()
  /** by job: what its row may have */
  const claims = new Map<string, (string | null)[]>()
  let answers = 0
  let other: Honest | null = null
  let lastAt = performance.now()
  while (!ended) {
    const names = await redis.lrange(queueKey('wait'), 0, -1)
    for (const name of names) {
      // one that is there is looked at first; an empty one is none
      if ((await redis.strlen(answerKey(name)).catch(() => 1)) > 0) continue
      const data = await redis.hget(queueKey(name), 'data')
      if (data === null) continue
      const truth = honest.get(name) ?? (await honestOf(name, JSON.parse(data) as QueuedJob))
      honest.set(name, truth)
      const number = lies.get(name) ?? 0
      lies.set(name, number + 1)
      const { text } = lieFor(seed, number, truth, other ?? truth)
      const claimed = claims.get(name) ?? []
      claims.set(name, claimed)
      // an empty one is not seen
      if (text !== '' && claimed.length < MOST_TAKEN) {
        claimed.push(text === null ? null : claimedBy(text, truth))
      }
      other = truth
      answers++
      lastAt = performance.now()
      if (text === null) await redis.lpush(answerKey(name), 'x')
      else await redis.set(answerKey(name), text)
    }
    if (performance.now() > lastAt + PATIENCE_MS) {
      faults.push('the sweep waits for ever')
      sweep.child.kill('SIGKILL')
      break
    }
    await wait(LOOK_MS)
  }
  redis.disconnect()
  const { code, stderr, stdout } = await sweep.ended
  const rows = rowsIn(join(folder, 'out'))
  const named = namedIn(stderr)
  const asked = [...honest].map(([name, truth]) => ({ ...truth, claims: claims.get(name) ?? [] }))
  faults.push(...rows.flatMap((row) => rowFault(row, asked) ?? []))
  const all = [...rows.map(({ configuration }) => configuration), ...named].sort((a, b) => a - b)
  const wanted = Array.from({ length: count }, (_, i) => i + 1)
  if (all.join() !== wanted.join()) faults.push(`neither a row nor a name, or both: ${all}`)
  if (code !== (named.length === 0 ? 0 : 3))
    faults.push(`ended with ${code}: ${stderr.slice(-500)}`)
  if (/\n\s+at |internal error|MaxListeners/.test(stderr))
    faults.push(`printed ${stderr.slice(-500)}`)
  if (/[^\P{Cc}\n\t]/u.test(stderr + stdout)) faults.push('printed a control character')
  return { configurations: count, answers, rows: rows.length, named: named.length, code, faults }
}

/** Rows of a sweep's journal. */
export function rowsIn(folder: string): SweepRow[] {
  const path = join(folder, 'journal.jsonl')
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as SweepRow)
}

/** Configurations that a sweep says have no row. */
export function namedIn(stderr: string): number[] {
  const text = /(?:has|have) no row: no\. ([\d–, ]+)/.exec(stderr)?.[1]
  return (text ?? '').split(', ').flatMap((range) => {
    const [first, last = first] = range.split('–').map(Number)
    if (!(first! > 0)) return []
    return Array.from({ length: last! - first! + 1 }, (_, i) => first! + i)
  })
}

/** What a row has that cannot be; null where it is true, or could be. */
function rowFault(
  row: SweepRow,
  honest: readonly (Honest & { readonly claims: readonly (string | null)[] })[],
): string | null {
  const { configuration, status } = row
  const fault = (text: string) => `row ${configuration}: ${text}`
  if (!sweepRowSchema.safeParse(row).success) return fault('is none')
  if (status === 'invalid') return fault(`is invalid: ${row.reason?.slice(0, 200)}`)
  const truth = honest.find(({ set }) => set.includes(`seed=${configuration}`))
  if (truth === undefined) return fault('was never asked for')
  const ran = status === 'done'
  if (ran && truth.hash !== row.scenario) return fault('is of another scenario')
  if (!truth.claims.includes(ran ? comparable(row.figures!) : OUT_OF_MEMORY)) {
    return fault('is of no answer to its job')
  }
  if (!ran) return null
  const [figures, wanted] = [row.figures!, truth.row]
  if (JSON.stringify(figures) === JSON.stringify(wanted)) return null
  if (figures.replications !== wanted.replications) return fault('has other replications')
  if (figures.cost?.usd_per_hour !== wanted.cost?.usd_per_hour) return fault('has another price')
  const { name, arrived } = figures.classes[0]!
  if (name !== wanted.classes[0]!.name || !Number.isInteger(arrived) || arrived < 0) {
    return fault('has no requests')
  }
  const [pool] = figures.pools
  if (!((pool!.utilisation.value ?? 0) <= 1)) return fault('is busy for longer than it is')
  const negative = negativeIn({ ...figures, stability: null })
  return negative === null ? null : fault(`has ${negative}`)
}

function negativeIn(value: unknown, key = ''): string | null {
  if (typeof value === 'number') {
    // the low end of an interval may be below 0
    const bad = !Number.isFinite(value) || (value < 0 && key !== 'low')
    return bad ? `${key}: ${value}` : null
  }
  if (typeof value !== 'object' || value === null) return null
  for (const [name, inner] of Object.entries(value)) {
    const negative = negativeIn(inner, name)
    if (negative !== null) return negative
  }
  return null
}

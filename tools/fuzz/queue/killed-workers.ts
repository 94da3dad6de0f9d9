import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { EXIT } from '../../../scenarios/index.ts'
import { Random } from '../../../sim/kernel/index.ts'
import { commandsIn, send } from '../../../test/command-line.ts'
import { pick } from '../choose.ts'
import { namedIn, rowsIn } from './hostile-answers.ts'
import { queueKey } from './raw-queue.ts'

/**
 * A sweep whose only worker is killed and started again, while some of its jobs are poisoned as
 * often as they are sent: every other configuration must have its row once, and those be named.
 */

const POLL_MS = 3
/** One of so many configurations is poisoned. */
const POISONED_ONE_IN = 20
/** Longest time without a new row, ms. */
const PATIENCE_MS = 180_000
const MOST_DELAY_MS = 300

/** What stands in a poisoned job. */
const POISONS: readonly ((data: string) => string)[] = [
  () => '{',
  () => 'null',
  () => '{}',
  (data) => data.replace(/"to":\d+/, '"to":1e9'),
  (data) => data.replace(/"base":"\w+"/, `"base":"${'a'.repeat(64)}"`),
  // another valid configuration: its figures must not become the row of this one
  (data) => data.replace(/seed=\d+/, 'seed=1'),
  (data) => data.replace(/"set":\[/, '"set":["traffic.0.arrivals.file=/etc/passwd",'),
  (data) => data.replace('{', '{"files":{"/etc/passwd":{"bytes":1,"sha256":""}},'),
]

export interface KilledWorkers {
  readonly configurations: number
  readonly kills: number
  /** configurations of which at least one job was poisoned */
  readonly poisoned: number
  readonly rows: number
  readonly named: number
  readonly code: number | null
  readonly faults: readonly string[]
}

export async function killedWorkers(
  url: string,
  options: { folder: string; configurations: number; kills: number; seed: number },
): Promise<KilledWorkers> {
  const { folder, configurations, kills, seed } = options
  const { start, runProcess } = commandsIn(folder)
  const grid = ['--set', 'duration_s=22', '--set', `seed=1..${configurations}`]
  const args = ['sweep', 'overload', ...grid, '--replications', '2']
  const faults: string[] = []
  const alone = await runProcess(...args, '--out', 'alone')
  if (alone.code !== 0) throw new Error(`the sweep without a queue ended with ${alone.code}`)

  const random = new Random(`queue-kills/${seed}`)
  const redis = new Redis(url)
  const sweep = start([...args, '--out', 'queued', '--queue', url])
  let ended = false
  void sweep.ended.then(() => {
    ended = true
  })
  const poisoner = new Poisoner(redis, random)
  const poisoning = poisoner.until(() => ended)

  const worker = () => start(['worker', '--queue', url, '--workers', '1', '--json'])
  const rows = () => rowsIn(join(folder, 'queued')).length
  // rows come in bursts, larger ones on a busy machine: half of the rest is divided anew after each
  // kill, and poisoned configurations have no row
  const last = configurations * (1 - 2 / POISONED_ONE_IN)
  const step = (from: number) => Math.max(1, Math.floor((last - from) / (2 * (kills - killed + 1))))
  let killed = 0
  let lastAt = performance.now()
  for (let victim = worker(); !ended; ) {
    const from = rows()
    // near the end there are no further rows to wait for
    const wanted = killed < kills ? from + step(from) : Number.POSITIVE_INFINITY
    while (!ended && rows() < wanted && performance.now() < lastAt + PATIENCE_MS) await wait(50)
    if (rows() === from && !ended) {
      faults.push(`no further row after ${from}`)
      sweep.child.kill('SIGKILL')
    }
    lastAt = performance.now()
    if (ended || killed >= kills) {
      await sweep.ended
      victim.child.kill('SIGINT')
      const { code, stderr } = await victim.ended
      if (code !== 130) faults.push(`the last worker ended with ${code}`)
      if (/\n\s+at |internal error/.test(stderr))
        faults.push(`a worker printed ${stderr.slice(-500)}`)
      break
    }
    await wait(random.uniform() * MOST_DELAY_MS)
    if (victim.child.exitCode !== null) {
      faults.push(`a worker ended by itself with ${victim.child.exitCode}: ${victim.text.stderr}`)
    }
    send(-victim.child.pid!, 'SIGKILL')
    await victim.ended
    killed++
    victim = worker()
  }
  const { code, stderr } = await sweep.ended
  await poisoning
  redis.disconnect()

  const queued = rowsIn(join(folder, 'queued'))
  const named = namedIn(stderr)
  const honest = new Map(rowsIn(join(folder, 'alone')).map((row) => [row.configuration, row]))
  for (const row of queued) {
    if (JSON.stringify(row) === JSON.stringify(honest.get(row.configuration))) continue
    faults.push(`row ${row.configuration} differs from that of a sweep without a queue`)
  }
  const all = [...queued.map(({ configuration }) => configuration), ...named]
  for (let number = 1; number <= configurations; number++) {
    const times = all.filter((entry) => entry === number).length
    if (times !== 1) faults.push(`configuration ${number}: ${times} rows or names`)
  }
  const innocent = named.filter((number) => !poisoner.poisoned.has(number))
  if (innocent.length > 0) faults.push(`named without poison: ${innocent.join(', ')}`)
  if (code !== (named.length > 0 ? EXIT.invalidInput : EXIT.ok)) {
    faults.push(`the sweep ended with ${code}, with ${named.length} configurations named`)
  }
  if (/\n\s+at |internal error|MaxListeners/.test(stderr))
    faults.push(`printed ${stderr.slice(-500)}`)
  if (killed < kills) faults.push(`only ${killed} kills`)
  const counts = { rows: queued.length, named: named.length, poisoned: poisoner.poisoned.size }
  return { configurations, kills: killed, ...counts, code, faults }
}

/** Puts something else into the jobs of some configurations, as often as they wait. */
class Poisoner {
  /** configurations, which are named by their seed */
  readonly poisoned = new Set<number>()
  readonly #redis: Redis
  readonly #random: Random
  /** of each job, its configuration and data */
  readonly #jobs = new Map<string, { readonly number: number; readonly data: string }>()

  constructor(redis: Redis, random: Random) {
    this.#redis = redis
    this.#random = random
  }

  async until(ended: () => boolean): Promise<void> {
    while (!ended()) {
      await this.#pass()
      await wait(POLL_MS)
    }
  }

  async #pass(): Promise<void> {
    const waiting = await this.#redis.lrange(queueKey('wait'), 0, -1)
    for (const job of waiting.filter((name) => !this.#jobs.has(name))) {
      const data = (await this.#redis.hget(queueKey(job), 'data')) ?? ''
      const number = Number(/seed=(\d+)/.exec(data)?.[1] ?? 0)
      if (number > 0) this.#jobs.set(job, { number, data })
    }
    const pipeline = this.#redis.pipeline()
    for (const job of waiting) {
      const { number = 1, data = '' } = this.#jobs.get(job) ?? {}
      if (number % POISONED_ONE_IN !== 0) continue
      this.poisoned.add(number)
      pipeline.hset(queueKey(job), 'data', pick(this.#random, POISONS)(data))
    }
    await pipeline.exec()
  }
}

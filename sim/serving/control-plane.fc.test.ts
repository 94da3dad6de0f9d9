import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  admissionKinds,
  disciplines,
  disciplinesFor,
  systemAdmitting,
  systemUnder,
} from '../../test/random-system.ts'
import { type SmallSystem, serve } from '../../test/small-system.ts'
import type { RowColumns } from '../stats/index.ts'
import { partsOf } from '../traffic/index.ts'
import { Batcher, batchPolicies } from './batching/index.ts'
import type { PoolPlan } from './plan.ts'
import { type Batch, type Ms, type Observer, OUTCOME, REFUSAL } from './ports.ts'
import { waitingPolicy } from './queue/waiting-policy.ts'
import type { Requests } from './requests.ts'
import { topologyOf } from './topology.ts'

/** Counts requests in the system along the way, apart from what the rows say of each. */
class Census implements Observer {
  inSystem = 0
  integral = 0
  arrivals = 0
  lastAt: Ms = 0
  largest = 0
  readonly #requests: Requests

  constructor(requests: Requests) {
    this.#requests = requests
  }

  arrived(now: Ms): void {
    this.#change(now, 1)
    this.arrivals++
    if (this.#requests.inUse !== this.inSystem) throw new Error('A slot is held by no request')
  }

  dispatched(now: Ms, batch: Batch): void {
    this.#change(now, 0)
    this.largest = Math.max(this.largest, batch.size)
  }

  batch(now: Ms, batch: Batch): void {
    this.#change(now, -batch.size)
  }

  lost(now: Ms): void {
    this.#change(now, -1)
  }

  #change(now: Ms, by: number): void {
    if (now < this.lastAt) throw new Error(`Time fell from ${this.lastAt} to ${now}`)
    this.integral += this.inSystem * (now - this.lastAt)
    this.lastAt = now
    this.inSystem += by
  }
}

interface Run {
  readonly system: SmallSystem
  readonly census: Census
  readonly columns: RowColumns
}

function run(system: SmallSystem): Run {
  let census: Census | null = null
  const { rows } = serve(system, {
    observe: (requests) => (census = new Census(requests)),
  })
  return { system, census: census!, columns: rows.columns }
}

type Systems = fc.Arbitrary<SmallSystem>
type Law = (run: Run) => void

/** Every assertion over an arbitrary draws the same systems, so that they are run once. */
const drawn = new Map<Systems, readonly Run[]>()

function runsOf(systems: Systems): readonly Run[] {
  const cached = drawn.get(systems)
  if (cached !== undefined) return cached
  const runs: Run[] = []
  fc.assert(
    fc.property(systems, (system) => {
      runs.push(run(system))
    }),
  )
  drawn.set(systems, runs)
  return runs
}

/** Expects a law of every system that is drawn; one that breaks it is made as small as can be. */
function expectOfAll(systems: Systems, law: Law): void {
  try {
    for (const drawnRun of runsOf(systems)) law(drawnRun)
  } catch (error) {
    fc.assert(fc.property(systems, (system) => law(run(system))))
    throw error
  }
}

/**
 * Keys of the dispatched requests of each station, class and group, in the order of their arrival,
 * apart from those that may wait on after their time is over, and from queues that turn their
 * order.
 */
function byStation({ plan }: SmallSystem, columns: RowColumns): number[][] {
  const { executors } = topologyOf(plan)
  const stations = new Map<string, number[]>()
  for (const [key, executor] of columns.executor.entries()) {
    if (executor < 0) continue
    const { pool } = executors[executor]!
    const number = columns.class[key]!
    if (waitingPolicy(plan.pools[pool]!, plan.classes[number]!).action === 'delay') continue
    if (plan.pools[pool]!.admission.adaptiveLifo !== null) continue
    const station = plan.pools[pool]!.perReplicaQueues ? `executor ${executor}` : `pool ${pool}`
    const group = new Batcher(plan.pools[pool]!.batching).batchGroupOf(columns.inputTokens[key]!)
    const name = `${station}, class ${number}, group ${group}`
    stations.set(name, [...(stations.get(name) ?? []), key])
  }
  return [...stations.values()]
}

const tables = [
  ...(Object.keys(batchPolicies) as (keyof typeof batchPolicies)[]).map((policy) => ({
    name: policy,
    systems: systemUnder(policy),
    discipline: 'fifo',
  })),
  ...(['aimd', 'cork', 'deadline-aware', 'length-bucketed'] as const).map((policy) => ({
    name: `${policy} under any discipline`,
    systems: fc.oneof(
      ...disciplinesFor(policy).map((discipline) => systemUnder(policy, discipline)),
    ),
    discipline: 'any',
  })),
  ...disciplines.map((discipline) => ({
    name: discipline,
    systems: systemUnder('dynamic', discipline),
    discipline,
  })),
  ...admissionKinds.map((kind) => ({
    name: kind,
    systems: systemAdmitting(kind),
    discipline: 'fifo',
  })),
]

/** How long a request may wait: with adaptive LIFO in overload, and without it. */
function maxWaits({ admission: { adaptiveLifo } }: PoolPlan, timeoutMs: Ms): Ms[] {
  if (adaptiveLifo === null) return [timeoutMs]
  return Object.values(adaptiveLifo).map((ms) => Math.min(timeoutMs, ms))
}

/** Reasons for which a pool may refuse. */
function reasons({ admission, maxLength, levels }: PoolPlan): number[] {
  const { priorityLimits, deadlineMarginMs, concurrencyLimit, tokenBucket } = admission
  const bounds = [maxLength, ...levels.map((level) => level.maxLength)]
  return [
    ...(priorityLimits.length > 0 ? [REFUSAL.priority] : []),
    ...(deadlineMarginMs !== null ? [REFUSAL.deadline] : []),
    ...(concurrencyLimit < Number.POSITIVE_INFINITY ? [REFUSAL.concurrency] : []),
    ...(Math.min(...bounds) < Number.POSITIVE_INFINITY ? [REFUSAL.queue] : []),
    ...(tokenBucket !== null ? [REFUSAL.tokens] : []),
  ]
}

describe.each(tables)('$name', ({ systems, discipline }) => {
  test('every request ends exactly once, with an outcome that its times agree with', () => {
    expectOfAll(systems, ({ system, census, columns }) => {
      const count = partsOf(system.requests, system.plan.classes).at.length
      expect([census.arrivals, census.inSystem]).toEqual([count, 0])
      for (let key = 0; key < count; key++) {
        const classPlan = system.plan.classes[columns.class[key]!]!
        const pool = system.plan.pools[columns.pool[key]!]!
        const { timeoutMs, action } = waitingPolicy(pool, classPlan)
        const timesMs = maxWaits(pool, timeoutMs)
        const outcome = columns.outcome[key]!
        const sent = columns.sent[key]!
        const done = columns.done[key]!
        const ran = outcome === OUTCOME.served || outcome === OUTCOME.abandoned
        expect(columns.executor[key]! >= 0).toBe(ran)
        if (ran) {
          const late = done >= columns.leaves[key]!
          expect(outcome).toBe(late ? OUTCOME.abandoned : OUTCOME.served)
          const dispatched = columns.dispatched[key]!
          const longest = Math.max(...timesMs)
          expect(dispatched < sent + longest || action === 'delay').toBe(true)
          expect(classPlan.cancels && dispatched >= columns.leaves[key]!).toBe(false)
          expect(columns.batchWait[key]!).toBeLessThanOrEqual(
            columns.dispatched[key]! - sent + 1e-9,
          )
        } else if (outcome === OUTCOME.shed) {
          expect(done).toBe(sent)
          expect(reasons(pool)).toContain(columns.refusal[key])
        } else if (outcome === OUTCOME.cancelled) {
          expect([classPlan.cancels, done]).toEqual([true, columns.leaves[key]!])
        } else if (pool.batching.policy === 'cork' && done < sent + timeoutMs) {
          // given up before its time was over
          expect(outcome).toBe(OUTCOME.timedOut)
        } else {
          expect([outcome, action]).toEqual([OUTCOME.timedOut, 'reject'])
          expect(timesMs.map((ms) => sent + ms)).toContain(done)
        }
      }
    })
  })

  test("Little's law holds on the path: residence times sum up to the integral of N(t)", () => {
    expectOfAll(systems, ({ census, columns }) => {
      const residence = columns.done.reduce((sum, done, key) => sum + done - columns.sent[key]!, 0)
      expect(Math.abs(residence - census.integral)).toBeLessThanOrEqual(1e-9 * (1 + residence))
    })
  })

  // a prediction differs from request to request, so shortest-job promises none
  const inTurn = !['lifo', 'shortest-job', 'any'].includes(discipline)
  test.runIf(inTurn)('requests of a class that do not wait on are dispatched in turn', () => {
    expectOfAll(systems, ({ system, columns }) => {
      for (const keys of byStation(system, columns)) {
        for (let i = 1; i < keys.length; i++) {
          const before = columns.dispatched[keys[i - 1]!]!
          expect(columns.dispatched[keys[i]!]).toBeGreaterThanOrEqual(before)
        }
      }
    })
  })

  test('an executor runs one batch at a time, none larger than allowed, each of one instant', () => {
    expectOfAll(systems, ({ system, census, columns }) => {
      const allowed = system.plan.pools.map(({ batching }) => new Batcher(batching).maxBatch)
      expect(census.largest).toBeLessThanOrEqual(Math.max(...allowed))
      const sizes = new Map<number, number>()
      const busyUntil = new Map<number, number>()
      const keys = [...columns.batch.keys()].filter((key) => columns.batch[key]! >= 0)
      for (const key of keys.sort((a, b) => columns.dispatched[a]! - columns.dispatched[b]!)) {
        const batch = columns.batch[key]!
        const executor = columns.executor[key]!
        if (!sizes.has(batch)) {
          const free = busyUntil.get(executor) ?? 0
          expect(columns.dispatched[key]).toBeGreaterThanOrEqual(free)
          busyUntil.set(executor, columns.done[key]!)
        }
        expect(columns.done[key]).toBe(busyUntil.get(executor))
        sizes.set(batch, (sizes.get(batch) ?? 0) + 1)
        expect(columns.batchSize[key]).toBeLessThanOrEqual(allowed[columns.pool[key]!]!)
      }
      for (const key of keys) expect(columns.batchSize[key]).toBe(sizes.get(columns.batch[key]!))
    })
  })

  test('the same system gives the same rows', () => {
    for (const { system, columns } of runsOf(systems).slice(0, 20)) {
      expect(run(system).columns).toEqual(columns)
    }
  })
})

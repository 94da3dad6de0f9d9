import { describe, expect, test } from 'vitest'
import { auditRows } from '../sim/audit/index.ts'
import { Random } from '../sim/kernel/index.ts'
import { OPEN_ADMISSION, type TuningPlan, type TuningStep } from '../sim/serving/index.ts'
import type { SettingChange } from '../sim/stats/index.ts'
import { worldNames, worlds } from './manual-world.ts'
import { planOf, requestsOf, type SmallSystem, serve } from './small-system.ts'

/** Requests at twice the capacity of a server that takes 10 ms for each. */
const SERVICE_MS = 10
const random = new Random('tuning')
let at = 0
const times = Array.from({ length: 24_000 }, () => (at += random.exponential() * (SERVICE_MS / 2)))

function systemOf(tuning: readonly TuningPlan[]) {
  const admission = { ...OPEN_ADMISSION, concurrencyLimit: 40 }
  const plan = planOf([{ admission }], { tuning })
  const system: SmallSystem = {
    plan,
    requests: requestsOf(times),
    work: [{ law: 'constant', ms: SERVICE_MS }],
  }
  return system
}

const limit = {
  name: 'pools.pool-0.admission.concurrency.limit',
  setting: 'concurrency',
  pool: 0,
  everyMs: 1000,
  targetMs: 100,
  whole: true,
  start: 40,
  min: 1,
  max: 40,
  percentile: 95,
} as const
const aimd = { ...limit, controller: 'aimd', increase: 1, decrease: 0.9 } as const

type Change = TuningStep & { readonly now: number }

function changesOf(system: SmallSystem): Change[] {
  const changes: Change[] = []
  serve(system, {
    observe: () => ({ tuned: (now, step) => changes.push({ now, ...step }) }),
  })
  return changes
}

/** The mean of a setting over the second half of a run. */
function settled(changes: readonly Change[]): number {
  const half = at / 2
  const later = changes.filter(({ now }) => now > half)
  const sum = later.reduce(
    (area, { to, now }, i) => area + to * ((later[i + 1]?.now ?? at) - now),
    0,
  )
  return sum / (at - later[0]!.now)
}

test('a tuner decides at its own times beside a router whose view of loads is old', () => {
  // so many requests stay that the system is never empty, and no decision is made up for
  const { plan, requests } = systemOf([{ ...aimd, min: 10, targetMs: 600 }])
  const routing = { policy: 'least-loaded', ties: 'first', viewAgeMs: 70 } as const
  const pools = plan.pools.map((pool) => ({
    ...pool,
    perReplicaQueues: true,
    replicas: 2,
    routing,
  }))
  const work = [{ law: 'constant', ms: 4 * SERVICE_MS }] as const
  const changes = changesOf({ plan: { ...plan, pools }, requests, work })
  expect(changes.length).toBeGreaterThan(20)
  expect(changes.every(({ now }) => now % aimd.everyMs === 0)).toBe(true)
})

describe('a concurrency limit that is tuned', () => {
  // in overload the queue is full: a request waits for those before it, so L of them take 10 L ms
  test.each([
    [60, 6],
    [100, 10],
    [200, 20],
  ])('by AIMD for a latency of %d ms settles at %d requests', (targetMs, expected) => {
    const mean = settled(changesOf(systemOf([{ ...aimd, targetMs }])))
    expect(mean).toBeGreaterThan(0.85 * expected)
    expect(mean).toBeLessThan(1.1 * expected)
  })

  test('by PID holds the latency at its target', () => {
    const pid = {
      ...limit,
      controller: 'pid',
      proportional: 0,
      integral: 0.1,
      derivative: 0,
    } as const
    const changes = changesOf(systemOf([pid])).filter(({ now }) => now > at / 2)
    for (const { measured } of changes) expect(Math.abs(measured / 100 - 1)).toBeLessThan(0.2)
  })

  test('by a bandit is mostly the value that meets the target best', () => {
    const values = [2, 9, 40]
    const bandit = { ...limit, controller: 'bandit', values, discount: 1, start: 40 } as const
    // of twice the capacity one half is shed, or all take 400 ms
    const mean = settled(changesOf(systemOf([bandit])))
    expect(mean).toBeLessThan(20)
  })

  test('is not changed where no tuner asks for it', () => {
    expect(changesOf(systemOf([]))).toEqual([])
  })

  test('the audit checks it by the changes of the limit, and finds a wrong one', () => {
    const system = systemOf([aimd])
    let changes: SettingChange[] = []
    const { rows } = serve(system, {
      observe: () => ({ tuned: (now, { tuner, to }) => changes.push({ at: now, tuner, to }) }),
    })
    const reportOf = (settings?: readonly SettingChange[], { plan, requests } = system) =>
      auditRows(plan, rows.columns, requests.columns, [], settings).rules.find(
        ({ rule }) => rule === 'concurrency',
      )!
    expect(reportOf(changes).violations).toBe(0)
    expect(reportOf(changes).checked).toBeGreaterThan(10_000)
    changes = changes.map((change, i) => (i === 9 ? { ...change, to: change.to + 1 } : change))
    expect(reportOf(changes).violations).toBeGreaterThan(0)
    expect(reportOf([], systemOf([])).violations).toBeGreaterThan(1000)
    expect(reportOf()).toMatchObject({ checked: 0, violations: 0 })
  })
})

test('both worlds change settings alike', () => {
  const rows = worldNames.map((world) => worlds[world](systemOf([aimd])).rows)
  const [first, second] = rows.map(({ columns }) => [...columns.refusal])
  expect(first!.filter((refusal) => refusal > 0).length).toBeGreaterThan(1000)
  expect(first).toEqual(second)
})

import { describe, expect, test } from 'vitest'
import { planOf, requestsOf, serve } from '../../../test/small-system.ts'
import { PERCENTILES, percentile } from '../../stats/index.ts'
import { type DueEvent, NO_WAKE } from '../../world/index.ts'
import { knownRun } from './known-machine.test-helper.ts'
import { latenciesOf } from './latencies.ts'
import type { ObservedRun } from './observed-run.ts'
import { stallFreeFigures, stallFreeLatencies } from './stall-free.ts'
import { structureSimulator } from './structure.ts'

const GAP_MS = 100
const COUNT = 20

/** Single requests, 100 ms apart and in turn on each replica, which take 10 ms each. */
function regular(change: { replicas?: number; perReplicaQueues?: boolean } = {}) {
  const at = Array.from({ length: COUNT }, (_, i) => i * GAP_MS)
  const plan = planOf([{ ...change, batching: { policy: 'none' } }])
  const { rows } = serve({
    plan,
    requests: requestsOf(at),
    work: [{ law: 'constant', ms: 10 }],
  })
  const work = Array.from({ length: change.replicas ?? 1 }, () => ({
    work: () => 10,
    wake: NO_WAKE,
  }))
  return { plan, work, rows, timers: [] }
}

type Regular = ReturnType<typeof regular>

/** The scheduled arrivals of the requests that met a stall, in gaps. */
function met({ plan, work, ...run }: ObservedRun & Pick<Regular, 'plan' | 'work'>): number[] {
  const { at } = stallFreeLatencies(run, { plan, work, warmupMs: 0 })
  const free = new Set(at)
  return [...run.rows.columns.at].filter((time) => !free.has(time)).map((time) => time / GAP_MS)
}

const STEPS = ['sent', 'dispatched', 'started', 'ended', 'done'] as const

/** Delays a request from one of its steps on. */
function delayed(run: Regular, key: number, ms: number, from: (typeof STEPS)[number]): Regular {
  for (const step of STEPS.slice(STEPS.indexOf(from))) run.rows.columns[step][key]! += ms
  return run
}

describe('a request met a stall', () => {
  test('none where every step takes as long as usual', () => {
    expect(met(regular())).toEqual([])
  })

  test.each([
    ['of the dispatcher, which saw its arrival late', 'sent'],
    ['of its executor, which began late', 'started'],
    ['of its executor, within its batch', 'ended'],
    ['of the dispatcher, which saw its end late', 'done'],
  ] as const)('%s', (_, from) => {
    expect(met(delayed(regular(), 7, 5, from))).toEqual([7])
    // a delay of 0.05 ms is the cost of a step
    expect(met(delayed(regular(), 7, 0.05, from))).toEqual([])
  })

  test('of the dispatcher, which only a timer shows', () => {
    const usual = Array.from({ length: COUNT }, (_, i): DueEvent => [50 + 100 * i, 50.01 + 100 * i])
    expect(met({ ...regular(), timers: usual })).toEqual([])
    expect(met({ ...regular(), timers: [...usual, [704, 708]] })).toEqual([7])
  })

  test('that delayed another request, and went on after its arrival', () => {
    const run = delayed(delayed(regular(), 7, 150, 'ended'), 8, 60, 'dispatched')
    expect(met(run)).toEqual([7, 8])
  })

  test.each([
    { perReplicaQueues: false, free: COUNT - 2 },
    { perReplicaQueues: true, free: COUNT - 1 },
  ])(
    'of any executor of its station: own queues $perReplicaQueues',
    ({ perReplicaQueues, free }) => {
      const run = regular({ replicas: 2, perReplicaQueues })
      const { columns } = run.rows
      for (let key = 0; key < COUNT; key++) columns.executor[key] = key % 2
      // requests 6 and 7 are there together
      for (const step of ['at', ...STEPS] as const) columns[step][7]! -= GAP_MS
      const { values } = stallFreeLatencies(delayed(run, 7, 5, 'ended'), { ...run, warmupMs: 0 })
      expect(values.length).toBe(free)
    },
  )
})

describe('percentiles without stalls', () => {
  const run = knownRun({ load: 0.6, seconds: 20 })
  const of = (observed: ObservedRun) =>
    stallFreeFigures(observed, { plan: run.plan, work: run.work, warmupMs: 1000 })

  test('are of the requests that are left, and the share is that of the served', () => {
    const { n, share, percentiles } = of(run)
    const all = latenciesOf(run.rows, 1000).sorted
    expect(n).toBe(Math.round(share * all.length))
    expect(share).toBeGreaterThan(0.9)
    expect(share).toBeLessThan(0.97)
    expect(percentiles[3]).toBeLessThan(0.8 * percentile(all, PERCENTILES[3]))
  })

  test('and the share of a rebuilt run is that of the run', () => {
    const rebuilt = of(structureSimulator({ ...run, seed: 1 })(0))
    expect(Math.abs(rebuilt.share - of(run).share)).toBeLessThan(0.003)
    for (const [i, p] of PERCENTILES.slice(0, 4).entries()) {
      const error = rebuilt.percentiles[i]! / of(run).percentiles[i]! - 1
      expect(Math.abs(error), `p${100 * p}`).toBeLessThan(0.01)
    }
  })
})

import { afterEach, describe, expect, test, vi } from 'vitest'
import { auditRows } from '../sim/audit/index.ts'
import type { PoolPlan, ServingPlan } from '../sim/serving/index.ts'
import { dynamic, systemOf } from './audited-systems.ts'
import type * as ManualWorld from './manual-world.ts'
import { replay } from './manual-world.ts'
import type * as Small from './small-system.ts'
import { type SmallSystem, serve } from './small-system.ts'

/** A system that runs under another plan than the one promised. */
interface Fault {
  readonly rule: string
  readonly what: string
  readonly promised: Partial<PoolPlan>
  readonly runs: Partial<PoolPlan>
  /** of both */
  readonly rest?: Partial<ServingPlan>
}

const windowed = (max_delay_ms: number) => ({ batching: { ...dynamic, max_delay_ms } })
const sized = (max_batch: number) => ({ batching: { ...dynamic, max_batch } })
const preferring = (...preferred: number[]) => ({ batching: { ...dynamic, preferred } })
const filled = (batch: number) => ({ batching: { policy: 'fixed' as const, batch } })
const tight = { batching: { ...dynamic, max_batch: 2 } }
const queues = { perReplicaQueues: true, replicas: 3 }

const faults: readonly Fault[] = [
  { rule: 'batch-size', what: 'twice the batch', promised: sized(4), runs: sized(8) },
  { rule: 'preferred-size', what: 'one less', promised: sized(6), runs: sized(5) },
  { rule: 'delay', what: 'a shorter window', promised: windowed(4), runs: windowed(3.6) },
  { rule: 'idle', what: 'a longer window', promised: windowed(4), runs: windowed(4.4) },
  { rule: 'idle', what: 'a window where there is none', promised: windowed(0), runs: windowed(1) },
  { rule: 'preferred-size', what: 'no preferences', promised: preferring(2), runs: preferring() },
  { rule: 'preferred-size', what: 'others', promised: preferring(2, 4), runs: preferring(3) },
  { rule: 'batch-size', what: 'fixed, one less', promised: filled(4), runs: filled(3) },
  { rule: 'idle', what: 'fixed, one more', promised: filled(4), runs: filled(5) },
  { rule: 'executor', what: 'an executor more', promised: { replicas: 1 }, runs: { replicas: 2 } },
  { rule: 'idle', what: 'an executor less', promised: { replicas: 2 }, runs: { replicas: 1 } },
  {
    rule: 'bounds',
    what: 'one more waits',
    promised: { ...tight, maxLength: 8 },
    runs: { ...tight, maxLength: 9 },
  },
  {
    rule: 'bounds',
    what: 'one less waits',
    promised: { ...tight, maxLength: 9 },
    runs: { ...tight, maxLength: 8 },
  },
  {
    rule: 'queue-timeout',
    what: 'shorter',
    promised: { ...tight, queueTimeoutMs: 10 },
    runs: { ...tight, queueTimeoutMs: 9.9 },
  },
  {
    rule: 'queue-timeout',
    what: 'longer',
    promised: { ...tight, queueTimeoutMs: 10 },
    runs: { ...tight, queueTimeoutMs: 10.1 },
  },
  {
    rule: 'queue-timeout',
    what: 'one at all',
    promised: tight,
    runs: { ...tight, queueTimeoutMs: 9 },
  },
  { rule: 'padding', what: 'not at all', promised: { padTo: 8 }, runs: { padTo: 1 } },
  {
    rule: 'routing',
    what: 'in turn in place of the least loaded',
    promised: { ...queues, routing: 'least-loaded' },
    runs: { ...queues, routing: 'round-robin' },
  },
  {
    rule: 'routing',
    what: 'the least loaded in place of turns',
    promised: { ...queues, routing: 'round-robin' },
    runs: { ...queues, routing: 'least-loaded' },
  },
]

const worlds = {
  simulated: (system: SmallSystem) => serve(system),
  live: (system: SmallSystem) => replay(system),
  'late live': (system: SmallSystem) => replay(system, { late: true }),
} as const
const names = Object.keys(worlds) as (keyof typeof worlds)[]

describe.each(names)('a %s control plane that keeps other promises is found out', (world) => {
  test.each(faults)('$rule: $what', ({ rule, promised, runs }) => {
    const { plan } = systemOf([promised])
    const system = systemOf([runs])
    const { rows } = worlds[world](system)
    const broken = (promises: ServingPlan) =>
      auditRows(promises, rows.columns, system.requests.columns)
        .rules.filter(({ violations }) => violations > 0)
        .map((report) => report.rule)
    expect(broken(system.plan)).toEqual([])
    expect(broken(plan)).toContain(rule)
  })

  test('patience: clients wait longer than promised', () => {
    const system = systemOf([tight], { patienceMs: [40] })
    const { plan } = systemOf([tight], { patienceMs: [10] })
    const { columns } = worlds[world](system).rows
    const { rules } = auditRows(plan, columns, system.requests.columns)
    const broken = rules.filter(({ violations }) => violations > 0).map(({ rule }) => rule)
    expect(broken).toEqual(['patience'])
  })
})

describe('last in, first out', () => {
  afterEach(() => {
    vi.doUnmock('../sim/serving/request-queue.ts')
    vi.resetModules()
  })

  test.each(['simulated', 'live'])('is no order: %s', async (world) => {
    class Stack {
      readonly #waiting: number[] = []
      get length() {
        return this.#waiting.length
      }
      push(request: number) {
        this.#waiting.push(request)
      }
      first() {
        return this.#waiting.at(-1)
      }
      shift() {
        return this.#waiting.pop()
      }
    }
    vi.resetModules()
    vi.doMock('../sim/serving/request-queue.ts', () => ({ RequestQueue: Stack }))
    const small: typeof Small = await import('./small-system.ts')
    const manual: typeof ManualWorld = await import('./manual-world.ts')
    const system = systemOf([tight])
    const run = world === 'simulated' ? small.serve : manual.replay
    expect(() => run(system)).toThrow('Expected a run that keeps every promise\norder: rows ')
    const { rows } = run(system, { audited: false })
    const { rules } = auditRows(system.plan, rows.columns, system.requests.columns)
    const order = rules.find(({ rule }) => rule === 'order')!
    expect(order.violations).toBeGreaterThan(100)
    expect(order.first[0]!.text).toMatch(
      /^rows \d+, \d+: request \d+ came to queue 0 at [\d.]+ ms before \d+ but waited until/,
    )
  })
})

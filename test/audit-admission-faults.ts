import type { PoolPlan, ServingPlan } from '../sim/serving/index.ts'
import { admitting, unequal } from './audited-systems.ts'

/** A system that runs under a plan other than the promised one. */
export interface Fault {
  readonly rule: string
  readonly what: string
  readonly promised: Partial<PoolPlan>
  readonly runs: Partial<PoolPlan>
  /** of both plans */
  readonly rest?: Partial<ServingPlan>
}

const limitedTo = (concurrencyLimit: number) => admitting({ concurrencyLimit })
const second = (limit: number) => admitting({ priorityLimits: [{ priority: 2, limit }] })
const predicting = (deadlineMarginMs: number | null) => admitting({ deadlineMarginMs })
const bucket = (everyMs: number, burst: number, per: 'pool' | 'class' = 'pool') =>
  admitting({ tokenBucket: { everyMs, burst, per } })
const turning = (intervalMs: number, targetMs: number) =>
  admitting({ adaptiveLifo: { intervalMs, targetMs } })
const dated = { classes: [{ ...unequal[0]!, deadlineMs: 14 }, unequal[1]!] }
const tight = admitting({})
const lifo = { ...tight, order: { discipline: 'lifo' as const } }
const classes = { classes: unequal }

/** Admission controls that refuse requests against their promise. */
export const admissionFaults: readonly Fault[] = [
  { rule: 'concurrency', what: 'one more', promised: limitedTo(7), runs: limitedTo(8) },
  { rule: 'concurrency', what: 'one less', promised: limitedTo(8), runs: limitedTo(7) },
  { rule: 'concurrency', what: 'none', promised: limitedTo(8), runs: tight },
  {
    rule: 'priority-shedding',
    what: 'one more',
    promised: second(5),
    runs: second(6),
    rest: classes,
  },
  {
    rule: 'priority-shedding',
    what: 'one less',
    promised: second(6),
    runs: second(5),
    rest: classes,
  },
  {
    rule: 'deadline-shedding',
    what: 'a margin',
    promised: predicting(0),
    runs: predicting(1),
    rest: dated,
  },
  {
    rule: 'deadline-shedding',
    what: 'no margin',
    promised: predicting(1),
    runs: predicting(0),
    rest: dated,
  },
  {
    rule: 'deadline-shedding',
    what: 'no prediction',
    promised: predicting(0),
    runs: predicting(null),
    rest: dated,
  },
  {
    rule: 'deadline-shedding',
    what: 'an unrequested prediction',
    promised: predicting(null),
    runs: predicting(0),
    rest: dated,
  },
  { rule: 'token-bucket', what: 'a faster one', promised: bucket(1.6, 5), runs: bucket(1.58, 5) },
  { rule: 'token-bucket', what: 'a slower one', promised: bucket(1.6, 5), runs: bucket(1.62, 5) },
  { rule: 'token-bucket', what: 'a larger one', promised: bucket(1.6, 5), runs: bucket(1.6, 6) },
  { rule: 'token-bucket', what: 'a smaller one', promised: bucket(1.6, 6), runs: bucket(1.6, 5) },
  { rule: 'token-bucket', what: 'none', promised: bucket(1.6, 5), runs: tight },
  {
    rule: 'token-bucket',
    what: 'one for all',
    promised: bucket(3, 5, 'class'),
    runs: bucket(3, 5),
    rest: classes,
  },
  {
    rule: 'token-bucket',
    what: 'one for each class',
    promised: bucket(3, 5),
    runs: bucket(3, 5, 'class'),
    rest: classes,
  },
  {
    rule: 'adaptive-lifo',
    what: 'always FIFO',
    promised: turning(20, 6),
    runs: { ...tight, queueTimeoutMs: 20 },
  },
  {
    rule: 'adaptive-lifo',
    what: 'always the newest first',
    promised: turning(20, 6),
    runs: { ...lifo, queueTimeoutMs: 20 },
  },
  { rule: 'adaptive-lifo', what: 'sooner', promised: turning(20, 6), runs: turning(16, 6) },
  {
    rule: 'queue-timeout',
    what: 'a longer target',
    promised: turning(20, 6),
    runs: turning(20, 7),
  },
  { rule: 'queue-timeout', what: 'a shorter one', promised: turning(20, 6), runs: turning(20, 5) },
  { rule: 'queue-timeout', what: 'later', promised: turning(20, 6), runs: turning(21, 6) },
  { rule: 'order', what: 'in overload the newest', promised: tight, runs: turning(20, 6) },
]

import type { PoolPlan, ServingPlan } from '../sim/serving/index.ts'
import { admitting, unequal } from './audited-systems.ts'

/** A system that runs under a plan other than the promised one. */
export interface Fault {
  readonly rule: string
  readonly what: string
  readonly promised: Partial<PoolPlan>
  readonly runs: Partial<PoolPlan>
  /** of both plans */
  readonly rest: Partial<ServingPlan>
}

/** What is wrong, the promised plan, the plan that runs, and the rest of both plans. */
type FaultRow = readonly [
  what: string,
  promised: Partial<PoolPlan>,
  runs: Partial<PoolPlan>,
  rest?: Partial<ServingPlan>,
]

/** Faults by the rule that finds them. */
export function faultsOf(byRule: Readonly<Record<string, readonly FaultRow[]>>): Fault[] {
  return Object.entries(byRule).flatMap(([rule, rows]) =>
    rows.map(([what, promised, runs, rest = {}]) => ({ rule, what, promised, runs, rest })),
  )
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
export const admissionFaults = faultsOf({
  concurrency: [
    ['one more', limitedTo(7), limitedTo(8)],
    ['one less', limitedTo(8), limitedTo(7)],
    ['none', limitedTo(8), tight],
  ],
  'priority-shedding': [
    ['one more', second(5), second(6), classes],
    ['one less', second(6), second(5), classes],
  ],
  'deadline-shedding': [
    ['a margin', predicting(0), predicting(1), dated],
    ['no margin', predicting(1), predicting(0), dated],
    ['no prediction', predicting(0), predicting(null), dated],
    ['an unrequested prediction', predicting(null), predicting(0), dated],
  ],
  'token-bucket': [
    ['a faster one', bucket(1.6, 5), bucket(1.58, 5)],
    ['a slower one', bucket(1.6, 5), bucket(1.62, 5)],
    ['a larger one', bucket(1.6, 5), bucket(1.6, 6)],
    ['a smaller one', bucket(1.6, 6), bucket(1.6, 5)],
    ['none', bucket(1.6, 5), tight],
    ['one for all', bucket(3, 5, 'class'), bucket(3, 5), classes],
    ['one for each class', bucket(3, 5), bucket(3, 5, 'class'), classes],
  ],
  'adaptive-lifo': [
    ['always FIFO', turning(20, 6), { ...tight, queueTimeoutMs: 20 }],
    ['always the newest first', turning(20, 6), { ...lifo, queueTimeoutMs: 20 }],
    ['sooner', turning(20, 6), turning(16, 6)],
  ],
  'queue-timeout': [
    ['a longer target', turning(20, 6), turning(20, 7)],
    ['a shorter one', turning(20, 6), turning(20, 5)],
    ['later', turning(20, 6), turning(21, 6)],
  ],
  order: [['in overload the newest', tight, turning(20, 6)]],
})

import { type ReplicaUse, replicaUse } from '../../sim/documents/index.ts'
import { declared, figure, percent } from '../format.ts'
import { metricTable, type ResultTable } from './result-tables.ts'

/** Replica-hours of some time. */
interface Hours {
  readonly needed: number
  readonly paid: number
  /** paid for, and not needed by the work at the capacity */
  readonly idle: number
}

/** Replica-hours of the intervals `from` to `to` - 1. A backlog may need more than is paid for. */
export function hoursOf(
  { every_s, needed, paid }: ReplicaUse,
  [from, to]: readonly [number, number] = [0, needed.length],
): Hours {
  const sum = (of: (i: number) => number) => {
    let total = 0
    for (let i = from; i < to; i++) total += (of(i) * every_s) / 3600
    return total
  }
  return {
    needed: sum((i) => needed[i]!),
    paid: sum((i) => paid[i]!),
    idle: sum((i) => Math.max(0, paid[i]! - needed[i]!)),
  }
}

/** Most rows of a pool. */
const MOST_ROWS = 24

interface Span {
  readonly name: string
  readonly hours: Hours
}

/** Replica-hours by hour where the traffic lasts for two hours and more, and their sum. */
export function replicaHourRows(use: ReplicaUse): Span[] {
  const whole = { name: `${use.name}, all`, hours: hoursOf(use) }
  const intervals = use.needed.length
  const hours = (use.every_s * intervals) / 3600
  if (hours < 2) return [whole]
  const each = Math.ceil(hours / MOST_ROWS)
  const rows = Array.from({ length: Math.ceil(hours / each) }, (_, row) => {
    const at = (hour: number) => Math.min(intervals, Math.round((hour / hours) * intervals))
    const [from, to] = [row * each, Math.min(hours, (row + 1) * each)]
    const name = `${use.name}, hour ${declared(from)} to ${declared(Number(to.toFixed(2)))}`
    return { name, hours: hoursOf(use, [at(from), at(to)]) }
  })
  return [...rows, whole]
}

/** "82 %": the idle share of what is paid for. */
export const idleText = ({ idle, paid }: Hours) => (paid > 0 ? percent(idle / paid) : '–')

const inHours = (hours: number) => `${figure(hours)} h`

const NOTE =
  'Needed: replicas that would be enough for the work of each interval at their capacity, with full batches or steps; of batches by the number of requests, each as long as the mean one. Idle: paid for, and not needed. What is needed to hold an objective is more.'

export const REPLICA_HOURS: ResultTable = metricTable<Hours>(
  {
    caption: 'Replica-hours',
    of: 'replica-hours',
    note: (result) => (replicaUse(result).length > 0 ? NOTE : null),
  },
  (result) =>
    replicaUse(result).flatMap((use) =>
      replicaHourRows(use).map(({ name, hours }) => [name, hours] as const),
    ),
  [
    { head: 'paid', text: ({ paid }) => inHours(paid) },
    { head: 'needed', text: ({ needed }) => inHours(needed) },
    { head: 'idle', text: ({ idle }) => inHours(idle) },
    { head: 'idle share', text: idleText },
  ],
)

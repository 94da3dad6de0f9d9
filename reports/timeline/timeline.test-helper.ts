import { z } from 'zod'
import type { Scenario } from '../../scenarios/index.ts'
import { OUTCOME, outcomes } from '../../sim/serving/index.ts'
import type { RowColumns } from '../../sim/stats/index.ts'

/**
 * A reader of timelines that shares no code with their writer: the Trace Event Format as far as it
 * is used, and the laws that a timeline of given rows keeps.
 */

const id = z.int().nonnegative()
const ts = z.number().nonnegative()
const placed = { name: z.string().min(1), pid: id, tid: id, ts }
const args = z.record(z.string(), z.unknown())

const eventSchema = z.discriminatedUnion('ph', [
  z.strictObject({ ph: z.literal('X'), ...placed, cat: z.string(), dur: ts, args }),
  z.strictObject({ ph: z.enum(['b', 'n', 'e']), ...placed, cat: z.string(), id, args }),
  z.strictObject({
    ph: z.literal('C'),
    name: z.string().min(1),
    pid: id,
    ts,
    args: z.record(z.string(), z.number()),
  }),
  z.strictObject({ ph: z.literal('i'), ...placed, s: z.literal('t'), cat: z.string(), args }),
  z.strictObject({ ph: z.literal('s'), ...placed, cat: z.string(), id }),
  z.strictObject({ ph: z.literal('f'), bp: z.literal('e'), ...placed, cat: z.string(), id }),
  z.strictObject({
    ph: z.literal('M'),
    name: z.string(),
    pid: id,
    tid: id.optional(),
    args: z.record(z.string(), z.union([z.string(), z.number()])),
  }),
])

const traceSchema = z.strictObject({
  displayTimeUnit: z.literal('ms'),
  otherData: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  traceEvents: z.array(eventSchema),
})

export type Trace = z.infer<typeof traceSchema>
export type Event = Trace['traceEvents'][number]
type Kind<P extends Event['ph']> = Extract<Event, { ph: P }>

export const parseTrace = (text: string): Trace => traceSchema.parse(JSON.parse(text))

export const ofKind = <P extends Event['ph']>({ traceEvents }: Trace, ...kinds: P[]) =>
  traceEvents.filter((event): event is Kind<P> => (kinds as string[]).includes(event.ph))

function grouped<T, G>(items: readonly T[], groupOf: (item: T) => G): Map<G, T[]> {
  const groups = new Map<G, T[]>()
  for (const item of items) {
    const group = groupOf(item)
    const known = groups.get(group)
    if (known === undefined) groups.set(group, [item])
    else known.push(item)
  }
  return groups
}

/** As a reader that cuts off what is below a nanosecond. */
const cut = (us: number) => Math.trunc(us * 1000)

interface Truth {
  readonly scenario: Scenario
  readonly columns: RowColumns
  /** engines serve requests one by one, so members are no batch */
  readonly engines: boolean
}

/** What is wrong with the timeline of a whole run; nothing if it keeps every law. */
export function faultsOf(trace: Trace, truth: Truth): string[] {
  return [
    ...unnamed(trace),
    ...overlaps(trace),
    ...(truth.engines ? sequenceFaults(trace, truth) : memberFaults(trace, truth)),
    ...counterFaults(trace, truth),
    ...markFaults(trace, truth),
    ...arrowFaults(trace),
  ]
}

function unnamed(trace: Trace): string[] {
  const named = new Set(ofKind(trace, 'M').map(({ pid, tid, name }) => `${name} ${pid} ${tid}`))
  const used = trace.traceEvents.flatMap((event) => [
    `process_name ${event.pid} undefined`,
    ...(event.ph === 'C' || event.ph === 'M' ? [] : [`thread_name ${event.pid} ${event.tid}`]),
  ])
  return [...new Set(used)].filter((key) => !named.has(key)).map((key) => `no ${key}`)
}

/** Slices of a track do not overlap. */
function overlaps(trace: Trace): string[] {
  const tracks = grouped(ofKind(trace, 'X'), ({ tid }) => tid)
  return [...tracks].flatMap(([tid, slices]) => {
    const inOrder = slices.toSorted((a, b) => a.ts - b.ts || a.dur - b.dur)
    return inOrder.slice(1).flatMap((next, i) => {
      const last = inOrder[i]!
      return cut(last.ts) + cut(last.dur) > cut(next.ts) ? [`track ${tid} at ${next.ts} µs`] : []
    })
  })
}

/** Every request of a batch is in one slice, at its time, on the track of its replica. */
function memberFaults(trace: Trace, { columns }: Truth): string[] {
  const seen = new Map<number, number>()
  const faults: string[] = []
  for (const { args: given, ts: at, dur, cat } of ofKind(trace, 'X')) {
    if (cat !== 'batch') continue
    const { requests, size, outcomes } = given as {
      requests: number[]
      size: number
      outcomes: Record<string, number>
    }
    const sum = Object.values(outcomes).reduce((a, b) => a + b, 0)
    if (requests.length !== size || sum !== size) faults.push(`batch of ${size} at ${at} µs`)
    for (const key of requests) {
      seen.set(key, (seen.get(key) ?? 0) + 1)
      const off = Math.abs(at - 1000 * columns.started[key]!) > 0.001
      const short = Math.abs(at + dur - 1000 * columns.ended[key]!) > 0.002
      if (off || short) faults.push(`request ${key} at ${at} µs`)
    }
  }
  return [...faults, ...countFaults(columns, seen)]
}

function countFaults({ batch }: RowColumns, seen: ReadonlyMap<number, number>): string[] {
  return [...batch.keys()].flatMap((key) => {
    const expected = batch[key]! < 0 ? 0 : 1
    const got = seen.get(key) ?? 0
    return got === expected ? [] : [`request ${key} is in ${got} slices`]
  })
}

/** Every request has one async slice, from its dispatch to its end, with its first token within. */
function sequenceFaults(trace: Trace, { columns }: Truth): string[] {
  const seen = new Map<number, number>()
  const faults: string[] = []
  const groups = grouped(ofKind(trace, 'b', 'n', 'e'), (event) => event.id)
  for (const [key, events] of groups) {
    const [begin, end] = [events[0]!, events.at(-1)!]
    const kinds = events.map(({ ph }) => ph).join('')
    const inside = events.every(({ ts: at }) => begin.ts <= at && at <= end.ts)
    const off = Math.abs(end.ts - 1000 * columns.ended[key]!) > 0.001
    const served = columns.outcome[key] === OUTCOME.served
    const whole = served ? kinds === 'bne' : /^bn?e$/.test(kinds)
    if (!whole || !inside || off) faults.push(`events ${kinds} of request ${key}`)
    seen.set(key, events.filter(({ ph }) => ph === 'b').length)
  }
  return [...faults, ...countFaults(columns, seen)]
}

/** Counters are at 0 or above, end at 0 unless they are of memory, and agree with the rows. */
function counterFaults(trace: Trace, truth: Truth): string[] {
  const counters = grouped(ofKind(trace, 'C'), ({ pid, name }) => `${pid} ${name}`)
  return [...counters].flatMap(([label, values]) => {
    const levels = values.map((event) => Object.values(event.args)[0]!)
    const faults = levels.some((level) => !(level >= 0)) ? [`${label} below 0`] : []
    const rising = values.every((value, i) => i === 0 || value.ts > values[i - 1]!.ts)
    if (!rising) faults.push(`${label} goes back in time`)
    if (!label.includes('memory') && levels.at(-1) !== 0)
      faults.push(`${label} ends at ${levels.at(-1)}`)
    const count = naiveCount(label, firstQueue(trace, truth, values[0]!.pid), truth)
    if (count === null) return faults
    for (let i = 0; i + 1 < values.length; i += Math.ceil(values.length / 50)) {
      const middle = (values[i]!.ts + values[i + 1]!.ts) / 2000
      if (levels[i] !== count(middle)) faults.push(`${label} is ${levels[i]} at ${middle} ms`)
    }
    return faults
  })
}

/** The number of the first queue of the pool that a process shows. */
function firstQueue(trace: Trace, { scenario }: Truth, pid: number): number {
  const name = ofKind(trace, 'M').find((event) => event.pid === pid)?.args.name
  const index = scenario.pools.findIndex((pool) => `pool ${pool.name}` === name)
  return scenario.pools
    .slice(0, Math.max(0, index))
    .reduce((sum, { queue, replicas }) => sum + (queue.mode === 'per-replica' ? replicas : 1), 0)
}

/** Counted over all rows, at an instant in ms. */
function naiveCount(
  label: string,
  first: number,
  { columns }: Truth,
): ((at: number) => number) | null {
  const { at: arrived, sent, dispatched, done, batch, outcome, queue } = columns
  const between = (from: (key: number) => number, to: (key: number) => number) => (ms: number) =>
    batch.reduce((sum, _, key) => sum + (from(key) <= ms && ms < to(key) ? 1 : 0), 0)
  if (label.endsWith('requests in the system')) {
    return between(
      (key) => arrived[key]!,
      (key) => done[key]!,
    )
  }
  const waiting = /waiting(?:, replica (\d+))?$/.exec(label)
  if (waiting === null) return null
  const number = first + Number(waiting[1] ?? 0)
  return between(
    (key) => (queue[key] === number && outcome[key] !== OUTCOME.shed ? sent[key]! : Number.NaN),
    (key) => (batch[key]! < 0 ? done[key]! : dispatched[key]!),
  )
}

/** There is one mark for each request that was not served, by its outcome. */
function markFaults(trace: Trace, { columns }: Truth): string[] {
  const marks = ofKind(trace, 'i')
  const ends = outcomes.filter(({ key }) => key !== 'served' && key !== 'abandoned')
  return ends.flatMap(({ number, key }) => {
    const expected = columns.outcome.filter((outcome) => outcome === number).length
    const got = marks.filter(({ name }) => name.split(':')[0] === key).length
    return got === expected ? [] : [`${got} marks of ${expected} requests ${key}`]
  })
}

/** An arrow begins in a slice and ends in one. */
function arrowFaults(trace: Trace): string[] {
  const tracks = grouped(ofKind(trace, 'X'), ({ tid }) => tid)
  const lasting = new Map([...tracks].map(([tid, slices]) => [tid, new Lasting(slices)]))
  const ends = new Map(ofKind(trace, 'f').map((event) => [event.id, event]))
  return ofKind(trace, 's').flatMap((start) => {
    const end = ends.get(start.id)
    const isBound = ({ tid, ts: at }: Kind<'s' | 'f'>) => lasting.get(tid)?.holds(at) === true
    const bound = end !== undefined && start.ts <= end.ts && isBound(start) && isBound(end)
    return bound ? [] : [`arrow ${start.id}`]
  })
}

/** The times within any slice of a track. */
class Lasting {
  readonly #from: Float64Array
  /** the latest end of a slice and those before it */
  readonly #to: Float64Array

  constructor(slices: readonly Kind<'X'>[]) {
    const inOrder = slices.toSorted((a, b) => a.ts - b.ts)
    this.#from = Float64Array.from(inOrder, ({ ts: at }) => at)
    this.#to = Float64Array.from(inOrder, ({ ts: at, dur }) => at + dur)
    for (let i = 1; i < this.#to.length; i++) {
      this.#to[i] = Math.max(this.#to[i]!, this.#to[i - 1]!)
    }
  }

  holds(at: number): boolean {
    let [low, high] = [0, this.#from.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#from[middle]! <= at) low = middle + 1
      else high = middle
    }
    return low > 0 && at <= this.#to[low - 1]!
  }
}

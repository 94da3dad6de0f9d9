/**
 * The rules of the Trace Event Format, from its description (N. Duca and D. Sinclair; sections in
 * brackets) and from Perfetto's FAQ. It knows nothing of Spillway, and takes any parsed JSON.
 */

type Fields = Readonly<Record<string, unknown>>

/** Fields that events of a phase need, besides `ph` and `pid`. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  X: ['name', 'ts', 'dur', 'tid'],
  B: ['name', 'ts', 'tid'],
  E: ['ts', 'tid'],
  b: ['name', 'ts', 'cat', 'id'],
  n: ['name', 'ts', 'cat', 'id'],
  e: ['name', 'ts', 'cat', 'id'],
  C: ['name', 'ts', 'args'],
  i: ['name', 'ts', 'tid', 's'],
  s: ['name', 'ts', 'tid', 'cat', 'id'],
  t: ['name', 'ts', 'tid', 'cat', 'id'],
  f: ['name', 'ts', 'tid', 'cat', 'id'],
  M: ['name', 'args'],
}

/** The argument of each metadata event, and its type. */
const METADATA: Readonly<Record<string, readonly [argument: string, type: string]>> = {
  process_name: ['name', 'string'],
  process_labels: ['labels', 'string'],
  process_sort_index: ['sort_index', 'number'],
  thread_name: ['name', 'string'],
  thread_sort_index: ['sort_index', 'number'],
}

const SCOPES = ['g', 'p', 't']

/** What breaks a rule; nothing where a viewer shows every event. */
export function formatFaults(file: unknown): string[] {
  const { traceEvents, displayTimeUnit = 'ms' } = file as Fields
  if (!Array.isArray(traceEvents)) return ['traceEvents is no list [JSON Object Format]']
  const events = traceEvents as readonly Fields[]
  return [
    ...(['ms', 'ns'].includes(displayTimeUnit as string) ? [] : ['displayTimeUnit']),
    ...events.flatMap((event, i) => fieldFaults(event).map((text) => `event ${i}: ${text}`)),
    ...nestingFaults(events),
    ...asyncFaults(events),
    ...flowFaults(events),
    ...counterFaults(events),
  ]
}

function fieldFaults(event: Fields): string[] {
  const { ph, ts, dur, pid, tid, name, args } = event
  const needed = NEEDED[ph as string]
  if (needed === undefined) return [`phase ${ph}`]
  const faults = needed.filter((key) => event[key] === undefined).map((key) => `no ${key}`)
  const isTime = (value: unknown) => value === undefined || Number.isFinite(value)
  if (!isTime(ts) || !isTime(dur) || Number(dur) < 0) faults.push('time')
  if (!Number.isInteger(pid) || (tid !== undefined && !Number.isInteger(tid)))
    faults.push('pid, tid')
  // a thread with the number of its process is its main thread, and is drawn before all others
  if (pid === tid) faults.push('a thread has the number of its process')
  if (ph === 'i' && !SCOPES.includes(event.s as string)) faults.push('scope')
  if (ph === 'C' && !Object.values(args as Fields).every(Number.isFinite)) faults.push('series')
  if (ph === 'M') {
    const [argument, type] = METADATA[name as string] ?? []
    const value = argument === undefined ? undefined : (args as Fields)[argument]
    if (type === undefined || typeof value !== type) faults.push(`metadata ${name}`)
  }
  return faults
}

function groupsOf(events: readonly Fields[], phases: string, keyOf: (event: Fields) => string) {
  const groups = new Map<string, Fields[]>()
  for (const event of events) {
    if (!phases.includes(event.ph as string)) continue
    const key = keyOf(event)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [event])
    else group.push(event)
  }
  return groups
}

const trackOf = ({ pid, tid }: Fields) => `${pid} ${tid}`
const timeOf = (event: Fields) => event.ts as number
/** Viewers keep whole nanoseconds. */
const ns = (us: unknown) => Math.trunc((us as number) * 1000)
const endOf = (event: Fields) => ns(event.ts) + ns(event.dur)

/** Slices of a track nest: each ends before those that it began in [Complete Events]. */
function nestingFaults(events: readonly Fields[]): string[] {
  return [...groupsOf(events, 'X', trackOf)].flatMap(([track, slices]) => {
    const open: number[] = []
    const inOrder = slices.toSorted((a, b) => ns(a.ts) - ns(b.ts) || endOf(b) - endOf(a))
    return inOrder.flatMap((slice) => {
      while (open.length > 0 && open.at(-1)! <= ns(slice.ts)) open.pop()
      const crosses = open.length > 0 && endOf(slice) > open.at(-1)!
      open.push(endOf(slice))
      return crosses ? [`track ${track}: slices cross at ${slice.ts} µs`] : []
    })
  })
}

/** Events of one category and id begin, and end once, in order of time [Async Events]. */
function asyncFaults(events: readonly Fields[]): string[] {
  const keyOf = ({ cat, id, pid }: Fields) => `${cat} ${id} of ${pid}`
  return [...groupsOf(events, 'bne', keyOf)].flatMap(([key, own]) => {
    const phases = own.map(({ ph }) => ph).join('')
    const rises = own.every((event, i) => i === 0 || timeOf(own[i - 1]!) <= timeOf(event))
    return /^(bn*e)+$/.test(phases) && rises ? [] : [`async ${key}: ${phases}`]
  })
}

/** A flow begins and ends in slices, and the end is not before the start [Flow Events]. */
function flowFaults(events: readonly Fields[]): string[] {
  const slices = groupsOf(events, 'X', trackOf)
  for (const own of slices.values()) own.sort((a, b) => timeOf(a) - timeOf(b))
  const isEnclosed = (event: Fields) =>
    (slices.get(trackOf(event)) ?? []).some(
      (slice) => ns(slice.ts) <= ns(event.ts) && ns(event.ts) <= endOf(slice),
    )
  const keyOf = ({ cat, name, id }: Fields) => `${cat} ${name} ${id}`
  return [...groupsOf(events, 'stf', keyOf)].flatMap(([key, own]) => {
    const phases = own.map(({ ph }) => ph).join('')
    const rises = own.every((event, i) => i === 0 || timeOf(own[i - 1]!) <= timeOf(event))
    const whole = /^st*f$/.test(phases) && rises && own.every(isEnclosed)
    return whole ? [] : [`flow ${key}: ${phases}`]
  })
}

/** Values of a counter come in order of time, always with the same series [Counter Events]. */
function counterFaults(events: readonly Fields[]): string[] {
  return [...groupsOf(events, 'C', ({ pid, name }) => `${pid} ${name}`)].flatMap(([key, own]) => {
    const rises = own.every((event, i) => i === 0 || timeOf(own[i - 1]!) < timeOf(event))
    const series = new Set(own.map(({ args }) => Object.keys(args as Fields).join()))
    return rises && series.size === 1 ? [] : [`counter ${key}`]
  })
}

import {
  assemble,
  type Batch,
  type LogEntry,
  logEntries,
  type Ms,
  NO_TRAFFIC,
  type Observer,
  Requests,
  type ServingPlan,
  STATUS,
  type StepRun,
  type Transfer,
} from '../../serving/index.ts'
import { type RowColumn, RowRecorder, Rows } from '../../stats/index.ts'
import { type PartColumns, partsOf, type RequestList } from '../../traffic/index.ts'
import { grouped } from '../system/crowd.ts'

/** The decisions of a control plane that gets the events of a decision log. */
interface FedBack {
  readonly rows: Rows
  /** entries of the decision log */
  readonly entries: number
  /** the first impossible entry; such entries are left out; null for none */
  readonly refused: string | null
}

/**
 * Feeds a fresh control plane the events of another. Where both decide alike, the rows are those of
 * the first run to the last bit: their times come from the journal, the rest from decisions. Which
 * requests are copies of others is decided by clients, so `copyOf` comes from the rows. `watch`
 * makes a further observer of the decisions.
 */
export function feedBack(
  plan: ServingPlan,
  list: RequestList,
  journal: Float64Array,
  copyOf?: ArrayLike<number>,
  watch?: (requests: Requests) => Observer,
): FedBack {
  const requests = partsOf(list, plan.classes, copyOf)
  const count = requests.at.length
  const slots = new Requests()
  const rows = Rows.allocate(count)
  const due: Ms[] = []
  /** by executor: the event that will end its work; undefined for none */
  const ending: (LogEntry['event'] | undefined)[] = []
  /** by executor: its run, and the ends of its steps, ms since it was sent */
  const runs: StepRun[] = []
  const ends: Ms[][] = []
  /** keys of the requests with a transfer under way; and the slot of each request */
  const onTheWay = new Set<number>()
  const slotOf: number[] = []
  const { control } = assemble({
    plan,
    source: NO_TRAFFIC,
    requests: slots,
    world: () => ({
      driver: null,
      timers: {
        arm(timer: number, at: Ms) {
          due[timer] = at
        },
        disarm(timer: number) {
          due[timer] = Number.POSITIVE_INFINITY
        },
      },
      backend: {
        start({ executor }: Batch) {
          ending[executor] = 'done'
        },
        load(executor: number) {
          ending[executor] = 'loaded'
        },
        unload() {},
        shrink() {},
      },
      steps: {
        run(run: StepRun) {
          ending[run.executor] = 'steps'
          runs[run.executor] = run
          run.ran = null
          ends[run.executor] = []
        },
        yieldAtStep() {},
      },
      transfers: {
        transfer({ request }: Transfer) {
          onTheWay.add(slots.key[request]!)
        },
      },
    }),
    observe: () => [new RowRecorder(rows, slots), ...(watch ? [watch(slots)] : [])],
  })
  let last = Number.NEGATIVE_INFINITY
  /** key of the last request that arrived */
  let arrived = -1

  /** Whether an entry ends the work of its executor: an engine that dies ends steps as a batch. */
  const endsWork = (entry: LogEntry) =>
    ending[entry.id] === entry.event ||
    (entry.event === 'done' && entry.status === STATUS.died && ending[entry.id] === 'steps')

  /** Why an entry is impossible after the decisions so far; null where it is possible. */
  function refusal(entry: LogEntry): string | null {
    const { now, event, id } = entry
    if (now < last) return `the entry before it is at ${last} ms`
    if (event === 'arrival' && !Number.isNaN(rows.columns.sent[id])) {
      return id < count ? 'it has arrived before' : `there are ${grouped(count)} requests`
    }
    const isPart = requests.part[id]! > 0 && requests.copyOf[id]! < 0
    if (event === 'arrival' && isPart && arrived !== id - 1) {
      return 'the part before it has not just arrived'
    }
    if (event === 'timer' && !(due[id]! <= now)) return 'the timer is not due'
    if (event === 'delivered') {
      return onTheWay.has(id) ? null : 'no transfer of the request is under way'
    }
    if (event === 'ran') {
      if (ending[id] !== 'steps') return 'the executor runs no steps'
      const { beganMs, endedMs } = entry
      return 0 <= beganMs && beganMs <= endedMs ? null : 'it ends before it begins'
    }
    if (event === 'step') {
      if (ending[id] !== 'steps') return 'the executor runs no steps'
      return entry.endMs > (ends[id]!.at(-1) ?? 0) ? null : 'it ends before the step before it'
    }
    if (event === 'steps' && endsWork(entry)) {
      const { length } = ends[id]!
      if (length > 0 && length !== entry.steps) return `there are the ends of ${length} steps`
    }
    const isEnd = event === 'done' || event === 'steps' || event === 'loaded'
    if (!isEnd || endsWork(entry)) return null
    return event === 'loaded' ? 'no load is under way on the executor' : 'the executor has no batch'
  }

  function report(entry: LogEntry): void {
    const { now, id } = entry
    if (endsWork(entry)) ending[id] = undefined
    if (entry.event === 'arrival') {
      arrived = id
      slotOf[id] = enter(slots, requests, id)
      control.onArrival(now, slotOf[id]!)
    } else if (entry.event === 'delivered') {
      onTheWay.delete(id)
      control.onDelivered(now, slotOf[id]!)
    } else if (entry.event === 'timer') {
      due[id] = Number.POSITIVE_INFINITY
      control.onTimer(now, id)
    } else if (entry.event === 'done') {
      control.onDone(now, id, entry.started, entry.ended, entry.status)
    } else if (entry.event === 'step') ends[id]!.push(entry.endMs)
    else if (entry.event === 'ran') {
      const { beganMs, endedMs } = entry
      runs[id]!.ran = { beganMs, endedMs }
    } else if (entry.event === 'steps') {
      runs[id]!.stepEnds = ends[id]!.length > 0 ? Float64Array.from(ends[id]!) : null
      control.onSteps(now, id, entry.steps, entry.firstMs, entry.lastMs)
    } else if (entry.event === 'loaded') control.onLoaded(now, id, entry.ok)
    else if (entry.event === 'executor') control.onExecutor(now, id, entry.state)
    else control.onEnd(now)
  }

  let entries = 0
  let refused: string | null = null
  for (const entry of logEntries(journal)) {
    entries++
    const why = refusal(entry)
    if (why === null) {
      last = entry.now
      report(entry)
    } else if (refused === null) {
      const { now, event, id } = entry
      refused = `entry ${entries}, ${event} ${id} at ${now} ms: ${why}`
    }
  }
  return { rows, entries, refused }
}

/**
 * An observer that has seen the decisions of a run, whose log is fed back to a fresh control plane.
 * Null where no log was kept, and where it does not give the rows again, as other decisions would
 * explain nothing.
 */
export function watchAgain<W extends Observer>(
  plan: ServingPlan,
  requests: RequestList,
  { rows, journal }: { readonly rows: Rows; readonly journal: Float64Array },
  watch: (requests: Requests) => W,
): W | null {
  if (journal.length === 0) return null
  let watching: W | null = null
  const again = feedBack(plan, requests, journal, rows.columns.copyOf, (slots) => {
    watching = watch(slots)
    return watching
  })
  return feedbackDifferences(rows, again).length > 0 ? null : watching
}

/** Puts a request of a list into a slot of the table. */
function enter(slots: Requests, columns: PartColumns, key: number): number {
  const slot = slots.acquire()
  slots.at[slot] = columns.at[key]!
  slots.inputTokens[slot] = columns.inputTokens[key]!
  slots.outputTokens[slot] = columns.outputTokens[key]!
  slots.class[slot] = columns.class[key]!
  slots.attempt[slot] = 1
  slots.key[slot] = key
  slots.firstScheduledAt[slot] = columns.at[key]!
  slots.sendId[slot] = columns.sendId[key]!
  slots.part[slot] = columns.part[key]!
  const first = columns.copyOf[key]!
  slots.copy[slot] = first < 0 ? 0 : 1
  slots.copyOf[slot] = first < 0 ? key : first
  const prefix = columns.prefixes?.[key]
  if (prefix) slots.prefixes.set(slot, prefix)
  return slot
}

/** Rows with their columns; the others are counted. */
const NAMED_ROWS = 5

/**
 * The differences between the rows of a run and those of its decision log fed back, bit by bit (NaN
 * equals NaN): the entry that was refused, and the first rows with their columns. `streams`:
 * whether a server has answered, whose tokens no decision has.
 */
export function feedbackDifferences(
  observed: Rows,
  again: FedBack,
  { streams = false } = {},
): readonly string[] {
  const refusals = again.refused === null ? [] : [again.refused]
  if (observed.count !== again.rows.count) {
    return [
      ...refusals,
      `${grouped(observed.count)} rows for ${grouped(again.rows.count)} requests`,
    ]
  }
  // clients, not control planes, decide which attempt of a call a request is
  const names = (Object.keys(again.rows.columns) as RowColumn[]).filter(
    (name) =>
      name !== 'attempt' &&
      name !== 'firstScheduledAt' &&
      !(streams && (name === 'firstToken' || name === 'uncounted')),
  )
  let rows = 0
  for (let key = 0; key < observed.count; key++) {
    const texts = names.flatMap((name) => {
      const was = observed.columns[name][key]!
      const is = again.rows.columns[name][key]!
      return was === is || (Number.isNaN(was) && Number.isNaN(is))
        ? []
        : [`${name} was ${was}, is ${is}`]
    })
    if (texts.length > 0 && rows++ < NAMED_ROWS) refusals.push(`row ${key}: ${texts.join('; ')}`)
  }
  if (rows > NAMED_ROWS) refusals.push(`and ${rows - NAMED_ROWS} more rows`)
  return refusals
}

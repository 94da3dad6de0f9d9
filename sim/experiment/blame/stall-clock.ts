import type { Ms } from '../../serving/index.ts'
import type { RowColumns } from '../../stats/index.ts'
import { leftAt, type Occupation, type StationRows } from './station-rows.ts'
import type { EngineRun } from './step-blame.ts'

/** How the wait of one request divides; the parts add up to the wait. */
export interface WaitParts {
  /** an executor, or a slot of an engine, was free */
  readonly free: Ms
  /** the part of `free` before its batch window closed */
  readonly inWindow: Ms
  /** share of executors that were lost or draining, while no other was free */
  readonly lost: Ms
  /** share of executors that started, while no other was free */
  readonly cold: Ms
  /** share of executors that ran batches, while none was free */
  readonly stalled: Ms
  /** parts of `free` in which engines computed prompts, and decoded; of each group in both */
  readonly prompts: Ms
  readonly decodes: Ms
  readonly byGroup: Float64Array
  /** on the stall clock */
  readonly from: Ms
  readonly to: Ms
}

/** Stall time that one occupation caused, in all and by group of the waiting requests. */
export interface Caused {
  readonly occupation: Occupation
  readonly total: Ms
  readonly byGroup: Float64Array
  /** on the stall clock */
  readonly from: Ms
  readonly to: Ms
}

export interface StationStalls {
  /** by request key */
  readonly waits: ReadonlyMap<number, WaitParts>
  readonly caused: readonly Caused[]
}

/** What of a station decides whether one of its executors is free. */
export interface StallRule {
  /** requests that one executor runs at a time */
  readonly slots: number
  /** static engines: nothing joins before all have ended */
  readonly closed: boolean
  /** rows do not show what engines do: every wait counts as with a free slot */
  readonly blind: boolean
  /** longest batch wait, ms; later waits with a free executor are for memory */
  readonly windowMs: Ms
  /** steps of its engines; none where they are not known */
  readonly runs: readonly EngineRun[]
  readonly groups: number
  /** -1 for a request that is not counted */
  readonly groupOf: (key: number) => number
}

const PRESENT = 0
const LOST = 1
const COLD = 2
const STOPPED = 3
const ABSENCE = { up: PRESENT, draining: LOST, down: LOST, starting: COLD, stopped: STOPPED }

const RUN_END = -2
const RUN_START = -1
const END = 0
const CHANGE = 1
const START = 2
const JOIN = 3
const WINDOW = 4
const LEAVE = 5

interface Event {
  readonly at: Ms
  readonly kind: number
  readonly index: number
}

/**
 * Divides every wait at a queue. While no executor of its station is free, each of the n executors
 * has 1/n of the wait: any of them would have ended it by being free, and all of them had to be
 * taken, so they are alike (the Shapley value of that game). The share of an executor belongs to
 * its batch, in equal parts to the sequences of an engine, and to lost replicas where it is lost.
 * That of an executor that starts is a cold start; one that was given back has no share.
 * The stall clock runs only while no executor is free and one of them runs a batch. While an engine
 * has a free slot, a wait is for what the steps of all engines compute, in the same shares, and the
 * clock runs, too.
 */
export function stationStalls(
  rows: RowColumns,
  station: StationRows,
  rule: StallRule,
): StationStalls {
  const { executors, firstExecutor, occupations, changes } = station
  const { slots, closed, blind, runs, groups, groupOf } = rule
  const running = new Int32Array(executors)
  const absent = new Uint8Array(executors).fill(PRESENT)
  const waiting = new Int32Array(groups)
  // alike executors share a clock
  const clocks = Array.from({ length: slots > 1 || changes.length > 0 ? executors : 1 }, () => ({
    total: 0,
    byGroup: new Float64Array(groups),
  }))
  const clockOf = (place: number) => clocks[clocks.length > 1 ? place : 0]!
  const steps = new Array<EngineRun | undefined>(executors)
  const byGroup = new Float64Array(groups)
  const now = {
    ...{ at: 0, free: 0, lost: 0, cold: 0, stalled: 0, clock: 0, waiting: 0 },
    ...{ prompts: 0, decodes: 0 },
  }
  const begun = new Map<number, typeof now & { inWindow: number; before: Float64Array }>()
  const started = new Map<Occupation, { total: Ms; byGroup: Float64Array; clock: Ms }>()
  const waits = new Map<number, WaitParts>()
  const caused: Caused[] = []

  const advance = (at: Ms) => {
    const ms = at - now.at
    now.at = at
    if (!(ms > 0)) return
    let [lost, cold, stopped, hasFree] = [0, 0, 0, blind]
    for (let e = 0; e < executors; e++) {
      if (absent[e] === LOST) lost++
      else if (absent[e] === COLD) cold++
      else if (absent[e] === STOPPED) stopped++
      else if (running[e]! < (closed ? 1 : slots)) hasFree = true
    }
    if (hasFree) {
      now.free += ms
      if (runs.length > 0 && now.waiting > 0) stepOn(ms)
      return
    }
    // one that was given back could not have ended the wait; without any, all of it is a start
    const able = executors - stopped
    const present = able - lost - cold
    const each = able > 0 ? ms / able : 0
    now.lost += lost * each
    now.cold += able > 0 ? cold * each : ms
    now.stalled += present * each
    if (present > 0) now.clock += ms
    if (now.waiting === 0) return
    for (let i = 0; i < clocks.length; i++) {
      if (clocks.length > 1 && absent[i] !== PRESENT) continue
      const share = each / (slots > 1 ? running[i]! : 1)
      const clock = clocks[i]!
      clock.total += share * now.waiting
      for (let k = 0; k < groups; k++) clock.byGroup[k]! += share * waiting[k]!
    }
  }

  /** While a slot is free, each engine that is there has the same share of a wait. */
  const stepOn = (ms: Ms) => {
    const present = absent.reduce((n, state) => (state === PRESENT ? n + 1 : n), 0)
    let isBlamed = false
    for (let e = 0; e < executors; e++) {
      const run = steps[e]
      if (run === undefined || absent[e] !== PRESENT || run.prompts + run.decodes === 0) continue
      const each = ms / present
      now.prompts += each * run.prompts
      now.decodes += each * run.decodes
      run.waitedMs += each * now.waiting
      for (let g = 0; g < groups; g++) byGroup[g]! += each * run.weights[g]!
      isBlamed = true
    }
    if (isBlamed) now.clock += ms
  }

  const wait = (key: number, by: number) => {
    const group = groupOf(key)
    if (group < 0) return
    waiting[group]! += by
    now.waiting += by
  }

  const ownQueue = station.pool.perReplicaQueues
  const change = ({ executor, state }: (typeof changes)[number]) => {
    // a draining replica with a queue of its own serves what waits there
    const phase = state === 'draining' && ownQueue ? 'up' : state
    absent[executor - firstExecutor] = ABSENCE[phase]
  }

  const start = (occupation: Occupation) => {
    const place = occupation.executor - firstExecutor
    const { total, byGroup } = clockOf(place)
    running[place]!++
    started.set(occupation, { total, byGroup: byGroup.slice(), clock: now.clock })
  }

  const end = (occupation: Occupation) => {
    const place = occupation.executor - firstExecutor
    const { total, byGroup } = clockOf(place)
    const before = started.get(occupation)!
    running[place]!--
    started.delete(occupation)
    caused.push({
      occupation,
      total: total - before.total,
      byGroup: byGroup.map((sum, k) => sum - before.byGroup[k]!),
      from: before.clock,
      to: now.clock,
    })
  }

  const leave = (key: number) => {
    const { free, lost, cold, stalled, clock, inWindow, before, ...rest } = begun.get(key)!
    begun.delete(key)
    wait(key, -1)
    waits.set(key, {
      free: now.free - free,
      inWindow: Number.isNaN(inWindow) ? now.free - free : inWindow - free,
      lost: now.lost - lost,
      cold: now.cold - cold,
      stalled: now.stalled - stalled,
      prompts: now.prompts - rest.prompts,
      decodes: now.decodes - rest.decodes,
      byGroup: byGroup.map((ms, g) => ms - before[g]!),
      from: clock,
      to: now.clock,
    })
  }

  for (const { at, kind, index } of eventsOf(rows, station, rule)) {
    advance(at)
    if (kind === END) end(occupations[index]!)
    else if (kind === CHANGE) change(changes[index]!)
    else if (kind === START) start(occupations[index]!)
    else if (kind === RUN_START) steps[runs[index]!.executor - firstExecutor] = runs[index]!
    else if (kind === RUN_END) steps[runs[index]!.executor - firstExecutor] = undefined
    else if (kind === JOIN) {
      begun.set(index, { ...now, inWindow: Number.NaN, before: byGroup.slice() })
      wait(index, 1)
    } else if (kind === WINDOW) begun.get(index)!.inWindow = now.free
    else leave(index)
  }
  return { waits, caused }
}

/** In order of time; an occupation or a wait without length begins before it ends. */
function eventsOf(
  rows: RowColumns,
  station: StationRows,
  { windowMs, runs }: Pick<StallRule, 'windowMs' | 'runs'>,
): Event[] {
  const events: Event[] = []
  for (const [index, { dispatched, done }] of station.occupations.entries()) {
    if (!(done > dispatched)) continue
    events.push({ at: dispatched, kind: START, index }, { at: done, kind: END, index })
  }
  for (const [index, { at }] of station.changes.entries()) events.push({ at, kind: CHANGE, index })
  for (const [index, { started, ended }] of runs.entries()) {
    if (!(ended > started)) continue
    events.push({ at: started, kind: RUN_START, index }, { at: ended, kind: RUN_END, index })
  }
  for (const key of station.waited) {
    const sent = rows.sent[key]!
    const left = leftAt(rows, key)
    events.push({ at: sent, kind: JOIN, index: key }, { at: left, kind: LEAVE, index: key })
    if (sent + windowMs < left) events.push({ at: sent + windowMs, kind: WINDOW, index: key })
  }
  return events.sort((a, b) => a.at - b.at || a.kind - b.kind)
}

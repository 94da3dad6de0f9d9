import { type Bytes, bytesOf } from '../sim/memory/index.ts'
import {
  assemble,
  type Backend,
  type Batch,
  computedLength,
  type Ms,
  type Observer,
  type Remedied,
  Requests,
  STATUS,
  type Topology,
  topologyOf,
} from '../sim/serving/index.ts'
import { RowRecorder, Rows } from '../sim/stats/index.ts'
import { ListSource } from '../sim/traffic/index.ts'
import { expectPromisesKept } from './kept-promises.ts'
import type { SmallSystem } from './small-system.ts'

/** Possible failures; calls are counted from 0, so that a test can choose one by number. */
export interface Mishaps {
  /** whether a batch runs out of memory */
  readonly fails?: (batch: Batch, call: number) => boolean
  readonly loadFails?: (executor: number, call: number) => boolean
  readonly loadMs?: Ms
  readonly without?: readonly ('shrink' | 'unload' | 'load')[]
}

interface Happening {
  readonly from: Ms
  readonly at: Ms
  readonly executor: number
  readonly tell: 'done' | 'failed' | 'loaded' | 'not loaded'
}

/**
 * A control plane with a list of events, and devices that lose nothing. Every command is checked,
 * and bytes are counted separately from its ledger.
 */
export function runWithMemory(
  { plan, requests: list }: Pick<SmallSystem, 'plan' | 'requests'>,
  workMs: (batch: Batch) => Ms,
  { fails, loadFails, loadMs = 5, without = [] }: Mishaps = {},
) {
  const commands: string[] = []
  const say = (now: Ms, what: string, executor: number) =>
    commands.push(`${now} ${what} ${executor}`)
  const requests = new Requests()
  const timers: Ms[] = []
  let now = 0
  let coming: Happening[] = []
  let starts = 0
  let loads = 0
  const book = new Book(plan)
  const after = (ms: Ms, executor: number, tell: Happening['tell']) => {
    coming.push({ from: now, at: now + ms, executor, tell })
  }
  const methods: Required<Backend> = {
    start(batch) {
      book.start(batch)
      const failed = fails?.(batch, starts++) === true
      say(now, `start ${batch.size}`, batch.executor)
      after(failed ? 0 : workMs(batch), batch.executor, failed ? 'failed' : 'done')
    },
    load(executor) {
      book.enter(executor)
      const failed = loadFails?.(executor, loads++) === true
      say(now, 'load', executor)
      after(failed ? 0 : loadMs, executor, failed ? 'not loaded' : 'loaded')
    },
    unload(executor) {
      book.leave(executor)
      say(now, 'unload', executor)
    },
    shrink: (executor) => say(now, 'shrink', executor),
    stop: (executor) => say(now, 'stop', executor),
    launch: (executor) => say(now, 'launch', executor),
  }
  const backend = Object.fromEntries(
    Object.entries(methods).filter(([name]) => !without.some((missing) => missing === name)),
  ) as unknown as Backend
  const recorder = new RowRecorder(Rows.allocate(Math.max(1, list.count)), requests)
  const counts: Record<Remedied | 'loaded' | 'evicted' | 'dispatched', number> = {
    shrunk: 0,
    evicted: 0,
    split: 0,
    failed: 0,
    loaded: 0,
    dispatched: 0,
  }
  const counter: Observer = {
    dispatched(_, batch) {
      counts.dispatched += batch.size
    },
    remedied: (_, __, remedy) => counts[remedy]++,
    loaded: () => counts.loaded++,
  }
  const {
    driver: { source, end },
    control,
    log,
  } = assemble({
    plan,
    source: new ListSource(list),
    requests,
    world: (traffic) => ({
      driver: traffic,
      timers: {
        arm: (timer: number, at: Ms) => (timers[timer] = at),
        disarm: (timer: number) => (timers[timer] = Number.POSITIVE_INFINITY),
      },
      backend,
    }),
    observe: () => [recorder, counter],
    logs: true,
  })
  const happen = ({ from, executor, tell }: Happening) => {
    if (tell === 'loaded') control.onLoaded(now, executor, true)
    else if (tell === 'not loaded') {
      book.leave(executor)
      control.onLoaded(now, executor, false)
    } else {
      book.end(executor)
      const status = tell === 'done' ? STATUS.ok : STATUS.outOfMemory
      control.onDone(now, executor, from, now, status)
    }
  }
  for (let events = 0; ; events++) {
    if (events > 20_000) throw new Error('It goes on for ever')
    const first = coming.reduce((a, b) => (b.at < a.at ? b : a), NEVER)
    const timer = timers.reduce((a, b, i) => (b < (timers[a] ?? NEVER.at) ? i : a), -1)
    const timerAt = timers[timer] ?? NEVER.at
    const next = Math.min(first.at, timerAt, source.peek())
    if (next === NEVER.at) break
    now = Math.max(now, next)
    if (first.at <= next) {
      coming = coming.filter((happening) => happening !== first)
      happen(first)
    } else if (timerAt <= next) {
      timers[timer] = NEVER.at
      control.onTimer(now, timer)
    } else {
      const slot = requests.acquire()
      if (source.take(requests, slot)) control.onArrival(now, slot)
    }
    end.look(now, control)
  }
  if (requests.inUse > 0) throw new Error(`${requests.inUse} requests never ended: ${commands}`)
  expectPromisesKept({ plan, requests: list, rows: recorder.rows })
  return { rows: recorder.rows, commands, counts, journal: log()!, loads, book }
}

const NEVER: Happening = { from: 0, at: Number.POSITIVE_INFINITY, executor: -1, tell: 'done' }

/** Counts bytes again, from the commands alone. */
class Book {
  /** peak share of a device's limit in use */
  fullest = 0
  readonly #plan: SmallSystem['plan']
  readonly #executors: Topology['executors']
  readonly #resident: boolean[]
  readonly #running: (number | null)[]

  constructor(plan: SmallSystem['plan']) {
    this.#plan = plan
    this.#executors = topologyOf(plan).executors
    this.#running = this.#executors.map(() => null)
    this.#resident = this.#executors.map((_, i) => {
      const memory = this.#memory(i)
      return memory === undefined || memory.pinned || this.#device(i)!.residency === null
    })
  }

  start(batch: Batch): void {
    const { executor } = batch
    if (!this.#resident[executor]) throw new Error(`Started on ${executor}, which is absent`)
    if (this.#running[executor] !== null) throw new Error(`Started on ${executor}, which works`)
    this.#running[executor] = this.#bytes(batch)
    const arena = this.#memory(executor)?.arena ?? null
    if (arena !== null && this.#running[executor]! > arena.bytes) {
      throw new Error(`${this.#running[executor]} bytes in an arena of ${arena.bytes}`)
    }
    this.#check(executor)
  }

  end(executor: number): void {
    this.#running[executor] = null
  }

  enter(executor: number): void {
    if (this.#resident[executor]) throw new Error(`Loaded ${executor}, which is there`)
    this.#resident[executor] = true
    this.#check(executor)
  }

  leave(executor: number): void {
    if (!this.#resident[executor]) throw new Error(`Unloaded ${executor}, which is absent`)
    if (this.#running[executor] !== null) throw new Error(`Unloaded ${executor}, which works`)
    if (this.#memory(executor)?.pinned) throw new Error(`Unloaded ${executor}, which is pinned`)
    this.#resident[executor] = false
  }

  #check(executor: number): void {
    const device = this.#device(executor)
    if (device === undefined) return
    const sum = this.#executors.reduce((total, _, i) => {
      if (this.#device(i) !== device || !this.#resident[i]) return total
      const { weightsBytes, arena } = this.#memory(i)!
      return total + weightsBytes + (arena?.bytes ?? this.#running[i] ?? 0)
    }, 0)
    this.fullest = Math.max(this.fullest, sum / device.limitBytes)
    if (sum > device.limitBytes) throw new Error(`${sum} bytes on ${device.name}`)
  }

  #bytes(batch: Batch): number {
    const { sums = [], arena = null } = this.#memory(batch.executor) ?? {}
    const bytes = (sum: Bytes) => bytesOf(sum, batch.size, computedLength(batch))
    if (arena === null) return Math.max(0, ...sums.map(bytes))
    const powers = (buffer: Bytes) => {
      const size = bytes(buffer)
      return size > 0 ? Math.max(256, 2 ** Math.ceil(Math.log2(size))) : 0
    }
    return Math.max(
      0,
      ...arena.together.map((buffers) =>
        buffers.reduce((total, buffer) => total + powers(buffer), 0),
      ),
    )
  }

  #memory(executor: number) {
    return this.#plan.pools[this.#executors[executor]!.pool]!.memory
  }

  #device(executor: number) {
    const { replica } = this.#executors[executor]!
    return this.#plan.devices[this.#memory(executor)?.devices[replica] ?? -1]
  }
}

import type { Series } from '../../documents/index.ts'
import {
  type Batch,
  computedIn,
  type ExecutorPhase,
  type KvUse,
  type Ms,
  type Observer,
  OUTCOME,
  type Requests,
  type RetryPlan,
  type StepRun,
  type TokenGapRun,
} from '../../serving/index.ts'
import { Backlog, type SurgeWindow } from './backlog.ts'
import { BatchedRequests } from './batched-requests.ts'
import { CallRecorder } from './calls.ts'
import { Cell } from './cell.ts'
import { isSpare } from './copies.ts'
import { DriftRecorder, type RunDrift } from './drift.ts'
import { EndedRequests, RowsBy } from './ended-requests.ts'
import { type EngineTimes, EngineWork, type WorkSummary } from './engine-work.ts'
import { ExecutorSpans, timeWithin } from './executor-spans.ts'
import { HeldRecorder, type HeldRequests } from './held.ts'
import { PrefixHits } from './prefix-hits.ts'
import { RetryRecorder, type RetrySummary } from './retries.ts'
import type { Ratio } from './space-recorder.ts'
import { TimeGrid } from './time-grid.ts'
import { TimeSeries } from './time-series.ts'
import { tokenTimes } from './token-times.ts'
import { type WindowOptions, WindowRecorder, type WorstSummary } from './window-recorder.ts'

export interface RecorderOptions {
  readonly requests: Requests
  readonly durationMs: Ms
  /** requests scheduled before this are served but not counted, ms */
  readonly warmupMs: Ms
  readonly pools: readonly {
    readonly maxBatch: number
    /** batches are those of steps, and requests end token by token */
    readonly generates?: boolean
    /** time of its tokens at its capacity; null or absent where that is not known */
    readonly tokenTimes?: EngineTimes | null
    /** absent where the proxy of the pool retries nothing */
    readonly retries?: RetryPlan | undefined
    /** replicas in its warm pool; absent for none */
    readonly warm?: number
  }[]
  /** pool of each executor */
  readonly poolOf: readonly number[]
  /** times of increased traffic, in the order of their starts */
  readonly surges: readonly SurgeWindow[]
  /** parts per request of each class; null where each request is a call */
  readonly parts: readonly (number | null)[]
  /** whether the requests of each class have copies; absent where none has */
  readonly hedged?: readonly boolean[]
  /** whether their attempts may be sent again by a proxy; absent where none is */
  readonly retried?: readonly boolean[]
  /** whether the clients of each class have a limit of requests in flight; absent where none has */
  readonly capped?: readonly boolean[]
  /** a good request of each class has a latency below this; Infinity for none */
  readonly limitsMs: readonly Ms[]
  /** the same for the time to first token and the time per output token */
  readonly tokenLimits?: readonly { readonly ttftMs: Ms; readonly tpotMs: Ms }[]
  /** of each class, from when a first token is generated to when it leaves; absent for 0 */
  readonly firstTokenDelaysMs?: readonly Ms[]
  readonly windows: WindowOptions
  /** expected duration of a batch at speed 1, for the series of speed, ms */
  readonly expected: ((batch: Batch) => Ms) | null
  /** called with the use of KV caches; absent where that is not recorded */
  readonly kv?: (now: Ms, use: KvUse) => void
}

/** What is kept of a batch while the answer to one of its requests is on its way. */
type Answer = Pick<Batch, 'executor' | 'size' | 'dispatched' | 'started' | 'ended'>

/** Streams a run into histograms and time series; memory does not grow with the requests. */
export class Recorder implements Observer {
  /** by class and pool: that of a class in the first pool, in the second one, … */
  readonly #cells: readonly Cell[]
  readonly #pools: number
  /** requests that have ended and are not in any figure yet */
  readonly #rows = new EndedRequests()
  readonly #rowsByCell: RowsBy
  readonly #rowsByClass: RowsBy
  /** batches by size, from 1, per pool */
  readonly batchSizes: readonly Float64Array[]
  /** per pool: input tokens of batches; below, computed tokens with padding */
  readonly tokens: Float64Array
  readonly computed: Float64Array
  /** executor time spent on batches, per pool, ms */
  readonly busyMs: Float64Array
  /** the same from dispatch to when the dispatcher saw the end: with overheads and stalls */
  readonly occupiedMs: Float64Array
  readonly #grid: TimeGrid
  /**
   * when replicas are paid for: while they serve, start, restart and serve what they have before
   * they stop, and the warm pool. Batches run on such replicas, one after another
   */
  readonly #paid: ExecutorSpans
  /** by executor, when the dispatcher saw its last end, on the grid */
  readonly #lastEnds: Float64Array
  readonly #wastedMs: Float64Array
  /** tokens computed by engines, and those for clients that had left, per pool */
  readonly #doneTokens: Float64Array
  readonly #wastedTokens: Float64Array
  /** most KV-cache blocks in use on one replica, per pool */
  readonly kvBlocks: Float64Array
  readonly #prefixHits: PrefixHits
  readonly #work: EngineWork
  readonly #batched: BatchedRequests
  readonly backlog: Backlog
  readonly calls: CallRecorder
  readonly #windows: WindowRecorder
  readonly #hasCalls: boolean
  /** whether the requests of each class have copies */
  readonly hedged: readonly boolean[]
  readonly #hasCopies: boolean
  /** whether any pool generates */
  readonly #generates: boolean
  /** whether more is counted of every request than its durations */
  readonly #hasMore: boolean
  /** null where no proxy retries */
  readonly #retries: RetryRecorder | null
  /** null where every request is sent as scheduled */
  readonly #held: HeldRecorder | null
  readonly #options: RecorderOptions
  readonly #series: TimeSeries
  readonly #drift: DriftRecorder
  /** by request: when its batch was done, the batch, and its place there; only with networks */
  readonly #answers: ([done: Ms, batch: Answer, place: number] | undefined)[] = []
  lastMs: Ms = 0

  constructor(options: RecorderOptions) {
    this.#options = options
    this.#pools = options.pools.length
    this.#cells = options.limitsMs.flatMap(() => options.pools.map(() => new Cell()))
    this.#rowsByCell = new RowsBy(this.#cells.length)
    this.#rowsByClass = new RowsBy(options.limitsMs.length)
    this.batchSizes = options.pools.map((pool) => new Float64Array(pool.maxBatch))
    this.tokens = new Float64Array(options.pools.length)
    this.computed = new Float64Array(options.pools.length)
    this.busyMs = new Float64Array(options.pools.length)
    this.occupiedMs = new Float64Array(options.pools.length)
    const { poolOf, pools, durationMs } = options
    this.#grid = new TimeGrid(poolOf.length, durationMs)
    this.#paid = new ExecutorSpans({ poolOf, always: pools.map(({ warm = 0 }) => warm) })
    this.#lastEnds = new Float64Array(poolOf.length)
    this.#wastedMs = new Float64Array(options.pools.length)
    this.#doneTokens = new Float64Array(options.pools.length)
    this.#wastedTokens = new Float64Array(options.pools.length)
    this.kvBlocks = new Float64Array(options.pools.length)
    this.#prefixHits = new PrefixHits(options.poolOf)
    this.#work = new EngineWork(options.pools, durationMs)
    this.#batched = new BatchedRequests(options.pools.length, durationMs)
    this.backlog = new Backlog(options.surges, options.warmupMs, options.durationMs)
    const { hedged = [], retried = [], parts } = options
    const resent = parts.map((_, i) => hedged[i] === true || retried[i] === true)
    this.calls = new CallRecorder({ ...options, hedged: resent })
    this.#retries = retried.includes(true) ? new RetryRecorder(options) : null
    const { capped = [], requests, warmupMs } = options
    this.#held = capped.includes(true) ? new HeldRecorder(capped, requests, warmupMs) : null
    this.hedged = hedged
    this.#hasCopies = hedged.includes(true)
    this.#hasCalls = parts.some((count) => count !== null)
    this.#series = new TimeSeries(options.durationMs, { hasLimits: hasLimits(options) })
    const { firstTokenDelaysMs } = options
    const windows = { ...options.windows, grid: this.#grid, firstTokenDelaysMs }
    this.#windows = new WindowRecorder(windows, options.requests, options.pools.length)
    this.#drift = new DriftRecorder(options)
    this.#generates = options.pools.some(({ generates }) => generates === true)
    const { hasObjectives } = this.#windows
    const follows = this.#retries !== null || this.#held !== null
    this.#hasMore = this.#hasCopies || follows || hasObjectives
  }

  /** [class][pool] */
  get cells(): readonly (readonly Cell[])[] {
    this.#fold()
    const { limitsMs } = this.#options
    return limitsMs.map((_, i) => this.#cells.slice(i * this.#pools, (i + 1) * this.#pools))
  }

  /** Time for which the replicas of each pool are paid, from the warm-up to the end, ms. */
  get paidMs(): number[] {
    const { warmupMs, durationMs } = this.#options
    const counted = [warmupMs, Math.max(durationMs, this.lastMs)].map((at) => this.#grid.at(at))
    return this.#paid.all.map((spans) => timeWithin(spans, counted as [Ms, Ms]))
  }

  /** Part of `busyMs` for clients that had left, by their share of each batch or of all tokens. */
  get wastedMs(): Float64Array {
    return this.#wastedMs.map((ms, pool) => {
      const share = this.#wastedTokens[pool]! / Math.max(1, this.#doneTokens[pool]!)
      return ms + share * this.busyMs[pool]!
    })
  }

  /** Prompt tokens found in prefix caches, of all, per pool. */
  get prefixes(): Ratio[] {
    return this.#options.pools.map((_, pool) => this.#prefixHits.ratio(pool))
  }

  /** Requests per second in the batches of each interval, by pool. */
  get batchedRps(): readonly (readonly number[])[] {
    return this.#batched.rates
  }

  /** What engines needed at their capacity for the work that they did, by pool. */
  get work(): readonly (WorkSummary | null)[] {
    return this.#work.summaries
  }

  /** The retries by the proxy of each pool; null where it retries nothing. */
  get retries(): readonly (RetrySummary | null)[] {
    return this.#retries?.counts ?? this.#options.pools.map(() => null)
  }

  /** What waited at the clients of each class; null where they send as scheduled. */
  get held(): readonly (HeldRequests | null)[] {
    return this.#held?.classes ?? this.#options.limitsMs.map(() => null)
  }

  get drift(): RunDrift {
    this.#fold()
    return this.#drift.summary()
  }

  get series(): Series {
    this.#fold()
    return this.#series.summary()
  }

  get worst(): WorstSummary {
    this.#fold()
    return this.#windows.summary(this.#paid.all)
  }

  arrived(now: Ms, request: number): void {
    this.#series.arrived(now)
    this.#windows.queued(now, 1)
    if (this.#hasCalls) this.calls.arrived(request)
    this.#held?.arrived(request)
    this.backlog.change(now, 1)
  }

  dispatched(now: Ms, batch: Batch): void {
    this.#series.dispatched(now, batch.size)
    this.#windows.queued(now, -batch.size)
    this.backlog.change(now, -batch.size)
  }

  lost(now: Ms, request: number): void {
    const { requests, warmupMs } = this.#options
    this.#series.lost(now)
    this.#windows.queued(now, -1)
    this.backlog.change(now, -1)
    this.lastMs = now
    const outcome = requests.outcome[request]!
    // what waits at its client is part of the backlog, as what waits in a queue
    const scheduled = this.#held?.scheduledAt(request) ?? requests.at[request]!
    this.#drift.left(now, scheduled, requests.pool[request]!, isSpare(outcome))
    if (this.#hasCalls && !requests.overNetwork) this.calls.ended(now, request)
    if (requests.at[request]! < warmupMs) return
    const number = requests.class[request]!
    const cell = this.#cells[number * this.#pools + requests.pool[request]!]!
    if (!isSpare(outcome)) this.#windows.lost(now, number)
    if (this.#hasCopies) cell.copies.ended(requests.copy[request]!, outcome, 0)
    this.#retries?.ended(now, request)
    cell.outcomes[outcome]!++
    if (outcome === OUTCOME.shed) cell.refusals[requests.refusal[request]!]!++
    if (requests.attempt[request]! > 1) cell.retries++
  }

  executor(now: Ms, executor: number, phase: ExecutorPhase): void {
    this.#paid.change(executor, this.#grid.at(now), phase !== 'stopped')
  }

  batch(now: Ms, batch: Batch): void {
    const { requests, warmupMs, expected, poolOf } = this.#options
    const { executor, size, members, dispatched, started, ended } = batch
    const pool = poolOf[executor]!
    this.lastMs = now
    if (expected !== null) this.#series.worked(started, ended, expected(batch))
    const generates = this.#options.pools[pool]!.generates === true
    if (dispatched >= warmupMs && !generates) {
      this.batchSizes[pool]![size - 1]!++
      this.tokens[pool]! += batch.tokens
      this.computed[pool]! += computedIn(batch)
      this.#worked(pool, started, ended)
      // the parts of a split batch run one after another, and were all dispatched with the first
      const from = Math.max(this.#grid.at(dispatched), this.#lastEnds[executor]!)
      const to = this.#grid.at(now)
      this.occupiedMs[pool]! += to - from
      this.#lastEnds[executor] = to
    }
    const service = ended - started
    this.#drift.batch(now, pool, size, generates ? 0 : service)
    if (!generates) this.#batched.batch(now, pool, size)
    for (let i = 0; i < size; i++) {
      const request = members[i]!
      if (!requests.overNetwork) this.#ended(now, request, now, batch, i)
      else this.#answers[request] = [now, { executor, size, dispatched, started, ended }, i]
    }
  }

  answered(now: Ms, request: number): void {
    const answer = this.#answers[request]
    this.#answers[request] = undefined
    if (answer !== undefined) this.#ended(now, request, ...answer)
    else if (this.#hasCalls) this.calls.ended(now, request)
  }

  /**
   * A request in a `place` of a batch that was done at `done` has ended now, when its client has
   * the answer.
   */
  #ended(now: Ms, request: number, done: Ms, batch: Answer, place: number): void {
    const { requests, poolOf } = this.#options
    const rows = this.#rows
    if (rows.isFull) this.#fold()
    const row = rows.count++
    const at = requests.at[request]!
    const enqueued = requests.enqueued[request]!
    const batchWait = requests.idleAtEnqueueMs[request]!
    const outcome = requests.outcome[request]!
    const { dispatched, started, ended } = batch
    rows.class[row] = requests.class[request]!
    rows.pool[row] = requests.pool[request]!
    rows.outcome[row] = outcome
    rows.attempt[row] = requests.attempt[request]!
    rows.ended.values[row] = now
    rows.at.values[row] = at
    rows.scheduled.values[row] = this.#held?.scheduledAt(request) ?? at
    rows.latency.values[row] = now - at
    // differences of times are rounded; a wait is never negative
    rows.queue.values[row] = Math.max(0, dispatched - enqueued - batchWait)
    rows.batchWait.values[row] = batchWait
    rows.overhead.values[row] = started - dispatched + (done - ended)
    rows.service.values[row] = ended - started
    if (requests.overNetwork) {
      const routed = requests.routed[request]!
      rows.lag.values[row] = routed - at
      rows.network.values[row] = enqueued - routed + (now - done)
    } else rows.lag.values[row] = enqueued - at
    const pool = poolOf[batch.executor]!
    const generates = this.#options.pools[pool]!.generates === true
    if (this.#generates) {
      const times = generates ? this.#tokenTimes(done, request, now) : null
      rows.ttft.values[row] = times?.ttft ?? Number.NaN
      rows.tpot.values[row] = times?.tpot ?? Number.NaN
    }
    if (this.#hasCalls) this.calls.ended(now, request)
    if (generates || this.#hasMore || outcome !== OUTCOME.served) {
      this.#endedApart(now, request, done, batch, place)
    }
  }
  /** What only some requests need: others have their durations alone. */
  #endedApart(now: Ms, request: number, done: Ms, batch: Answer, place: number): void {
    const { requests, warmupMs, pools, poolOf } = this.#options
    const pool = poolOf[batch.executor]!
    const outcome = requests.outcome[request]!
    if (isSpare(outcome)) this.#drift.spare(now, pool)
    if (requests.at[request]! < warmupMs) return
    const number = requests.class[request]!
    const cell = this.#cells[number * this.#pools + requests.pool[request]!]!
    if (this.#hasCopies) {
      cell.copies.ended(requests.copy[request]!, outcome, (batch.ended - batch.started) / batch.size)
    }
    this.#retries?.ended(now, request)
    const wasted = outcome === OUTCOME.abandoned || outcome === OUTCOME.redundant
    if (pools[pool]!.generates === true) {
      cell.preemptions += requests.preemptions[request]!
      const tokens = requests.inputTokens[request]! + requests.outputTokens[request]!
      this.#doneTokens[pool]! += tokens
      if (wasted) this.#wastedTokens[pool]! += tokens
      if (outcome === OUTCOME.served) cell.generated += requests.outputTokens[request]!
    } else if (wasted) this.#wastedMs[pool]! += this.#shareOf(batch, place)
    if (outcome === OUTCOME.served) {
      this.#windows.served(now, request, number, done)
      this.#held?.served(now, request)
    } else if (!isSpare(outcome)) this.#windows.lost(now, number)
  }

  /** Adds the requests that have ended since the last time to all figures. */
  #fold(): void {
    const { warmupMs, durationMs, limitsMs, tokenLimits } = this.#options
    const rows = this.#rows
    const [ended, at, latency] = [rows.ended.values, rows.at.values, rows.latency.values]
    const [ttft, tpot] = [rows.ttft.values, rows.tpot.values]
    this.#series.completed(rows)
    this.#drift.scheduled(rows)
    for (let row = rows.count - 1; row >= 0; row--) {
      const number = rows.class[row]!
      const index = number * this.#pools + rows.pool[row]!
      const cell = this.#cells[index]!
      const outcome = rows.outcome[row]!
      const counts = at[row]! >= warmupMs
      if (counts) {
        cell.outcomes[outcome]!++
        if (rows.attempt[row]! > 1) cell.retries++
      }
      if (outcome !== OUTCOME.served) continue
      const inTraffic = ended[row]! >= warmupMs && ended[row]! <= durationMs
      if (inTraffic) cell.servedInTraffic++
      if (counts) {
        this.#rowsByCell.add(index, row)
        this.#rowsByClass.add(number, row)
      }
      if (latency[row]! >= limitsMs[number]!) continue
      const limits = tokenLimits?.[number]
      // what was not generated has no such time
      if (limits && (ttft[row]! >= limits.ttftMs || tpot[row]! >= limits.tpotMs)) continue
      this.#series.good(ended[row]!)
      if (counts) cell.good++
      if (inTraffic) cell.goodInTraffic++
    }
    this.#rowsByCell.takeEach((index, picked) => this.#cells[index]!.served(rows, picked))
    this.#rowsByClass.takeEach((number, picked) => this.#windows.servedRows(number, rows, picked))
    rows.count = 0
  }

  /** The part of a batch's time that one of its places has: those of all places add up to it. */
  #shareOf({ started, ended, size }: Answer, place: number): Ms {
    const ms = this.#grid.at(ended) - this.#grid.at(started)
    return this.#grid.at((ms * (place + 1)) / size) - this.#grid.at((ms * place) / size)
  }

  stepped(now: Ms, run: StepRun): void {
    const pool = this.#options.poolOf[run.executor]!
    this.#drift.batch(now, pool, 0, now - run.started)
    const neededMs = this.#work.stepped(now, pool, run)
    if (run.started < this.#options.warmupMs) return
    this.#work.count(pool, neededMs)
    this.#windows.needed(pool, this.#grid.at(run.started), this.#grid.at(now), neededMs)
    this.occupiedMs[pool]! += this.#worked(pool, run.started, now)
    this.batchSizes[pool]![run.decodes + run.prefills - 1]! += run.steps
    this.kvBlocks[pool] = Math.max(this.kvBlocks[pool]!, run.blocks)
  }

  /** An executor ran a batch or steps; returns how long. */
  #worked(pool: number, started: Ms, ended: Ms): Ms {
    const from = this.#grid.at(started)
    const to = this.#grid.at(ended)
    this.busyMs[pool]! += to - from
    this.#windows.worked(pool, from, to)
    return to - from
  }

  kv(now: Ms, use: KvUse): void {
    this.#prefixHits.record(use)
    this.#options.kv?.(now, use)
  }

  gaps(now: Ms, { executor, class: number, fromMs, toMs, steps, sequences }: TokenGapRun): void {
    if (now < this.#options.warmupMs) return
    const { itl } = this.#cells[number * this.#pools + this.#options.poolOf[executor]!]!
    itl.recordRun(fromMs, toMs, steps, sequences)
  }

  #tokenTimes(done: Ms, request: number, answered: Ms) {
    const { requests, firstTokenDelaysMs } = this.#options
    const delayMs = firstTokenDelaysMs?.[requests.class[request]!]
    return tokenTimes(requests, done, request, answered, delayMs)
  }
}

/** Whether a class has a latency limit. */
function hasLimits({ limitsMs, tokenLimits = [] }: RecorderOptions): boolean {
  const all = [...limitsMs, ...tokenLimits.flatMap(({ ttftMs, tpotMs }) => [ttftMs, tpotMs])]
  return all.some(Number.isFinite)
}

import type { Series } from '../../documents/index.ts'
import {
  type Batch,
  computedIn,
  type ExecutorPhase,
  largestBatch,
  type Ms,
  type Observer,
  OUTCOME,
  type StepRun,
  type TokenGapRun,
} from '../../serving/index.ts'
import { BatchedRequests } from './batched-requests.ts'
import { Cell } from './cell.ts'
import {
  EndedBatches,
  EndedRequests,
  type PickedRows,
  QueueChanges,
  ROWS,
  RowsBy,
} from './columns.ts'
import { isSpare } from './copies.ts'
import { DriftRecorder, type RunDrift } from './drift.ts'
import { EngineWork, type WorkSummary } from './engine-work.ts'
import { ExecutorSpans, timeWithin } from './executor-spans.ts'
import {
  type RecorderOptions,
  type RecorderSettings,
  recorderSettings,
} from './recorder-settings.ts'
import { RetryRecorder, type RetrySummary, retriedClasses } from './retries.ts'
import { TimeGrid } from './time-grid.ts'
import { TimeSeries } from './time-series.ts'
import { tokenTimes } from './token-times.ts'
import { WindowRecorder, type WorstSummary, windowOptions } from './window-recorder.ts'

/** What a recorder has of a run. Lists are by class or by pool, `cells` by both. */
export interface RecordedFigures {
  /** time over which busyMs is counted: from the end of the warm-up to the last event, ms */
  readonly observedMs: Ms
  readonly cells: readonly (readonly Cell[])[]
  /** whether requests have copies */
  readonly hedged: readonly boolean[]
  /** by the proxy of each pool; null where it retries nothing */
  readonly retries: readonly (RetrySummary | null)[]
  /** batches by size, from 1 */
  readonly batchSizes: readonly (readonly number[])[]
  /** padding efficiency; NaN without batches */
  readonly efficiency: readonly number[]
  /** executor time spent on batches; then with overheads and stalls of the dispatcher */
  readonly busyMs: readonly number[]
  readonly occupiedMs: readonly number[]
  /** part of `busyMs` for clients that had left, by their share of each batch or of all tokens */
  readonly wastedMs: readonly number[]
  /** time for which the replicas are paid, from the warm-up to the end */
  readonly paidMs: readonly number[]
  /** most KV-cache blocks in use on one replica */
  readonly kvBlocks: readonly number[]
  /** what engines needed at their capacity for their work, in the traffic; null where not known */
  readonly work: readonly (WorkSummary | null)[]
  /** requests per second in the batches of each interval */
  readonly batchedRps: readonly (readonly number[])[]
  readonly series: Series
  readonly worst: WorstSummary
  readonly drift: RunDrift
}

/** What is kept of a batch while the answer to one of its requests is on its way. */
type AnsweredBatch = Pick<Batch, 'executor' | 'size' | 'dispatched' | 'started' | 'ended'>

/** Streams a run into histograms and time series; memory does not grow with the requests. */
export class Recorder implements Observer {
  /** by class and pool: that of a class in the first pool, in the second one, … */
  readonly #cells: readonly Cell[]
  readonly #pools: number
  /** rows that are folded at once */
  readonly #atOnce: number
  /** requests that have ended, and changes of the queue, that are not in any figure yet */
  readonly #rows: EndedRequests
  readonly #changes = new QueueChanges()
  readonly #rowsByCell: RowsBy
  readonly #rowsByClass: RowsBy
  /** those that were sent before the end of the warm-up, by cell */
  readonly #rowsBefore: RowsBy
  /** batches that are not in any figure yet */
  readonly #batches = new EndedBatches()
  /** batches by size, from 1, per pool */
  readonly #batchSizes: readonly Float64Array[]
  /** per pool: input tokens of batches; below, computed tokens with padding */
  readonly #tokens: Float64Array
  readonly #computed: Float64Array
  /** executor time spent on batches, per pool, ms */
  readonly #busyMs: Float64Array
  /** the same from dispatch to when the dispatcher saw the end: with overheads and stalls */
  readonly #occupiedMs: Float64Array
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
  readonly #kvBlocks: Float64Array
  readonly #work: EngineWork
  readonly #batched: BatchedRequests
  readonly #windows: WindowRecorder
  /** whether any class has a limit */
  readonly #hasLimits: boolean
  /** whether the requests of each class have copies */
  readonly #hedged: readonly boolean[]
  readonly #hasCopies: boolean
  /** whether more is counted of every request than its durations */
  readonly #hasMore: boolean
  /** null where no proxy retries */
  readonly #retries: RetryRecorder | null
  /** whether requests of each class may wait at their clients; null where none does */
  readonly #capped: readonly boolean[] | null
  readonly #settings: RecorderSettings
  readonly #series: TimeSeries
  readonly #drift: DriftRecorder
  /** by request: when its batch was done, the batch, and its place there; only with networks */
  readonly #answers: ([done: Ms, batch: AnsweredBatch, place: number] | undefined)[] = []
  /** when the last request ended */
  lastMs: Ms = 0

  constructor(options: RecorderOptions) {
    const { scenario, plan, requests, tokenTimes = [] } = options
    const settings = recorderSettings(options)
    const { durationMs, warmupMs, poolOf, hasTokens, limits, firstTokenDelaysMs } = settings
    const pools = plan.pools.length
    this.#settings = settings
    this.#pools = pools
    this.#atOnce = options.rowsAtOnce ?? ROWS
    this.#rows = new EndedRequests({ haveTokens: hasTokens.includes(true) })
    this.#cells = Array.from({ length: limits.length * pools }, () => new Cell())
    this.#rowsByCell = new RowsBy(this.#cells.length)
    this.#rowsByClass = new RowsBy(limits.length)
    this.#rowsBefore = new RowsBy(this.#cells.length)
    const largest = plan.pools.map(largestBatch)
    this.#batchSizes = largest.map((size) => new Float64Array(size))
    this.#tokens = new Float64Array(pools)
    this.#computed = new Float64Array(pools)
    this.#busyMs = new Float64Array(pools)
    this.#occupiedMs = new Float64Array(pools)
    this.#grid = new TimeGrid(poolOf.length, durationMs)
    const always = scenario.pools.map(({ scaling }) => scaling?.warm ?? 0)
    this.#paid = new ExecutorSpans({ poolOf, always })
    this.#lastEnds = new Float64Array(poolOf.length)
    this.#wastedMs = new Float64Array(pools)
    this.#doneTokens = new Float64Array(pools)
    this.#wastedTokens = new Float64Array(pools)
    this.#kvBlocks = new Float64Array(pools)
    const times = plan.pools.map((_, pool) => tokenTimes[pool] ?? null)
    this.#work = new EngineWork(times, settings)
    this.#batched = new BatchedRequests(pools, durationMs)
    const retried = retriedClasses(plan)
    this.#hedged = scenario.traffic.map(({ hedge }) => hedge !== undefined)
    this.#hasCopies = this.#hedged.includes(true)
    this.#retries = retried.includes(true)
      ? new RetryRecorder({ requests, pools: plan.pools })
      : null
    const capped = scenario.traffic.map(({ max_in_flight: limit }) => limit !== undefined)
    this.#capped = capped.includes(true) ? capped : null
    this.#hasLimits = limits.some((classLimits) => Object.values(classLimits).some(Number.isFinite))
    this.#series = new TimeSeries(durationMs, { hasLimits: this.#hasLimits })
    const windows = { ...windowOptions(scenario), requests, firstTokenDelaysMs, grid: this.#grid }
    this.#windows = new WindowRecorder(windows, pools)
    const connections = plan.pools.map((pool) => pool.connections === true)
    this.#drift = new DriftRecorder({ warmupMs, durationMs, poolOf, largest, connections })
    this.#hasMore = this.#hasCopies || this.#retries !== null || this.#windows.hasObjectives
  }

  /** What is recorded, once the run has ended: windows are closed. */
  figures(): RecordedFigures {
    this.#foldRequests()
    this.#foldBatches()
    this.#foldChanges()
    const { warmupMs, durationMs } = this.#settings
    const classes = [...this.#hedged.keys()]
    const paid = this.#paid.all
    const [from, until, end] = [warmupMs, durationMs, Math.max(durationMs, this.lastMs)].map((at) =>
      this.#grid.at(at),
    ) as [Ms, Ms, Ms]
    const wastedMs = this.#wastedMs.map((ms, pool) => {
      const share = this.#wastedTokens[pool]! / Math.max(1, this.#doneTokens[pool]!)
      return ms + share * this.#busyMs[pool]!
    })
    return {
      observedMs: Math.max(durationMs, this.lastMs) - warmupMs,
      cells: classes.map((i) => this.#cells.slice(i * this.#pools, (i + 1) * this.#pools)),
      hedged: this.#hedged,
      retries: this.#retries?.counts ?? paid.map(() => null),
      batchSizes: this.#batchSizes.map((sizes) => Array.from(sizes)),
      efficiency: Array.from(this.#tokens, (sum, pool) => sum / this.#computed[pool]!),
      busyMs: Array.from(this.#busyMs),
      occupiedMs: Array.from(this.#occupiedMs),
      wastedMs: Array.from(wastedMs),
      paidMs: paid.map((spans) => timeWithin(spans, [from, end])),
      kvBlocks: Array.from(this.#kvBlocks),
      work: this.#work.summaries(paid.map((spans) => timeWithin(spans, [from, until]))),
      batchedRps: this.#batched.rates,
      series: this.#series.summary(),
      worst: this.#windows.summary(paid),
      drift: this.#drift.summary(),
    }
  }

  arrived(now: Ms): void {
    this.#queued(now, 1, 0)
  }

  #queued(now: Ms, change: number, isBatch: number): void {
    if (this.#changes.count === this.#atOnce) this.#foldChanges()
    this.#changes.add(now, change, isBatch)
  }

  #foldChanges(): void {
    const changes = this.#changes
    this.#series.queued(changes)
    this.#windows.queued(changes)
    changes.count = 0
  }

  dispatched(now: Ms, batch: Batch): void {
    this.#queued(now, -batch.size, 1)
  }

  lost(now: Ms, request: number): void {
    const { requests, warmupMs } = this.#settings
    this.#queued(now, -1, 0)
    this.lastMs = now
    const outcome = requests.outcome[request]!
    // what waits at its client is part of the backlog, as what waits in a queue
    const scheduled = this.#capped === null ? requests.at[request]! : this.#scheduledAt(request)
    this.#drift.left(now, scheduled, requests.pool[request]!, isSpare(outcome))
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
    const { requests, expected } = this.#settings
    const { executor, size, members, dispatched, started, ended } = batch
    this.lastMs = now
    const rows = this.#batches
    if (rows.count === this.#atOnce) this.#foldBatches()
    const row = rows.count++
    rows.executor[row] = executor
    rows.size[row] = size
    rows.tokens[row] = batch.tokens
    rows.computed[row] = computedIn(batch)
    rows.dispatched[row] = dispatched
    rows.started[row] = started
    rows.ended[row] = ended
    rows.done[row] = now
    if (expected !== null) rows.expected[row] = expected(batch)
    for (let i = 0; i < size; i++) {
      const request = members[i]!
      if (!requests.overNetwork) this.#ended(now, request, now, batch, i)
      else this.#answers[request] = [now, { executor, size, dispatched, started, ended }, i]
    }
  }

  /** Adds the batches that have ended since the last time to all figures. */
  #foldBatches(): void {
    const { warmupMs, expected, poolOf, generates } = this.#settings
    const rows = this.#batches
    for (let row = 0; row < rows.count; row++) {
      const executor = rows.executor[row]!
      const pool = poolOf[executor]!
      const size = rows.size[row]!
      const started = rows.started[row]!
      const ended = rows.ended[row]!
      const done = rows.done[row]!
      if (expected !== null) this.#series.worked(started, ended, rows.expected[row]!)
      if (generates[pool]!) {
        this.#drift.batch(done, pool, size, 0)
        continue
      }
      this.#drift.batch(done, pool, size, ended - started)
      this.#batched.batch(done, pool, size)
      if (rows.dispatched[row]! < warmupMs) continue
      this.#batchSizes[pool]![size - 1]!++
      this.#tokens[pool]! += rows.tokens[row]!
      this.#computed[pool]! += rows.computed[row]!
      this.#worked(pool, started, ended)
      // the parts of a split batch run one after another, and were all dispatched with the first
      const from = Math.max(this.#grid.at(rows.dispatched[row]!), this.#lastEnds[executor]!)
      const to = this.#grid.at(done)
      this.#occupiedMs[pool]! += to - from
      this.#lastEnds[executor] = to
    }
    rows.count = 0
  }

  answered(now: Ms, request: number): void {
    const answer = this.#answers[request]
    this.#answers[request] = undefined
    if (answer !== undefined) this.#ended(now, request, ...answer)
  }

  /**
   * A request in a `place` of a batch that was done at `done` has ended now, when its client has
   * the answer.
   */
  #ended(now: Ms, request: number, done: Ms, batch: AnsweredBatch, place: number): void {
    const { requests, poolOf } = this.#settings
    const rows = this.#rows
    if (rows.count === this.#atOnce) this.#foldRequests()
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
    rows.scheduled.values[row] = this.#capped === null ? at : this.#scheduledAt(request)
    rows.latency.values[row] = now - at
    // differences of times are rounded; a wait is never negative
    rows.queue.values[row] = Math.max(0, dispatched - enqueued - batchWait)
    rows.batchWait.values[row] = batchWait
    rows.overhead.values[row] = started - dispatched + (done - ended)
    rows.service.values[row] = ended - started
    if (requests.overNetwork) {
      const routed = requests.routed[request]!
      rows.areCarried = true
      rows.lag.values[row] = routed - at
      rows.network.values[row] = enqueued - routed + (now - done)
    } else rows.lag.values[row] = enqueued - at
    const pool = poolOf[batch.executor]!
    const hasTokens = this.#settings.hasTokens[pool]!
    if (rows.haveTokens) {
      const by = this.#settings
      rows.ttft.values[row] = hasTokens ? tokenTimes.ttft(by, request, done, now) : Number.NaN
      rows.tpot.values[row] = hasTokens ? tokenTimes.tpot(by, request, done) : Number.NaN
    }
    if (hasTokens || this.#hasMore || outcome !== OUTCOME.served) {
      this.#endedApart(now, request, done, batch, place)
    }
  }

  /** When a request was scheduled: it may have waited at its client since. */
  #scheduledAt(request: number): Ms {
    const { at, class: numbers, firstScheduledAt } = this.#settings.requests
    return this.#capped![numbers[request]!]! ? firstScheduledAt[request]! : at[request]!
  }

  /** What only some requests need: others have their durations alone. */
  #endedApart(now: Ms, request: number, done: Ms, batch: AnsweredBatch, place: number): void {
    const { requests, warmupMs, hasTokens, generates, poolOf } = this.#settings
    const pool = poolOf[batch.executor]!
    const outcome = requests.outcome[request]!
    if (isSpare(outcome)) this.#drift.spare(now, pool)
    if (requests.at[request]! < warmupMs) return
    const number = requests.class[request]!
    const cell = this.#cells[number * this.#pools + requests.pool[request]!]!
    if (this.#hasCopies) {
      cell.copies.ended(
        requests.copy[request]!,
        outcome,
        (batch.ended - batch.started) / batch.size,
      )
    }
    this.#retries?.ended(now, request)
    const wasted = outcome === OUTCOME.abandoned || outcome === OUTCOME.redundant
    if (generates[pool]!) {
      cell.preemptions += requests.preemptions[request]!
      const tokens = requests.inputTokens[request]! + requests.outputTokens[request]!
      this.#doneTokens[pool]! += tokens
      if (wasted) this.#wastedTokens[pool]! += tokens
    } else if (wasted) this.#wastedMs[pool]! += this.#shareOf(batch, place)
    if (hasTokens[pool]! && outcome === OUTCOME.served && requests.uncounted[request] === 0) {
      cell.generated += requests.outputTokens[request]!
    }
    if (outcome === OUTCOME.served) this.#windows.served(now, request, number, done)
    else if (!isSpare(outcome)) this.#windows.lost(now, number)
  }

  /** Adds the requests that have ended since the last time to all figures. */
  #foldRequests(): void {
    const rows = this.#rows
    this.#series.completed(rows)
    this.#drift.scheduled(rows)
    this.#part()
    this.#rowsBefore.takeEach(rows.count, (index, picked) => this.#countGood(index, picked, false))
    this.#rowsByCell.takeEach(rows.count, (index, picked) => {
      const cell = this.#cells[index]!
      cell.outcomes[OUTCOME.served]! += picked.count
      cell.served(rows, picked)
      this.#countGood(index, picked, true)
      if (this.#pools === 1) this.#windows.servedRows(index, rows, picked)
    })
    if (this.#pools > 1) {
      this.#rowsByClass.takeEach(rows.count, (number, picked) =>
        this.#windows.servedRows(number, rows, picked),
      )
    }
    rows.count = 0
  }

  /** Parts the rows by whether they count, and by cell and class. */
  #part(): void {
    const { warmupMs } = this.#settings
    const { count, class: classes, pool, outcome, attempt, at } = this.#rows
    const [byCell, byClass, before] = [this.#rowsByCell, this.#rowsByClass, this.#rowsBefore]
    for (let row = 0; row < count; row++) {
      const number = classes[row]!
      const index = number * this.#pools + pool[row]!
      const isCounted = at.values[row]! >= warmupMs
      const isServed = outcome[row] === OUTCOME.served
      byCell.numbers[row] = isCounted && isServed ? index : -1
      byClass.numbers[row] = isCounted && isServed ? number : -1
      before.numbers[row] = isServed && !isCounted ? index : -1
      if (!isCounted) continue
      if (!isServed) this.#cells[index]!.outcomes[outcome[row]!]!++
      if (attempt[row]! > 1) this.#cells[index]!.retries++
    }
  }

  /** Served requests of a cell: those within the limits, and those answered during the traffic. */
  #countGood(index: number, { at: rows, count }: PickedRows, isCounted: boolean): void {
    const { warmupMs, durationMs, limits } = this.#settings
    const { ended, latency, ttft, tpot } = this.#rows
    const cell = this.#cells[index]!
    let first = 0
    while (first < count && ended.values[rows[first]!]! < warmupMs) first++
    let end = count
    while (end > first && ended.values[rows[end - 1]!]! > durationMs) end--
    cell.servedInTraffic += end - first
    if (!this.#hasLimits) {
      cell.goodInTraffic += end - first
      if (isCounted) cell.good += count
      return
    }
    const { latencyMs, ttftMs, tpotMs } = limits[Math.floor(index / this.#pools)]!
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      if (latency.values[row]! >= latencyMs) continue
      // what was not generated has no such time
      if (ttft.values[row]! >= ttftMs || tpot.values[row]! >= tpotMs) continue
      this.#series.good(ended.values[row]!)
      if (isCounted) cell.good++
      if (i >= first && i < end) cell.goodInTraffic++
    }
  }

  /** The part of a batch's time that one of its places has: those of all places add up to it. */
  #shareOf({ started, ended, size }: AnsweredBatch, place: number): Ms {
    const ms = this.#grid.at(ended) - this.#grid.at(started)
    return this.#grid.at((ms * (place + 1)) / size) - this.#grid.at((ms * place) / size)
  }

  stepped(now: Ms, run: StepRun): void {
    const pool = this.#settings.poolOf[run.executor]!
    this.#drift.batch(now, pool, 0, now - run.started)
    const neededMs = this.#work.stepped(now, pool, run)
    if (run.started < this.#settings.warmupMs) return
    this.#windows.needed(pool, this.#grid.at(run.started), this.#grid.at(now), neededMs)
    this.#occupiedMs[pool]! += this.#worked(pool, run.started, now)
    this.#batchSizes[pool]![run.decodes + run.prefills - 1]! += run.steps
    this.#kvBlocks[pool] = Math.max(this.#kvBlocks[pool]!, run.blocks)
  }

  /** An executor ran a batch or steps; returns how long. */
  #worked(pool: number, started: Ms, ended: Ms): Ms {
    const from = this.#grid.at(started)
    const to = this.#grid.at(ended)
    this.#busyMs[pool]! += to - from
    this.#windows.worked(pool, from, to)
    return to - from
  }

  gaps(now: Ms, { executor, class: number, fromMs, toMs, steps, sequences }: TokenGapRun): void {
    if (now < this.#settings.warmupMs) return
    const { itl } = this.#cells[number * this.#pools + this.#settings.poolOf[executor]!]!
    itl.recordRun(fromMs, toMs, steps, sequences)
  }
}

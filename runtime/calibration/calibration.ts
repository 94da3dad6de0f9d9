import {
  Failure,
  isServed,
  modelKey,
  modelLabel,
  type Pool,
  type Scenario,
} from '../../scenarios/index.ts'
import {
  type ObservedRun,
  overheadsOf,
  poolCapacity,
  recordedFields,
} from '../../sim/experiment/index.ts'
import { type Random, stream } from '../../sim/kernel/index.ts'
import { ANY_CLASS, PLAIN_QUEUE, type PoolPlan, type ServingPlan } from '../../sim/serving/index.ts'
import { RequestList } from '../../sim/traffic/index.ts'
import { type MeanWork, type ModelProfile, tabulatedWork } from '../../sim/world/index.ts'
import type { Fleet } from '../live/fleet.ts'
import type { GenerationOptions } from '../live/generation/generation-options.ts'
import type { LiveSession } from '../live/live-session.ts'
import type { ScriptRow } from '../live/script.ts'
import { type Shortage, shortageText } from '../live/shortages.ts'
import { type ModelFile, sessionOptions } from '../models/index.ts'
import { type AllowedLoad, mostTraffic } from '../targets/allowed-load.ts'
import { type Salvo, shared, targetOf } from '../targets/pool-target.ts'
import { measuredWidths } from './measured-widths.ts'
import type { ModelCalibration, TrafficRecording, WarmedUp } from './model-calibration.ts'
import {
  cellSamples,
  lengthGrid,
  RUN,
  roundOf,
  type SettledRow,
  settledRows,
  sizeGrid,
  wakeSamples,
} from './script-plan.ts'
import { fewerShapesText, passMs, type ShapeCost, type ShapeGrid } from './shape-plan.ts'
import { fitWake } from './wake-fit.ts'
import { warmUpShapes } from './warm-up.ts'
import { fitWork } from './work-fit.ts'

/** Rounds that shapes are planned for; fewer only if the extreme shapes alone take too long. */
const PLANNED_ROUNDS = 3
const MOST_ROUNDS = 400
/** Traffic lasts until so many requests are expected, however slow the model is. */
const FEWEST_REQUESTS = 5
/** Overhead around each batch that is assumed to estimate the capacity, ms. */
const OVERHEAD_MS = 0.1
const WARM_UP_LOAD = 0.75

export interface CalibrationTask {
  readonly scenario: Scenario
  readonly pool: Pool
  readonly plan: PoolPlan
  readonly file: ModelFile
  readonly allowed?: AllowedLoad | undefined
  /** when its models are measured in turn, UTC */
  readonly occasion: string
  /** largest batch of all pools that run the model */
  readonly maxBatch: number
  /** how executors generate; absent where they run batches */
  readonly generation?: GenerationOptions
  /** lengths of the requests, drawn from the scenario's distribution */
  readonly lengths: { readonly min: number; readonly max: number; readonly draw: () => number }
}

interface LoadedRun extends ObservedRun {
  readonly load: number
  readonly durationMs: number
  readonly replicas: number
}

/** What was measured from when a model was opened until it was closed. */
class OccasionRows {
  readonly batches: SettledRow[] = []
  readonly runs: LoadedRun[] = []
}

/** The task's pool without limits that would lose requests. */
const planOf = (pool: PoolPlan): ServingPlan => ({
  routing: 'least-loaded',
  classes: [ANY_CLASS],
  pools: [pool],
  devices: [],
})

/** The calibration of a model that runs batches. */
export class Calibration implements ModelCalibration {
  readonly label: string
  readonly #task: CalibrationTask
  readonly #pool: PoolPlan
  /** null where a batch is a call */
  readonly #salvo: Salvo | null
  /** those of the present occasion, by the number of replicas */
  #fleets: ReadonlyMap<number, Fleet> = new Map()
  /** of all fleets of the present occasion */
  #threads = 1
  readonly #onTick: () => void
  /** the shapes that are measured: all, or fewer since the warm-up */
  #grid: ShapeGrid
  /** by the times of the warm-up, until work is measured */
  #cost: ShapeCost = () => 0
  readonly #random: Random
  /** those that have ended */
  readonly #occasions: OccasionRows[] = []
  #present = new OccasionRows()

  /** `onTick` is called often during a step. */
  constructor(task: CalibrationTask, onTick: () => void) {
    const { scenario } = task
    const limits = { ...PLAIN_QUEUE, maxLength: 10_000 }
    this.#task = task
    this.#salvo = salvoOf(task)
    // requests of the traffic must not wait for each other at a server that would batch them
    const batching = this.#salvo === null ? task.plan.batching : ({ policy: 'none' } as const)
    this.#pool = { ...task.plan, ...limits, batching, memory: undefined, index: 0 }
    this.#onTick = onTick
    this.label = modelLabel(scenario, task.pool)
    this.#random = stream(scenario.seed, 0, 'calibration')
    this.#grid = gridOf(task)
  }

  /**
   * Begins an occasion: opens the model in each of these numbers of replicas, each in a fleet of
   * its own, since an additional replica might leave too few cores for each.
   */
  async open(session: LiveSession, replicas: readonly number[]): Promise<void> {
    const { file, pool, maxBatch, allowed } = this.#task
    const batching = { policy: 'fixed', batch: maxBatch } as const
    const counts = [...new Set(replicas)]
    const threads = counts.reduce((sum, count) => sum + count, 0)
    this.#threads = threads
    const target = targetOf(pool, allowed)
    const engine = {
      file,
      session: sessionOptions(pool),
      warmUp: [[1, this.#grid.lengths[0]!]] as const,
      // an executor of a calibration has a batch at a time, whatever the server does
      ...(target && { target: { ...shared(target, threads), role: 'executor' as const } }),
      ...(target && { longestMs: allowed?.longestMs ?? target.timeoutMs }),
      ...(this.#salvo && { salvo: this.#salvo }),
    }
    this.#present = new OccasionRows()
    const fleets = new Map<number, Fleet>()
    for (const count of counts) {
      const plan = planOf({ ...this.#pool, batching, replicas: count })
      const [opened] = await session.open([{ plan, engines: [engine] }])
      fleets.set(count, opened!.fleet)
    }
    this.#fleets = fleets
  }

  /** Ends an occasion, which counts from now on. */
  end(): void {
    this.#occasions.push(this.#present)
    this.#present = new OccasionRows()
  }

  /** Single batches of all occasions, the present one included. */
  get #batches(): readonly SettledRow[] {
    return [...this.#occasions, this.#present].flatMap(({ batches }) => batches)
  }

  /**
   * Runs every shape once on every executor. Where that and a few rounds of all shapes would take
   * longer than `budgetMs`, fewer are run and measured.
   */
  async warmUpShapes(budgetMs: number): Promise<WarmedUp> {
    const all = this.#grid
    const executors = [...this.#fleets.keys()].reduce((sum, replicas) => sum + replicas, 0)
    const passes = executors + RUN * PLANNED_ROUNDS
    for (const [replicas, fleet] of this.#fleets) {
      const indices = [...Array(replicas).keys()]
      const task = { executors: indices, grid: this.#grid, budgetMs: budgetMs / passes }
      const warm = await warmUpShapes(fleet, task, this.#onTick)
      this.#grid = warm.grid
      this.#cost = warm.cost
    }
    const allMs = passes * passMs(all, this.#cost)
    return {
      roundMs: RUN * passMs(this.#grid, this.#cost),
      note:
        this.#grid === all
          ? null
          : (seconds) => fewerShapesText(this.label, this.#grid, (seconds * allMs) / budgetMs),
    }
  }

  /** Discards its measurements: a loop that V8 still compiles has longer tails. */
  async warmUpLoops(durationMs: number): Promise<void> {
    const work = { of: this.#cost, mean: this.#cost }
    for (const replicas of this.#fleets.keys()) {
      await this.#traffic(work, { replicas, load: WARM_UP_LOAD, durationMs })
    }
  }

  /** Runs a round of single batches. Returns how many take about `budgetMs`, the first included. */
  async firstRound(budgetMs: number): Promise<number> {
    const rows = await this.#rounds(1)
    const roundMs = rows.at(-1)!.done - rows[0]!.dispatched
    return Math.min(MOST_ROUNDS, Math.max(1, Math.floor(budgetMs / roundMs)))
  }

  /** Runs `rounds` rounds of single batches: every cell, and idle gaps. */
  async runRounds(rounds: number): Promise<void> {
    if (rounds > 0) await this.#rounds(rounds)
  }

  async #rounds(count: number): Promise<readonly ScriptRow[]> {
    const { sizes, lengths } = this.#grid
    // the single requests ahead of a salvo end the idle time
    const gapSizes = this.#salvo === null ? undefined : [1]
    const items = Array.from({ length: count }, () =>
      roundOf(sizes, lengths, 0, this.#random, gapSizes),
    )
    const fleet = this.#fleets.get(this.#pool.replicas)!
    const { rows } = this.#roomy(await fleet.script(items.flat(), this.#onTick))
    this.#present.batches.push(...settledRows(rows))
    return rows
  }

  /** Records open-loop Poisson traffic, through the same dispatcher as a replay. */
  async recordTraffic(recording: TrafficRecording): Promise<void> {
    const work = tabulatedWork(fitWork(cellSamples(this.#batches)))
    this.#present.runs.push(await this.#traffic(work, recording))
  }

  async #traffic(
    work: MeanWork,
    { replicas, load, durationMs }: TrafficRecording,
  ): Promise<LoadedRun> {
    const { lengths } = this.#task
    const pool = { ...this.#pool, replicas }
    const asked = (load * poolCapacity(pool, work, OVERHEAD_MS, lengths.draw)) / 1000
    const share = replicas / this.#threads
    const perMs = Math.min(asked, (share * mostTraffic(this.#task.allowed)) / 1000)
    const longMs = Math.max(durationMs, FEWEST_REQUESTS / perMs)
    const list = poissonRequests(perMs, longMs, this.#random, lengths.draw)
    const fleet = this.#fleets.get(replicas)!
    const options = { onProgress: this.#onTick }
    const { rows, timers, control } = this.#roomy(await fleet.replay(planOf(pool), list, options))
    const sent = load * (perMs / asked)
    return { rows, timers, control, load: sent, durationMs: longMs, replicas }
  }

  /** Throws `Failure` if a batch ran out of memory: its time does not measure work. */
  #roomy<T extends { readonly shortages: readonly Shortage[] }>(ran: T): T {
    const text = shortageText(this.#task.pool.name, ran.shortages)
    if (text === null) return ran
    throw new Failure(`${text}; a calibration runs every batch size; lower max_batch`)
  }

  /** The profile of the model that the occasions show which have ended: one at least. */
  profile(): ModelProfile {
    const { scenario, pool, plan, file, occasion } = this.#task
    const batches = this.#occasions.map((of) => of.batches)
    const runs = this.#occasions.flatMap((of) => of.runs)
    const work = fitWork(cellSamples(batches.flat()))
    const expected = tabulatedWork(work)
    const back = (size: number, length: number) => expected.of(size, length, this.#random)
    const wake = fitWake(wakeSamples(batches.flat()))
    const executors = (n: number) => Array.from({ length: n }, () => ({ work: back, wake }))
    return {
      key: modelKey(scenario, pool),
      label: this.label,
      content: file.content,
      occasion,
      work,
      wake,
      overheads: overheadsOf(
        runs
          .filter(({ replicas }) => replicas === pool.replicas)
          .map((run) => ({ run, executors: [0, pool.replicas] })),
      ) as ModelProfile['overheads'],
      ...recordedFields(
        runs.map((run) => {
          const { replicas } = run
          return { ...run, run, work: executors(replicas), executors: [0, replicas] as const }
        }),
      ),
      memory: null,
      widths: measuredWidths(batches, { work, wake, padTo: plan.padTo, calibration: occasion }),
    }
  }
}

/** How batches of a server are timed; null where a call is a batch, as its own are unknown. */
function salvoOf({ pool, plan }: CalibrationTask): Salvo | null {
  const { batching, replicas } = plan
  if (!isServed(pool)) return null
  if (batching.policy === 'none') return { replicas, maxBatch: 1, windowMs: 0 }
  if (batching.policy !== 'dynamic' || batching.preferred.length > 0) return null
  return { replicas, maxBatch: batching.maxBatch, windowMs: batching.maxDelayMs }
}

function gridOf({ maxBatch, lengths: { min, max }, plan }: CalibrationTask): ShapeGrid {
  return { sizes: sizeGrid(maxBatch), lengths: lengthGrid(min, max, plan.padTo) }
}

function poissonRequests(
  perMs: number,
  durationMs: number,
  random: Random,
  draw: () => number,
): RequestList {
  const times: number[] = []
  for (let at = random.exponential() / perMs; at < durationMs; ) {
    times.push(at)
    at += random.exponential() / perMs
  }
  const list = RequestList.allocate(times.length)
  list.columns.at.set(times)
  for (let i = 0; i < times.length; i++) list.columns.inputTokens[i] = draw()
  return list
}

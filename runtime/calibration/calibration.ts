import { Failure, modelKey, modelLabel, type Pool, type Scenario } from '../../scenarios/index.ts'
import {
  type ObservedRun,
  overheadsOf,
  poolCapacity,
  recordedField,
} from '../../sim/experiment/index.ts'
import { type Random, stream } from '../../sim/kernel/index.ts'
import { ANY_CLASS, PLAIN_QUEUE, type PoolPlan, type ServingPlan } from '../../sim/serving/index.ts'
import { RequestList } from '../../sim/traffic/index.ts'
import { type ModelProfile, tabulatedWork } from '../../sim/world/index.ts'
import { Fleet, type Replayed } from '../live/fleet.ts'
import type { ScriptItem, ScriptRow } from '../live/script.ts'
import { type Shortage, shortageText } from '../live/shortages.ts'
import { type ModelFile, sessionOptions } from '../models/index.ts'
import {
  GAPS_MS,
  lengthGrid,
  roundOf,
  type SettledRow,
  settledRows,
  sizeGrid,
} from './script-plan.ts'
import { fitWake } from './wake-fit.ts'
import { type CellSample, fitWork } from './work-fit.ts'

const FEWEST_ROUNDS = 5
const MOST_ROUNDS = 400
/** Overhead around each batch that is assumed to estimate the capacity, ms. */
const OVERHEAD_MS = 0.1
const WARM_UP_LOAD = 0.75

export interface CalibrationTask {
  readonly scenario: Scenario
  readonly pool: Pool
  readonly plan: PoolPlan
  readonly file: ModelFile
  /** largest batch of all pools that run the model */
  readonly maxBatch: number
  /** lengths of the requests, drawn from the scenario's distribution */
  readonly lengths: { readonly min: number; readonly max: number; readonly draw: () => number }
}

interface LoadedRun extends ObservedRun {
  readonly load: number
  readonly durationMs: number
  readonly replicas: number
}

/** The task's pool without limits that would lose requests. */
const planOf = (pool: PoolPlan): ServingPlan => ({
  routing: 'least-loaded',
  classes: [ANY_CLASS],
  pools: [pool],
  devices: [],
})

/** The calibration of one pool's model. Its steps can alternate with those of other models. */
export class Calibration {
  readonly label: string
  readonly #task: CalibrationTask
  readonly #pool: PoolPlan
  readonly #fleet: Fleet
  /** with the other number of replicas */
  readonly #other: Fleet
  readonly #sizes: readonly number[]
  readonly #lengths: readonly number[]
  readonly #random: Random
  readonly #rows: SettledRow[] = []
  readonly #runs: LoadedRun[] = []

  private constructor(task: CalibrationTask, pool: PoolPlan, fleets: readonly [Fleet, Fleet]) {
    const { scenario } = task
    this.#task = task
    this.#pool = pool
    this.#fleet = fleets[0]
    this.#other = fleets[1]
    this.label = modelLabel(scenario, task.pool)
    this.#random = stream(scenario.seed, 0, 'calibration')
    this.#sizes = sizesOf(task)
    this.#lengths = lengthsOf(task)
  }

  /** Opens the model in its replicas and in the other number of them, and warms up every shape. */
  static async open(
    task: CalibrationTask,
    otherReplicas: number,
    signal: AbortSignal,
  ): Promise<Calibration> {
    const limits = { ...PLAIN_QUEUE, maxLength: 10_000 }
    const pool = { ...task.plan, ...limits, memory: undefined, index: 0 }
    const roomy = { policy: 'fixed', batch: task.maxBatch } as const
    const engine = {
      file: task.file,
      session: sessionOptions(task.pool),
      warmUp: sizesOf(task).flatMap((size) =>
        lengthsOf(task).map((length) => [size, length] as const),
      ),
    }
    // two fleets, since an additional replica might leave too few cores for each
    const fleet = await Fleet.open(planOf({ ...pool, batching: roomy }), [engine], signal)
    if (otherReplicas === pool.replicas) return new Calibration(task, pool, [fleet, fleet])
    try {
      const otherFleet = await Fleet.open(
        planOf({ ...pool, replicas: otherReplicas }),
        [engine],
        signal,
      )
      return new Calibration(task, pool, [fleet, otherFleet])
    } catch (error) {
      await fleet.close()
      throw error
    }
  }

  async close(): Promise<void> {
    await Promise.all([...new Set([this.#fleet, this.#other])].map((fleet) => fleet.close()))
  }

  /** Number of rounds of single batches that take about `budgetMs`. */
  async rounds(budgetMs: number): Promise<number> {
    const first = await this.#script(this.#round())
    const roundMs = first.at(-1)!.done - first[0]!.dispatched
    return Math.min(MOST_ROUNDS, Math.max(FEWEST_ROUNDS, Math.floor(budgetMs / roundMs)))
  }

  /** Runs `rounds` rounds of single batches: every cell, and idle gaps. */
  async runBatches(rounds: number): Promise<void> {
    if (rounds === 0) return
    const items = Array.from({ length: rounds }, () => this.#round()).flat()
    this.#rows.push(...settledRows(await this.#script(items)))
  }

  /** Discards its measurements: a loop that V8 still compiles has longer tails. */
  async warmUp(replicas: number, durationMs: number): Promise<void> {
    const rows = settledRows(await this.#script(this.#round()))
    await this.#traffic(rows, { replicas, load: WARM_UP_LOAD, durationMs })
  }

  /** Records open-loop Poisson traffic, through the same dispatcher as a replay. */
  async recordTraffic(replicas: number, load: number, durationMs: number): Promise<void> {
    const { rows, timers } = await this.#traffic(this.#rows, { replicas, load, durationMs })
    this.#runs.push({ rows, timers, load, durationMs, replicas })
  }

  async #traffic(
    batches: readonly SettledRow[],
    { replicas, load, durationMs }: Pick<LoadedRun, 'replicas' | 'load' | 'durationMs'>,
  ): Promise<Replayed> {
    const { lengths } = this.#task
    const pool = { ...this.#pool, replicas }
    const work = tabulatedWork(fitWork(cellSamples(batches)))
    const capacityRps = poolCapacity(pool, work, OVERHEAD_MS, lengths.draw)
    const list = poissonRequests(
      (load * capacityRps) / 1000,
      durationMs,
      this.#random,
      lengths.draw,
    )
    const fleet = replicas === this.#pool.replicas ? this.#fleet : this.#other
    return this.#roomy(await fleet.replay(planOf(pool), list))
  }

  async #script(items: readonly ScriptItem[]): Promise<readonly ScriptRow[]> {
    return this.#roomy(await this.#fleet.script(items)).rows
  }

  /** Throws `Failure` if a batch ran out of memory: its time does not measure work. */
  #roomy<T extends { readonly shortages: readonly Shortage[] }>(ran: T): T {
    const text = shortageText(this.#task.pool.name, ran.shortages)
    if (text === null) return ran
    throw new Failure(`${text}; a calibration runs every batch size; lower max_batch`)
  }

  /** The measured profile of the model. */
  profile(): ModelProfile {
    const { scenario, pool, file } = this.#task
    const work = fitWork(cellSamples(this.#rows))
    const expected = tabulatedWork(work)
    const back = (size: number, length: number) => expected.of(size, length, this.#random)
    const slept = this.#rows.filter(({ item }) => item.gapMs > 0)
    // wake-up cost is counted from back-to-back batches
    const awake = this.#rows.filter(({ item, gap }) => item.gapMs === 0 && gap < GAPS_MS[0] / 2)
    const wake = fitWake([...slept, ...awake.map(({ gap }) => ({ gap, excess: 0 }))])
    const executors = (n: number) => Array.from({ length: n }, () => ({ work: back, wake }))
    return {
      key: modelKey(scenario, pool),
      label: this.label,
      content: file.content,
      work,
      wake,
      overheads: overheadsOf(
        this.#runs
          .filter(({ replicas }) => replicas === pool.replicas)
          .map((run) => ({ run, executors: [0, pool.replicas] })),
      ) as ModelProfile['overheads'],
      fields: this.#runs.map((run) =>
        recordedField({ ...run, run, work: executors(run.replicas), executors: [0, run.replicas] }),
      ),
      memory: null,
    }
  }

  #round() {
    return roundOf(this.#sizes, this.#lengths, 0, this.#random)
  }
}

function sizesOf({ maxBatch }: CalibrationTask): number[] {
  return sizeGrid(maxBatch)
}

function lengthsOf({ lengths: { min, max }, plan }: CalibrationTask): number[] {
  return lengthGrid(min, max, plan.padTo)
}

function cellSamples(rows: readonly SettledRow[]): CellSample[] {
  const cells = new Map<string, { size: number; length: number; ms: number[] }>()
  for (const { item, started, ended } of rows) {
    if (item.gapMs > 0) continue
    const key = `${item.size}x${item.length}`
    const cell = cells.get(key) ?? { size: item.size, length: item.length, ms: [] }
    cell.ms.push(ended - started)
    cells.set(key, cell)
  }
  return [...cells.values()]
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

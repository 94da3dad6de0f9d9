import { modelKey, modelLabel, type Pool, type Scenario } from '../../scenarios/index.ts'
import { fieldOf, type ObservedRun, overheadsOf, poolCapacity } from '../../sim/experiment/index.ts'
import { type Random, stream } from '../../sim/kernel/index.ts'
import { batcher, type PoolPlan, type ServingPlan } from '../../sim/serving/index.ts'
import { RequestList } from '../../sim/traffic/index.ts'
import {
  type Intervals,
  type ModelProfile,
  type RecordedField,
  tabulatedWork,
} from '../../sim/world/index.ts'
import { Fleet, type Progress } from '../fleet.ts'
import type { ModelFile } from '../models/index.ts'
import type { ScriptRow } from '../script.ts'
import { lengthGrid, roundOf, sizeGrid } from './script-plan.ts'
import { fitWake } from './wake-fit.ts'
import { type CellSample, fitWork } from './work-fit.ts'

/** Loads at which speed fields are recorded, each for its share of the time. */
const FIELD_LOADS = [0.35, 0.75, 0.5, 0.9]
/** Of the time for one model, the share spent on single batches; the rest records fields. */
const SCRIPT_SHARE = 0.4
const FEWEST_ROUNDS = 5
const MOST_ROUNDS = 400

export interface CalibrationTask {
  readonly scenario: Scenario
  readonly pool: Pool
  readonly plan: PoolPlan
  readonly file: ModelFile
  /** lengths of the scenario's requests */
  readonly lengths: { readonly min: number; readonly max: number; readonly draw: () => number }
  readonly seconds: number
  readonly signal: AbortSignal
  readonly onProgress: (phase: string, done: number, of: number) => void
}

/** Measures one pool's model on this machine: work, wake-up cost, overheads and speed fields. */
export async function calibrateModel(task: CalibrationTask): Promise<ModelProfile> {
  const { pool, file } = task
  const plan: ServingPlan = {
    routing: 'least-loaded',
    patienceMs: [Number.POSITIVE_INFINITY],
    pools: [
      { ...task.plan, index: 0, maxLength: 10_000, queueTimeoutMs: Number.POSITIVE_INFINITY },
    ],
  }
  const sizes = sizeGrid(batcher(pool.batching).maxBatch)
  const lengths = lengthGrid(task.lengths.min, task.lengths.max, task.plan.padTo)
  const engine = {
    file,
    session: { executionProvider: pool.execution_provider, threads: pool.threads },
    warmUp: sizes.flatMap((size) => lengths.map((length) => [size, length] as const)),
  }
  const fleet = await Fleet.open(plan, [engine], task.signal)
  try {
    const random = stream(task.scenario.seed, 0, 'calibration')
    const rows = await runRounds(fleet, sizes, lengths, random, task)
    const work = fitWork(cellSamples(rows))
    const expected = tabulatedWork(work)
    const back = (size: number, length: number) => expected.of(size, length, random)
    const wake = fitWake(
      rows
        .filter(({ item, gap }) => item.gapMs > 0 && gap > 0)
        .map(({ item, gap, started, ended }) => ({
          gap,
          excess: ended - started - back(item.size, item.length),
        })),
    )
    const overheadMs = 0.1
    const capacity = poolCapacity(task.plan, expected, overheadMs, task.lengths.draw, 1)
    const runs = await recordRuns(fleet, plan, capacity, random, task)
    const executors = Array.from({ length: pool.replicas }, () => ({ work: back, wake }))
    return {
      key: modelKey(task.scenario, pool),
      label: modelLabel(task.scenario, pool),
      content: file.key,
      work: {
        ...work,
        sizes: [...work.sizes],
        lengths: [...work.lengths],
        ms: copy(work.ms),
        error: copy(work.error),
      },
      wake: { gapMs: [...wake.gapMs], ms: [...wake.ms] },
      overheads: overheadsOf(runs) as ModelProfile['overheads'],
      fields: runs.map((run) => recordedField(run, fieldOf(run, executors))),
    }
  } finally {
    await fleet.close()
  }
}

const copy = (rows: readonly (readonly number[])[]) => rows.map((row) => [...row])

async function runRounds(
  fleet: Fleet,
  sizes: readonly number[],
  lengths: readonly number[],
  random: Random,
  task: CalibrationTask,
): Promise<ScriptRow[]> {
  const label = modelLabel(task.scenario, task.pool)
  const round = () => roundOf(sizes, lengths, 0, random)
  const first = await fleet.script(round())
  const roundMs = first.at(-1)!.done - first[0]!.dispatched
  const budgetMs = task.seconds * 1000 * SCRIPT_SHARE
  const rounds = Math.min(MOST_ROUNDS, Math.max(FEWEST_ROUNDS, Math.floor(budgetMs / roundMs)))
  const items = Array.from({ length: rounds }, round).flat()
  const progress: Progress = (done, of) => task.onProgress(`${label}: single batches`, done, of)
  return fleet.script(items, progress)
}

function cellSamples(rows: readonly ScriptRow[]): CellSample[] {
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

interface LoadedRun extends ObservedRun {
  readonly load: number
  readonly durationMs: number
}

/** Open-loop Poisson traffic at several loads, through the same dispatcher as a replay. */
async function recordRuns(
  fleet: Fleet,
  plan: ServingPlan,
  capacityRps: number,
  random: Random,
  task: CalibrationTask,
): Promise<LoadedRun[]> {
  const label = modelLabel(task.scenario, task.pool)
  const durationMs = (task.seconds * 1000 * (1 - SCRIPT_SHARE)) / FIELD_LOADS.length
  const runs: LoadedRun[] = []
  for (const load of FIELD_LOADS) {
    const list = poissonRequests((load * capacityRps) / 1000, durationMs, random, task.lengths.draw)
    const onProgress: Progress = (done, of) =>
      task.onProgress(`${label}: machine speed at load ${load}`, done, of)
    const { rows, timers } = await fleet.replay(plan, list, { onProgress })
    runs.push({ rows, timers, load, durationMs })
  }
  return runs
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
  for (let i = 0; i < times.length; i++) list.columns.length[i] = draw()
  return list
}

/** Rounded: a profile is a file that people read and keep in repositories. */
function recordedField(run: LoadedRun, field: ReturnType<typeof fieldOf>): RecordedField {
  const round = (values: readonly number[], digits: number) =>
    values.map((value) => Number(value.toFixed(digits)))
  const both = ({ from, to }: Intervals) => ({ from: round(from, 3), to: round(to, 3) })
  return {
    load: run.load,
    durationMs: run.durationMs,
    executors: field.executors.map(({ times, speeds }) => ({
      times: round(times, 3),
      speeds: round(speeds, 4),
    })),
    dispatcher: both(field.dispatcher),
    intake: both(field.intake),
  }
}

import { expectPromisesKept } from '../../../test/kept-promises.ts'
import { type Random, stream } from '../../kernel/index.ts'
import {
  ANY_CLASS,
  assemble,
  type BatchingPlan,
  type Ms,
  PLAIN_QUEUE,
  type ServingPlan,
} from '../../serving/index.ts'
import { RowRecorder, Rows } from '../../stats/index.ts'
import { ListSource, RequestList } from '../../traffic/index.ts'
import {
  type DueEvent,
  declaredWork,
  type Intervals,
  type MachineField,
  machineOf,
  Overheads,
  type OverheadTables,
  SimulatedWorld,
  type WakeCurve,
  wakeCost,
} from '../../world/index.ts'
import { simulateReplay } from './compare.ts'
import type { IdleProbe, ObservedRun, ProbedBatch } from './observed-run.ts'
import type { ExecutorWork } from './structure.ts'

/** A machine of which everything is known, and a replay on it as if it had been measured. */
export interface KnownRun extends ObservedRun {
  readonly plan: ServingPlan
  readonly requests: RequestList
  readonly work: readonly ExecutorWork[]
}

export interface KnownOptions {
  readonly replicas?: number
  readonly load: number
  readonly seconds?: number
  readonly batching?: BatchingPlan
  /** of the machine, and of the requests */
  readonly seed?: number
  readonly requestSeed?: number
  /** share of the time that the dispatcher stands still */
  readonly stillShare?: number
  /** all batches take this many times longer than work says */
  readonly slowness?: number
  /** every batch takes so much longer, on average, by exponential noise; 0 by default */
  readonly noiseMs?: Ms
  /** time of the control kernel before the traffic; by default it is not timed */
  readonly controlMs?: Ms
  /** so many times as much does idle time cost as the work of its executors has it; default 1 */
  readonly idleCost?: number
}

const MODEL = { law: 'linear', base_ms: 0.8, per_item_ms: 0.5, per_token_ms: 0.004 } as const
const MAX_BATCH = 8
const MEAN_LENGTH = 32
export const WINDOW_MS = 2
const WAKE: WakeCurve = { gapMs: [0.1, 1, 10], ms: [0, 0.03, 0.12] }

export const DYNAMIC: Extract<BatchingPlan, { policy: 'dynamic' }> = {
  policy: 'dynamic',
  maxBatch: MAX_BATCH,
  preferred: [],
  maxDelayMs: WINDOW_MS,
}

/** The same batching as a scenario has it. */
export function scenarioBatching({ policy, ...settings }: typeof DYNAMIC) {
  const { maxBatch: max_batch, maxDelayMs: max_delay_ms, preferred } = settings
  return { policy, max_batch, max_delay_ms, preferred }
}

/** Overheads of a few hundredths of a ms, right-skewed; a dispatch costs more after a sleep. */
const skewed = (ms: number) =>
  Array.from({ length: 64 }, (_, i) => ms * (0.7 - 0.3 * Math.log(1 - (i + 0.5) / 64)))
export const OVERHEADS: OverheadTables = {
  lag: skewed(0.01),
  timer: skewed(0.02),
  completion: [
    { atMs: 0.12, table: skewed(0.004) },
    { atMs: 0.25, table: skewed(0.02) },
  ],
  dispatch: [
    { atMs: 0.02, table: skewed(0.006) },
    { atMs: 0.5, table: skewed(0.03) },
    { atMs: 10, table: skewed(0.06) },
  ],
}

/**
 * Full batches back to back on every replica, requests a ms: the longest of eight lengths is about
 * 51, and slow spells and stalls take about 7 % of the time.
 */
const capacityPerMs = (replicas: number) =>
  (0.93 * replicas * MAX_BATCH) / (0.8 + MAX_BATCH * (0.5 + 0.004 * 51) + 0.05)

export function knownPlan(replicas: number, batching: BatchingPlan): ServingPlan {
  const pool = {
    index: 0,
    name: 'central',
    replicas,
    perReplicaQueues: false,
    routing: 'least-loaded',
    ...PLAIN_QUEUE,
    batching,
    padTo: 8,
    ragged: false,
  } as const
  return { routing: 'least-loaded', classes: [ANY_CLASS], pools: [pool], devices: [] }
}

/** Poisson arrivals, lengths uniform from 8 to 56. */
export function poissonRequests(perMs: number, durationMs: Ms, seed: number): RequestList {
  const random = stream(seed, 0, 'known requests')
  const at: number[] = []
  for (let t = random.exponential() / perMs; t < durationMs; t += random.exponential() / perMs) {
    at.push(t)
  }
  const list = RequestList.allocate(at.length)
  list.columns.at.set(at)
  list.columns.inputTokens.set(at.map(() => 8 + random.integer(2 * MEAN_LENGTH - 15)))
  return list
}

/** Alternating stretches: `of` gives the length of the next one, ms, and whether it is marked. */
function spells(random: Random, durationMs: Ms, gapMs: number, spellMs: number): Intervals {
  const from: number[] = []
  const to: number[] = []
  for (let at = random.exponential() * gapMs; at < durationMs; ) {
    const end = at + (0.3 + random.exponential()) * spellMs
    from.push(at)
    to.push(end)
    at = end + random.exponential() * gapMs
  }
  return { from, to }
}

/**
 * Slow spells of a tenth of a second that all executors share, stalls of each executor, and
 * a dispatcher that stands still for some ms now and then.
 */
export function knownField(
  random: Random,
  { replicas, durationMs, stillShare }: { replicas: number; durationMs: Ms; stillShare: number },
): MachineField {
  const slow = spells(random, durationMs, 300, 100)
  const executors = Array.from({ length: replicas }, () => {
    const still = spells(random, durationMs, 400, 5)
    const marks = [
      ...slow.from.map((at) => ({ at, slow: true, to: true })),
      ...slow.to.map((at) => ({ at, slow: true, to: false })),
      ...still.from.map((at) => ({ at, slow: false, to: true })),
      ...still.to.map((at) => ({ at, slow: false, to: false })),
    ].sort((a, b) => a.at - b.at)
    const state = { slow: false, still: false }
    const times = [0]
    const speeds = [1]
    for (const mark of marks) {
      state[mark.slow ? 'slow' : 'still'] = mark.to
      times.push(mark.at)
      speeds.push(state.still ? 0 : state.slow ? 0.85 : 1)
    }
    times.push(durationMs + 1000)
    speeds.push(1)
    return { times, speeds }
  })
  const still =
    stillShare === 0
      ? { from: [], to: [] }
      : spells(random, durationMs, 5.2 * (1 / stillShare - 1), 4)
  return { executors, dispatcher: still, intake: still }
}

const wakeTimes = (cost: number): WakeCurve => {
  return { gapMs: WAKE.gapMs, ms: WAKE.ms.map((ms) => cost * ms) }
}

/** Batches of a probe, and what idle time costs meanwhile, as a multiple of what is known. */
interface KnownProbes {
  readonly sizes: readonly number[]
  readonly idleMs: readonly Ms[]
  readonly passes: number
  readonly idleCost: number
  readonly seed: number
}

/** Probes of the first executor of a known machine, whose batches scatter by 2 %. */
export function knownProbes(of: KnownProbes): IdleProbe[] {
  const { mean } = declaredWork(MODEL)
  const random = stream(of.seed, 0, 'known probes')
  const series = (size: number, idleMs: Ms): ProbedBatch[] =>
    Array.from({ length: 3 }, () => {
      const cost = wakeCost(wakeTimes(of.idleCost), idleMs)
      const ms = (mean(size, MEAN_LENGTH) + cost) * (1 + 0.02 * random.normal())
      return { executor: 0, size, length: MEAN_LENGTH, idleMs, gap: idleMs, ms }
    })
  return Array.from({ length: of.passes }, (_, at) => ({
    at,
    batches: of.sizes.flatMap((size) =>
      of.idleMs.flatMap((idleMs) => [...series(size, 0), ...series(size, idleMs)]),
    ),
  }))
}

/** Runs known requests on a known machine, audits the run and notes what a replay would note. */
export function knownRun(options: KnownOptions): KnownRun {
  const { replicas = 1, load, seconds = 40, batching = DYNAMIC, seed = 1 } = options
  const { slowness = 1, noiseMs = 0, idleCost = 1 } = options
  const durationMs = 1000 * seconds
  const requestSeed = options.requestSeed ?? seed
  const requests = poissonRequests(load * capacityPerMs(replicas), durationMs, requestSeed)
  const random = stream(seed, 0, 'known machine')
  const stillShare = options.stillShare ?? 0.01
  const field = knownField(random, { replicas, durationMs, stillShare })
  const plan = knownPlan(replicas, batching)
  const overheads = new Overheads(OVERHEADS)
  const model = declaredWork(MODEL)
  const work = (size: number, length: number) => model.of(size, length, random)
  const rows = Rows.allocate(requests.count)
  const fired: DueEvent[] = []
  const { driver: world, control } = assemble({
    plan,
    source: new ListSource(requests),
    world: (traffic) => {
      const world = new SimulatedWorld({
        ...traffic,
        hardware: Array.from({ length: replicas }, () => ({
          work: {
            of: (size: number, length: number, noise: Random) =>
              slowness * work(size, length) + (noiseMs && noiseMs * noise.exponential()),
          },
          wake: wakeTimes(idleCost),
          overheads,
        })),
        machine: machineOf(field),
        random: { service: random, overheads: stream(seed, 0, 'known overheads') },
        sendDelay: overheads,
        timer: overheads,
        fired,
      })
      return { driver: world, backend: world.executors, timers: world }
    },
    observe: (slots) => [new RowRecorder(rows, slots)],
  })
  world.attach(control)
  world.advance(Number.POSITIVE_INFINITY)
  expectPromisesKept({ plan, requests, rows })
  const executors = Array.from({ length: replicas }, () => ({ work, wake: WAKE }))
  const { controlMs } = options
  const readings = controlMs === undefined ? [] : [{ at: 0, ms: executors.map(() => controlMs) }]
  return { rows, timers: fired, control: readings, plan, requests, work: executors }
}

/**
 * Simulates each replay once for each plan, for comparisons of the same replays with the same
 * requests, work, warm-up and seed.
 */
export function simulatedOnce(): typeof simulateReplay {
  const byPlan = new WeakMap<ServingPlan, WeakMap<ObservedRun, ReturnType<typeof simulateReplay>>>()
  return (input, replay) => {
    const byReplay = byPlan.get(input.plan) ?? new WeakMap()
    byPlan.set(input.plan, byReplay)
    const runs = byReplay.get(replay) ?? simulateReplay(input, replay)
    byReplay.set(replay, runs)
    return runs
  }
}

import { StreamWatch, stream } from '../../kernel/index.ts'
import {
  type Batch,
  computedLength,
  executorsOf,
  type Observer,
  type Requests,
  type Source,
} from '../../serving/index.ts'
import {
  BudgetRecorder,
  EjectionRecorder,
  ExecutorRecorder,
  KvSpaces,
  type PowerSummary,
  Recorder,
  RowRecorder,
  Rows,
  type RunSummary,
  summariseRun,
  type TuningChange,
  UndetectedFailures,
} from '../../stats/index.ts'
import {
  ListSource,
  type MergedSource,
  surgeWindows,
  type TraceReader,
  trafficSource,
} from '../../traffic/index.ts'
import {
  type BootstrappedField,
  bootstrapField,
  bootstrappedMachine,
  DevicePower,
  type DueEvent,
  IDEAL_EXECUTOR,
  IDEAL_MACHINE,
  MemoryObserver,
  NEVER,
  WorldMemory,
} from '../../world/index.ts'
import type { ObservedRun } from '../comparison/observed-run.ts'
import { stallFreeFigures } from '../comparison/stall-free.ts'
import { judgedTails } from '../result/objectives.ts'
import type { SimulationInput } from '../system/simulation-input.ts'
import { lifecycleOf, lifecyclePlan, undetectedSpans } from './failure-plan.ts'
import { executorWork, hardwareOf } from './hardware.ts'
import { mayRepeat } from './may-repeat.ts'
import { isPowered, powerPlan } from './power-plan.ts'
import { type OnPiece, type RunParts, runWorld, runWorldInPieces } from './run-world.ts'
import { sharedCards, slowdowns } from './shared-cards.ts'

/** The machine of a replication, bootstrapped from the fields of each pool's profile. */
function bootstrappedField(input: SimulationInput, replication: number): BootstrappedField {
  const random = stream(input.scenario.seed, replication, 'speed')
  const durationMs = input.scenario.duration_s * 1000
  const fields = input.scenario.pools.map((pool, i): BootstrappedField => {
    const model = input.models[i] ?? null
    if (model !== null && pool.speed !== 'ideal') {
      const run = { executors: pool.replicas, durationMs, replication }
      return bootstrapField(model.fields, run, random)
    }
    const executors = Array.from({ length: pool.replicas }, () => IDEAL_EXECUTOR)
    return { executors, dispatcher: NEVER, intake: NEVER }
  })
  const seen = fields.find(({ intake }) => intake.from.length > 0) ?? fields[0]!
  return {
    executors: fields.flatMap(({ executors }) => executors),
    // there is one dispatcher: the pools' profiles each saw one of their own
    dispatcher: seen.dispatcher,
    intake: seen.intake,
  }
}

/** The world of one replication: its own random streams, and its own requests unless given. */
function replicationParts(input: SimulationInput, replication: number) {
  const { scenario } = input
  const hardware = hardwareOf(input)
  const measured = hardware.find(({ overheads }) => overheads !== null)?.overheads ?? null
  const seed = scenario.seed
  const source =
    input.requests === null
      ? trafficSource(scenario, {
          seed,
          replication,
          capacityRps: input.capacityRps,
          traces: input.traces,
          ...(input.clients && { clients: input.clients }),
        })
      : new ListSource(input.requests)
  const { plan, activations } = input
  const remembers = activations.some((own) => own !== null)
  const maps = replication === 0
  const machine =
    measured === null ? IDEAL_MACHINE : bootstrappedMachine(bootstrappedField(input, replication))
  const powered = powerPlan(scenario)
  const times = { warmupMs: 1000 * scenario.warmup_s, durationMs: 1000 * scenario.duration_s }
  const power = powered && new DevicePower(powered, times, machine.speed)
  const comings = lifecyclePlan(scenario, plan)
  const cards = sharedCards(scenario, plan, power)
  const powerful = power === null ? machine : { ...machine, speed: power, steps: power }
  return {
    plan,
    power,
    scalesPower: powered?.scaled === true,
    lifecycle: comings && lifecycleOf(comings, seed, replication),
    heat: power,
    memory: remembers ? new WorldMemory({ scenario, plan, activations, maps }) : null,
    source,
    hardware,
    cards,
    machine: cards === null ? powerful : { ...powerful, steps: cards },
    sendDelay: measured,
    timer: measured,
    seed,
    replication,
  }
}

/** Runs one replication. Throws where a trace is not held: see `runReadingReplication`. */
export function runReplication(
  input: SimulationInput,
  replication: number,
  onPiece?: OnPiece,
): RunSummary {
  const { parts, summary } = recorded(input, replication)
  runWorld(parts, onPiece)
  return summary()
}

/** Runs one replication and reads on in its traces when their rows are used up. */
export async function runReadingReplication(
  input: SimulationInput,
  replication: number,
  read: TraceReader,
  onPiece?: OnPiece,
): Promise<RunSummary> {
  const { parts, source, summary } = recorded(input, replication)
  await runWorldInPieces(parts, { refill: () => (source as MergedSource).refill(read), onPiece })
  return summary()
}

/** Changes of tuned settings that a result has. */
const MOST_CHANGES = 10_000

/** A world and what sums it up once it has run. */
function recorded(
  input: SimulationInput,
  replication: number,
): { readonly parts: RunParts; readonly source: Source; readonly summary: () => RunSummary } {
  const { scenario } = input
  const warmupMs = scenario.warmup_s * 1000
  const watch = mayRepeat(input) ? new StreamWatch() : null
  const parts = replicationParts(input, replication)
  const work = executorWork(input)
  const expected = (batch: Batch) => work[batch.executor]!.work(batch.size, computedLength(batch))
  const caches = new KvSpaces(scenario, parts.plan, replication === 0)
  let recorder: Recorder | null = null
  // declared work has no stalls, and drawn requests may be too many to hold their rows
  const hasProfile = input.models.some((model) => model !== null)
  const fired: DueEvent[] | null = input.requests && hasProfile ? [] : null
  let rows: RowRecorder | null = null
  let executors: ExecutorRecorder | null = null
  const spans = undetectedSpans(scenario, parts.plan, replication)
  let undetected: UndetectedFailures | null = null
  let ejections: EjectionRecorder | null = null
  const { budget: shared } = parts.plan
  let budget: BudgetRecorder | null = null
  const tuning: TuningChange[] = []
  const observe = (requests: Requests) => {
    const durationMs = 1000 * scenario.duration_s
    const poolOf = executorsOf(parts.plan).map(({ pool }) => pool)
    const options = { poolOf, warmupMs, durationMs }
    recorder = new Recorder({
      ...input,
      requests,
      surges: surgeWindows(scenario),
      expected: parts.sendDelay && expected,
      kv: caches.kv,
    })
    const { memory } = parts
    const observers: Observer[] = [recorder]
    if (parts.lifecycle !== null) {
      executors = new ExecutorRecorder(options)
      observers.push(executors)
    }
    if (spans !== null) {
      undetected = new UndetectedFailures({ ...options, spans })
      observers.push(undetected)
    }
    if (parts.power !== null && parts.scalesPower) observers.push(parts.power)
    if (parts.plan.pools.some(({ ejection }) => ejection !== undefined)) {
      ejections = new EjectionRecorder(options)
      observers.push(ejections)
    }
    if (shared !== undefined) {
      budget = new BudgetRecorder({ ...options, pools: shared.pools })
      observers.push(budget)
    }
    if (parts.plan.tuning && replication === 0) {
      observers.push({
        tuned: (at, step) => tuning.length < MOST_CHANGES && tuning.push({ at, ...step }),
      })
    }
    if (memory) observers.unshift(new MemoryObserver(memory, requests))
    if (fired === null) return observers
    rows = new RowRecorder(Rows.allocate(input.requests!.count), requests)
    return [...observers, rows]
  }
  const endMs = () => Math.max(1000 * scenario.duration_s, recorder!.lastMs)
  const summary = () =>
    summariseRun(recorder!, {
      requests: input.requests?.hash() ?? (parts.source as { hash(): string }).hash(),
      warmupMs,
      durationMs: scenario.duration_s * 1000,
      judged: judgedTails(scenario),
      memory: [...(parts.memory?.spaces() ?? []), ...caches.summaries()],
      ...(parts.power && { power: powerSummaries(scenario, parts, endMs()) }),
      availability: (executors as ExecutorRecorder | null)?.summaries(endMs()) ?? null,
      undetected: (undetected as UndetectedFailures | null)?.counts,
      ejections: (ejections as EjectionRecorder | null)?.summaries(endMs()) ?? null,
      budget: (budget as BudgetRecorder | null)?.summary(endMs()) ?? null,
      ...(parts.cards && { slowdowns: slowdowns(scenario, parts.plan, parts.cards) }),
      ...(parts.plan.tuning && { tuning }),
      exact: watch !== null && !watch.drawn(),
      stallFree:
        fired &&
        stallFreeFigures({ rows: rows!.rows, timers: fired }, { plan: input.plan, work, warmupMs }),
    })
  return { parts: { ...parts, observe, fired }, source: parts.source, summary }
}

/** Energy and heat of each pool of a run that ends at `endMs`. */
function powerSummaries(
  { pools }: SimulationInput['scenario'],
  { power, lifecycle }: Pick<ReturnType<typeof replicationParts>, 'power' | 'lifecycle'>,
  endMs: number,
): (PowerSummary | null)[] {
  const { totals, series } = power!.energy(endMs)
  return pools.map((pool, i) => {
    if (!isPowered(pool)) return null
    const { warmestC, slowest } = power!.heat[i]!
    const heat = { warmestC: [...warmestC], slowest: [...slowest] }
    // the open interval after the traffic has no length of its own
    const during = [...series[i]!].slice(0, -1)
    return {
      joules: totals[i]!,
      series: during,
      heat: pool.heat === undefined ? null : heat,
      downs: lifecycle?.heat?.summary(i, endMs) ?? null,
    }
  })
}

/** Rows to begin with where the number of requests is not known. */
const FIRST_ROWS = 4096

type KeptReplication = ObservedRun & { readonly journal: Float64Array }

/** Raw rows and decision log of one replication, as a replay leaves them. */
export function keptReplication(input: SimulationInput, replication: number): KeptReplication {
  const { parts, kept } = rowsRecorded(input, replication)
  return kept(runWorld(parts))
}

/** The same with a pause every some ten milliseconds; an error of it ends the run. */
export async function keptReplicationInPieces(
  input: SimulationInput,
  replication: number,
  pause: () => Promise<void>,
  onPiece?: OnPiece,
): Promise<KeptReplication> {
  const { parts, kept } = rowsRecorded(input, replication)
  return kept(await runWorldInPieces(parts, { pause, onPiece }))
}

/** A world that records rows, and what is kept of it once it has run. */
function rowsRecorded(input: SimulationInput, replication: number) {
  const rows = Rows.allocate(input.requests?.count ?? FIRST_ROWS)
  let recorder: RowRecorder | null = null
  const parts: RunParts = {
    ...replicationParts(input, replication),
    observe: (requests) => {
      recorder = new RowRecorder(rows, requests)
      return [recorder]
    },
    journal: true,
  }
  const kept = (journal: Float64Array | null): KeptReplication => ({
    rows: recorder!.rows,
    timers: [],
    changes: recorder!.changes,
    settings: recorder!.settings,
    ejections: recorder!.ejections,
    journal: journal!,
  })
  return { parts, kept }
}

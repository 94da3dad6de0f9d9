import { StreamWatch, stream } from '../../kernel/index.ts'
import { type Batch, computedLength, type Requests, type Source } from '../../serving/index.ts'
import { RowRecorder, Rows } from '../../stats/index.ts'
import {
  ListSource,
  type MergedSource,
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
  NEVER,
  WorldMemory,
} from '../../world/index.ts'
import type { ObservedRun } from '../comparison/observed-run.ts'
import { type RecordsRun, recordRun } from '../figures/run-summary.ts'
import type { SimulationInput } from '../system/simulation-input.ts'
import { lifecycleOf, lifecyclePlan } from './failure-plan.ts'
import { executorWork, hardwareOf } from './hardware.ts'
import { mayRepeat } from './may-repeat.ts'
import { powerPlan } from './power-plan.ts'
import { type OnPiece, type RunParts, runWorld, runWorldInPieces } from './run-world.ts'
import { sharedCards } from './shared-cards.ts'

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

/** Runs one replication. Throws where a trace is not held: see `readingReplication`. */
export const runReplication = (input: SimulationInput, replication: number, onPiece?: OnPiece) =>
  recordedReplication(recordRun, input, replication, onPiece)

/** The same with what `record` has of it. */
export function recordedReplication<S>(
  record: RecordsRun<S>,
  input: SimulationInput,
  replication: number,
  onPiece?: OnPiece,
): S {
  const { parts, summary } = recordedWorld(input, replication, record)
  runWorld(parts, onPiece)
  return summary()
}

/** Runs one replication and reads on in its traces when their rows are used up. */
export async function readingReplication<S>(
  record: RecordsRun<S>,
  input: SimulationInput,
  replication: number,
  { read, onPiece }: { readonly read: TraceReader; readonly onPiece?: OnPiece | undefined },
): Promise<S> {
  const { parts, source, summary } = recordedWorld(input, replication, record)
  await runWorldInPieces(parts, { refill: () => (source as MergedSource).refill(read), onPiece })
  return summary()
}

/** A world of one replication, and what sums it up once it has run. */
export function recordedWorld<S>(
  input: SimulationInput,
  replication: number,
  record: RecordsRun<S>,
): { readonly parts: RunParts; readonly source: Source; readonly summary: () => S } {
  const watch = mayRepeat(input) ? new StreamWatch() : null
  const parts = replicationParts(input, replication)
  const work = executorWork(input)
  const expected = (batch: Batch) => work[batch.executor]!.work(batch.size, computedLength(batch))
  // declared work has no stalls, and drawn requests may be too many to hold their rows
  const hasProfile = input.models.some((model) => model !== null)
  const fired: DueEvent[] | null = input.requests && hasProfile ? [] : null
  let recording: ReturnType<RecordsRun<S>> | null = null
  const observe = (requests: Requests) => {
    recording = record({
      ...input,
      requests,
      replication,
      expected: parts.sendDelay && expected,
      simulated: { ...parts, input, fired },
    })
    return recording.observers
  }
  const summary = () => {
    const hash = input.requests?.hash() ?? (parts.source as { hash(): string }).hash()
    return recording!.summary(hash, watch !== null && !watch.drawn())
  }
  return { parts: { ...parts, observe, fired }, source: parts.source, summary }
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

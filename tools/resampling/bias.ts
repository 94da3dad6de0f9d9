import {
  type KnownRun,
  knownRun,
} from '../../sim/experiment/comparison/known-machine.test-helper.ts'
import {
  type OverheadSamples,
  overheadSamples,
  overheadTables,
} from '../../sim/experiment/comparison/observed-overheads.ts'
import {
  type MetRecording,
  metRecording,
  settledFields,
} from '../../sim/experiment/comparison/recorded.ts'
import { stallFreeLatencies } from '../../sim/experiment/comparison/stall-free.ts'
import { fieldOf } from '../../sim/experiment/comparison/structure.ts'
import { latenciesOf, runWorld } from '../../sim/experiment/index.ts'
import { stream } from '../../sim/kernel/index.ts'
import type { Ms } from '../../sim/serving/index.ts'
import { percentile, RowRecorder, Rows } from '../../sim/stats/index.ts'
import { ListSource } from '../../sim/traffic/index.ts'
import {
  bootstrapField,
  bootstrappedMachine,
  type DueEvent,
  type Machine,
  machineOf,
  Overheads,
  type OverheadTables,
  type RecordedField,
  type Variation,
  varied,
} from '../../sim/world/index.ts'

/**
 * The bias of predictions from rehearsals on a machine of known truth, whose noise is stationary:
 * slow spells, stalls of executors and of the dispatcher, and overheads. Each rehearsal has another
 * run's machine and other requests, so predictions and runs differ by the resampling and by chance.
 */

const SECONDS = 10
const WARMUP_MS = 1000
/** Rehearsals behind a prediction. */
const REHEARSALS = 10
/** Runs are put together in so many groups, whose spread shows the part of chance. */
const GROUPS = 10

export const BIAS_LEVELS = [0.5, 0.9, 0.95, 0.99] as const

export interface BiasCase {
  readonly load: number
  readonly replicas: number
  /** a multiple of 10 */
  readonly runs: number
  /** mean of what a batch takes beyond its work; 0 by default */
  readonly noiseMs?: Ms
}

export interface Bias {
  readonly p: number
  /** relative: predicted over true percentile of all runs, less 1 */
  readonly bias: number
  /** half of the 95 % interval */
  readonly halfWidth: number
}

/** The machine of a prediction, and how its batches vary. */
export interface RehearsedMachine {
  readonly machine: Machine
  readonly variation: Variation
}

/** What a prediction knows: rehearsals, from the `first` on, and the number of the prediction. */
export type Rehearsed = (
  rehearsals: Rehearsals,
  first: number,
  prediction: number,
) => RehearsedMachine

const durationMs = 1000 * SECONDS

/** All of a list, from `first` on. */
const ringOf = <T>(list: readonly T[], first: number): T[] => [
  ...list.slice(first),
  ...list.slice(0, first),
]

/** A rehearsal, and what it alone says. */
interface Rehearsal {
  readonly run: KnownRun
  readonly met: MetRecording
  readonly overheads: OverheadSamples
}

function rehearsalOf(run: KnownRun): Rehearsal {
  const executors = [0, run.work.length] as const
  return {
    run,
    met: metRecording({ run, work: run.work, executors, load: 1, durationMs }),
    overheads: overheadSamples({ run, executors }),
  }
}

/** Rehearsals, and what is learnt from them in any order. */
class Rehearsals {
  readonly each: readonly Rehearsal[]
  readonly learnt: ReturnType<typeof settledFields>
  readonly overheads: OverheadTables

  constructor(each: readonly Rehearsal[]) {
    this.each = each
    this.learnt = settledFields(each.map(({ met }) => met))
    this.overheads = overheadTables(each.map(({ overheads }) => overheads))
  }
}

/** The first of its rehearsals comes first, so each is used once over all predictions. */
function bootstrapped(
  fields: readonly RecordedField[],
  first: number,
  prediction: number,
): Machine {
  const random = stream(1, prediction, 'speed')
  const { length: executors } = fields[0]!.executors
  const run = { executors, durationMs, replication: 0 }
  return bootstrappedMachine(bootstrapField(ringOf(fields, first), run, random))
}

/** As predictions are made. */
export const resampled: Rehearsed = ({ learnt: { fields, variation } }, first, prediction) => {
  return { machine: bootstrapped(fields, first, prediction), variation }
}

/** The speed of each batch holds until the next one, which gets its chance. */
export const ofSingleBatches: Rehearsed = ({ each, learnt }, first, prediction) => {
  const fields = learnt.fields.map((field, i) => {
    const single = each[i]!.met.executors.map(({ speeds }, k) => ({
      ...field.executors[k]!,
      speeds,
    }))
    return { ...field, executors: single as RecordedField['executors'] }
  })
  return { machine: bootstrapped(fields, first, prediction), variation: [] }
}

/** One rehearsal as it was: its stalls come when they came, whatever they find. */
export const asRecorded: Rehearsed = ({ each }, first) => {
  const { run } = each[first]!
  return { machine: machineOf(fieldOf(run, run.work)), variation: [] }
}

/** The latencies of a run that are compared, ascending. */
export type Sample = (run: KnownRun) => Float64Array

/** Of all requests. */
export const allRequests: Sample = ({ rows }) => latenciesOf(rows, WARMUP_MS).sorted

/** Of those that met no stall. */
export const stallFree: Sample = (run) =>
  stallFreeLatencies(run, { plan: run.plan, work: run.work, warmupMs: WARMUP_MS }).sorted

function predicted(
  { plan, requests, work }: KnownRun,
  prediction: number,
  { machine, variation }: RehearsedMachine,
  tables: OverheadTables,
): KnownRun {
  const rows = Rows.allocate(requests.count)
  const fired: DueEvent[] = []
  const overheads = new Overheads(tables)
  runWorld({
    plan,
    source: new ListSource(requests),
    hardware: work.map(({ work: of, wake }) => {
      return { work: varied({ of, mean: of }, variation), wake, overheads }
    }),
    machine,
    sendDelay: overheads,
    timer: overheads,
    fired,
    seed: 1,
    replication: prediction,
    observe: (slots) => [new RowRecorder(rows, slots)],
  })
  return { plan, requests, work, rows, timers: fired }
}

/** The bias at BIAS_LEVELS: of each kind of prediction for the same runs, and of each sample. */
export function resamplingBias(
  { runs, ...machine }: BiasCase,
  kinds: readonly Rehearsed[],
  samples: readonly Sample[],
): Bias[][][] {
  const groups = Array.from({ length: GROUPS }, (_, group) => {
    const seeds = Array.from({ length: runs / GROUPS }, (_, i) => 1 + group * (runs / GROUPS) + i)
    // the machines of the rehearsals are those of the runs, in another order
    const rehearsals = seeds.map((seed) =>
      rehearsalOf(knownRun({ ...machine, seconds: SECONDS, seed, requestSeed: 100_000 + seed })),
    )
    // few enough are behind every prediction of the group
    const all = rehearsals.length <= REHEARSALS ? new Rehearsals(rehearsals) : null
    // of each run by sample: the true latencies, then those of each kind
    const sampled = seeds.map((seed, i) => {
      const run = knownRun({ ...machine, seconds: SECONDS, seed })
      const next = (i + 1) % rehearsals.length
      const behind = all ?? new Rehearsals(ringOf(rehearsals, next).slice(0, REHEARSALS))
      const simulated = kinds.map((rehearsed) => {
        const assumed = rehearsed(behind, all === null ? 0 : next, seed)
        return predicted(run, seed, assumed, behind.overheads)
      })
      return samples.map((sample) => [run, ...simulated].map(sample))
    })
    return samples.map((_, k) =>
      [null, ...kinds].map((_, side) => joined(sampled.map((each) => each[k]![side]!))),
    )
  })
  return kinds.map((_, kind) =>
    samples.map((_, k) => biasOf(groups.map((each) => [each[k]![0]!, each[k]![1 + kind]!]))),
  )
}

/** Of true and predicted latencies, ascending, in groups. */
function biasOf(groups: readonly (readonly [Float64Array, Float64Array])[]): Bias[] {
  const total = [joined(groups.map(([t]) => t)), joined(groups.map(([, s]) => s))] as const
  return BIAS_LEVELS.map((p) => {
    const of = ([t, s]: readonly [Float64Array, Float64Array]) =>
      percentile(s, p) / percentile(t, p) - 1
    const each = groups.map(of)
    const mean = each.reduce((sum, value) => sum + value, 0) / GROUPS
    const squares = each.reduce((sum, value) => sum + (value - mean) ** 2, 0)
    // t with 9 degrees of freedom
    return { p, bias: of(total), halfWidth: 2.262 * Math.sqrt(squares / (GROUPS - 1) / GROUPS) }
  })
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all.sort()
}

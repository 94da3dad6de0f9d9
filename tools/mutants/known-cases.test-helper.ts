import {
  type DYNAMIC,
  type KnownOptions,
  type KnownRun,
  knownField,
  knownRun,
  OVERHEADS,
  scenarioBatching,
} from '../../sim/experiment/comparison/known-machine.test-helper.ts'
import { batchesOf } from '../../sim/experiment/comparison/observed-run.ts'
import { structureSimulator } from '../../sim/experiment/comparison/structure.ts'
import {
  type ExecutorWork,
  fieldOf,
  type ObservedRun,
  overheadsOf,
  recordedFields,
  runReplication,
  runWorld,
  simulatedPercentiles,
  simulationInput,
} from '../../sim/experiment/index.ts'
import { stream } from '../../sim/kernel/index.ts'
import type { ServingPlan } from '../../sim/serving/index.ts'
import { RowRecorder, Rows } from '../../sim/stats/index.ts'
import { ListSource, type RequestList } from '../../sim/traffic/index.ts'
import {
  type DueEvent,
  type MachineField,
  type ModelProfile,
  machineOf,
  Overheads,
  type OverheadTables,
} from '../../sim/world/index.ts'
import { scenarioOf } from '../../test/scenarios.ts'
import type { MutantCase } from './index.ts'
import { errorsOf, figuresOf, LEVELS, meanOf, WARMUP_S } from './known-figures.test-helper.ts'

/** Checks on a fully known machine, so that no measurement has noise. */

/** Duration of a replay that is rebuilt. */
const SECONDS = 22
/** Duration of one day of a machine; a what-if uses several. */
const DAY_S = 12
const DAYS = [1, 2, 3] as const
const STILL_SHARE = 0.01
/** An idle executor reveals nothing about its machine, so fields are recorded at high load. */
const BUSY = 0.95
/**
 * A what-if is judged up to p95: above it only a few stalls count, which no field places exactly.
 */
const WHAT_IF_LAST = 0.95

type Options = Pick<KnownOptions, 'load' | 'batching'>

const replications = <T>(count: number, run: (replication: number) => T) =>
  Array.from({ length: count }, (_, replication) => run(replication))

/** `of` once for each run and assumed work: mutants change simulations, not what is measured. */
function oncePerRun<Run extends object, T>(of: (run: Run, believed: ExecutorWork) => T) {
  const byWork = new WeakMap<ExecutorWork, WeakMap<Run, { readonly result: T }>>()
  return (run: Run, believed: ExecutorWork): T => {
    const byRun = byWork.get(believed) ?? new WeakMap<Run, { readonly result: T }>()
    byWork.set(believed, byRun)
    const kept = byRun.get(run) ?? { result: of(run, believed) }
    byRun.set(run, kept)
    return kept.result
  }
}

/** A run with the mean work of its batches, even if that is more than the true work. */
function runOf(options: KnownOptions): KnownRun {
  const { slowness = 1 } = options
  const run = knownRun({ ...options, seconds: SECONDS, requestSeed: 1 })
  return {
    ...run,
    work: run.work.map(({ work, wake }) => ({
      work: (size, length) => slowness * work(size, length),
      wake,
    })),
  }
}

/** A replay on the known machine, rebuilt from its own rows. */
export function structureCase(
  name: string,
  options: Options & Pick<KnownOptions, 'stillShare' | 'slowness'>,
): MutantCase {
  const run = runOf({ ...options, seed: 1 })
  const again = runOf({ ...options, seed: 2 })
  const measured = oncePerRun<KnownRun, readonly number[]>((of, believed) =>
    figuresOf(of, of.plan, [believed]),
  )
  return {
    name,
    check: 'structure',
    context: {
      work: run.work,
      shapes: batchesOf(run),
      observed: run,
      others: [again],
    },
    errors(work) {
      const simulate = structureSimulator({ ...run, work, seed: 1 })
      const runs = replications(2, (replication) =>
        figuresOf(simulate(replication), run.plan, work),
      )
      return errorsOf(meanOf(runs), measured(run, work[0]!))
    },
  }
}

/** One side of a what-if. */
interface Setting {
  readonly plan: ServingPlan
  readonly requests: RequestList
}

/** The environment of a setting; all replicas are equal, and are slow at the same time. */
interface Site {
  readonly work: ExecutorWork
  readonly field: MachineField
  readonly overheads: OverheadTables
}

function serve(setting: Setting, site: Site, replication: number): ObservedRun {
  const { plan, requests } = setting
  const rows = Rows.allocate(requests.count)
  const fired: DueEvent[] = []
  const replicas = Array.from({ length: plan.pools[0]!.replicas })
  const { work, wake } = site.work
  const overheads = new Overheads(site.overheads)
  runWorld({
    plan,
    source: new ListSource(requests),
    hardware: replicas.map(() => ({ work: { of: work }, wake, overheads })),
    machine: machineOf({
      ...site.field,
      executors: replicas.map(() => site.field.executors[0]!),
    }),
    sendDelay: overheads,
    timer: overheads,
    fired,
    seed: 1,
    replication,
    observe: (slots) => [new RowRecorder(rows, slots)],
  })
  return { rows, timers: fired }
}

/** FIGURES of a setting with replicas of this work. */
const figuresIn = ({ plan }: Setting, run: ObservedRun, believed: ExecutorWork) =>
  figuresOf(
    run,
    plan,
    Array.from({ length: plan.pools[0]!.replicas }, () => believed),
  )

/** A run that records a day of the machine, and its usual overheads. */
interface Recording {
  readonly run: KnownRun
  readonly overheads: OverheadTables
}

const RECORDINGS = DAYS.map((seed): Recording => {
  const run = knownRun({ load: BUSY, seconds: DAY_S, stillShare: STILL_SHARE, seed })
  return { run, overheads: overheadsOf([{ run, executors: [0, Number.POSITIVE_INFINITY] }]) }
})

/** Predicts FIGURES of a setting under the assumption of this work. */
type Predict = (
  recording: Recording,
  believed: ExecutorWork,
) => (setting: Setting) => readonly number[]

const fieldUnder = oncePerRun<KnownRun, MachineField>((run, believed) => fieldOf(run, [believed]))

/** With the exact field of the day: only overheads are random. */
const underField: Predict = ({ run, overheads }, believed) => {
  const site = { work: believed, field: fieldUnder(run, believed), overheads }
  return (setting) => figuresIn(setting, serve(setting, site, 0), believed)
}

const profileUnder = oncePerRun(profileOf)

/** As for users: from a profile, whose field is cut into blocks, and a scenario. */
const underProfile: Predict = (recording, believed) => {
  const models = [profileUnder(recording, believed)]
  return ({ plan, requests }) => {
    const { padTo, replicas, batching } = plan.pools[0]!
    const scenario = scenarioOf({
      duration_s: DAY_S,
      warmup_s: WARMUP_S,
      models: { known: { builtin: 'transformer-encoder', pad_to: padTo } },
      traffic: [{ class: 'web', arrivals: { process: 'poisson', rate_rps: 1 } }],
      pools: [
        {
          name: 'central',
          model: 'known',
          replicas,
          batching: scenarioBatching(batching as typeof DYNAMIC),
        },
      ],
    })
    const input = simulationInput(scenario, { models, requests })
    const runs = replications(2, (replication) => {
      const { all, stallFree } = simulatedPercentiles(runReplication(input, replication))
      return [all, stallFree!.percentiles].flatMap((each) => each.slice(0, LEVELS.length))
    })
    return meanOf(runs)
  }
}

/** A profile of the true work, with a field recorded under the assumption of other work. */
function profileOf({ run, overheads }: Recording, believed: ExecutorWork): ModelProfile {
  const { work, wake } = run.work[0]!
  const sizes = [1, 2, 8]
  const lengths = [8, 64, 512]
  const ms = sizes.map((size) => lengths.map((length) => work(size, length)))
  const recorded = { run, work: [believed], executors: [0, 1] as const }
  return {
    key: 'known',
    label: 'known',
    content: 'none',
    occasion: 'made up',
    memory: null,
    work: { sizes, lengths, ms, error: ms.map((row) => row.map(() => 0)) },
    wake: { gapMs: [...wake.gapMs], ms: [...wake.ms] },
    overheads: overheads as ModelProfile['overheads'],
    ...recordedFields([{ ...recorded, load: BUSY, durationMs: 1000 * DAY_S }]),
  }
}

/** Side A of a what-if on one day; changes of the same options have it in common. */
const baseRuns = new Map<string, KnownRun>()

const baseName = (seed: number, options: Options) => JSON.stringify([seed, options])

function baseRun(seed: number, options: Options): KnownRun {
  const name = baseName(seed, options)
  const run =
    baseRuns.get(name) ?? knownRun({ ...options, seconds: DAY_S, stillShare: STILL_SHARE, seed })
  baseRuns.set(name, run)
  return run
}

/** Both sides of a what-if on one day, and how they truly ran. */
function sidesOn(seed: number, options: Options, change: (a: Setting) => Setting) {
  const run = baseRun(seed, options)
  const a: Setting = run
  const b = change(a)
  const field = knownField(stream(seed, 0, 'known machine'), {
    replicas: 1,
    durationMs: 1000 * DAY_S,
    stillShare: STILL_SHARE,
  })
  const truth = { work: run.work[0]!, field, overheads: OVERHEADS }
  const ran = serve(b, truth, 1000)
  const figures = oncePerRun<ObservedRun, readonly number[]>((of, believed) =>
    figuresIn(of === ran ? b : a, of, believed),
  )
  return {
    a,
    b,
    measured: (believed: ExecutorWork) => ({
      a: figures(run, believed),
      b: figures(ran, believed),
    }),
  }
}

/**
 * A change of a run A on the known machine: the predicted ratio B/A of percentiles against the true
 * one, mean over some days.
 */
export function whatIfCase(
  name: string,
  options: Options,
  change: (a: Setting) => Setting,
  predict: Predict = underField,
): MutantCase {
  const days = DAYS.map((seed) => sidesOn(seed, options, change))
  const ratio = (
    sides: readonly { readonly a: readonly number[]; readonly b: readonly number[] }[],
  ) => {
    const base = meanOf(sides.map(({ a }) => a))
    return meanOf(sides.map(({ b }) => b)).map((ms, i) => ms / base[i]!)
  }
  const { run } = RECORDINGS[0]!
  return {
    name,
    check: 'what-if',
    context: {
      work: Array.from({ length: days[0]!.b.plan.pools[0]!.replicas }, () => run.work[0]!),
      shapes: batchesOf(run),
      observed: null,
      others: [],
    },
    errors([believed], simulated) {
      const predicted = days.map(({ a, b }, day) => {
        const percentiles = predict(RECORDINGS[day]!, believed!)
        const base = `${predict.name} ${baseName(DAYS[day]!, options)}`
        const predictedA = simulated.get(base) ?? percentiles(a)
        simulated.set(base, predictedA)
        return { a: predictedA, b: percentiles(b) }
      })
      const measured = days.map((day) => day.measured(believed!))
      const errors = errorsOf(ratio(predicted), ratio(measured))
      return errors.filter(({ p }) => p <= WHAT_IF_LAST)
    },
  }
}

/** The same change, predicted from a profile as for users. */
export function profileCase(...[name, options, change]: Parameters<typeof whatIfCase>): MutantCase {
  return whatIfCase(name, options, change, underProfile)
}

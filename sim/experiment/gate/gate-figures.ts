import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { BaselineEntry, Estimate, GateFigure, Result } from '../../documents/index.ts'
import { sum } from '../../kernel/index.ts'
import { PERCENTILES, percentileKey } from '../../stats/index.ts'
import { hourlyCost } from '../configuration/cost.ts'
import type { RunFigures } from '../configuration/run-figures.ts'
import type { DrawnRuns, UncertainFigure } from '../uncertainty/uncertain-figures.ts'

/** What a prediction gate compares: figures of a result, and the same of a replication. */

const JUDGED = ['p50', 'p95', 'p99'] as const
/** A share that differs by no more is the same, however small it was: 1 request of 1,000. */
export const LEAST_SHARE = 0.001
/** The share of requests that met no objective of their class: 1 less goodput. */
export const LOST = 'lost or late'
const HOUR = 'cost an hour'
const MILLION = 'cost of a million requests'

export const isSame = (a: GateFigure, b: GateFigure) => a.class === b.class && a.name === b.name

/** What a gate needs of a simulation: all versions of Spillway have it. */
export type SimulatedFigures = Pick<
  Result,
  'version' | 'commit' | 'profile' | 'seed' | 'runs' | 'load' | 'duration_s' | 'warmup_s'
> & {
  readonly scenario: Pick<Result['scenario'], 'name' | 'hash'>
  readonly objectives: readonly SimulatedObjective[]
  readonly classes: readonly {
    readonly name: string
    readonly counts: { readonly served: number }
    readonly latency: {
      readonly percentiles: Readonly<Record<(typeof JUDGED)[number], ValueOnly>>
    }
    readonly goodput_share: ValueOnly
  }[]
  readonly memory?:
    | readonly {
        readonly name: string
        readonly shared: boolean
        readonly peak_in_use_mib: ValueOnly
      }[]
    | undefined
}

/** An objective; versions before this one may leave out its figure. */
export type SimulatedObjective = Pick<
  Result['objectives'][number],
  'class' | 'text' | 'verdict'
> & { readonly estimate?: Estimate | undefined }

/** A figure; versions before this one may leave out its interval. */
interface ValueOnly {
  readonly value: number | null
  readonly low?: number | null | undefined
  readonly high?: number | null | undefined
}

/** The interval of a figure that has one. */
function intervalOf({ low, high }: ValueOnly): Pick<GateFigure, 'low' | 'high'> {
  return low == null || high == null ? {} : { low, high }
}

/**
 * What a baseline keeps of a simulation. `file`: the scenario as given; `scenario`: null where this
 * version cannot read it.
 */
export function baselineEntry(
  result: SimulatedFigures,
  scenario: Scenario | null,
  file: string,
): BaselineEntry {
  const { version, commit, profile, seed, runs: replications, load } = result
  return {
    file,
    name: result.scenario.name,
    hash: result.scenario.hash,
    version,
    commit,
    profile,
    seed,
    replications,
    load,
    figures: [
      ...result.classes.flatMap(classFigures),
      ...(scenario === null ? [] : costFigures(result, scenario)),
      ...(result.memory ?? []).map(memoryFigure),
    ],
    objectives: result.objectives.map(({ class: name, text, verdict }) => {
      return { class: name, text, verdict }
    }),
    scenario,
  }
}

function classFigures({
  name,
  latency,
  goodput_share,
}: SimulatedFigures['classes'][number]): GateFigure[] {
  const times = JUDGED.map((key): GateFigure => {
    const figure = latency.percentiles[key]
    const { value } = figure
    return { class: name, name: key, unit: 'ms', better: 'lower', value, ...intervalOf(figure) }
  })
  // of goodput, 2 % that are lost would be a change of 2 %, at any limit of 99.9 %
  const { value: good } = goodput_share
  const { low, high } = intervalOf(goodput_share)
  const lost = { name: LOST, unit: 'share', better: 'lower' } as const
  const interval = low === undefined || high === undefined ? {} : { low: 1 - high, high: 1 - low }
  return [...times, { class: name, ...lost, value: good === null ? null : 1 - good, ...interval }]
}

function memoryFigure(space: NonNullable<SimulatedFigures['memory']>[number]): GateFigure {
  const { name, shared, peak_in_use_mib: peak } = space
  const of = `${shared ? 'device' : 'pool'} ${name}`
  const figure = { class: null, unit: 'mib', better: 'lower', value: peak.value } as const
  return { ...figure, name: `memory of ${of}`, ...intervalOf(peak) }
}

/** None where a pool has no price. */
function costFigures(result: SimulatedFigures, scenario: Scenario): GateFigure[] {
  const hour = hourlyCost(scenario.pools)
  if (hour === null) return []
  const seconds = (result.duration_s - result.warmup_s) * result.runs
  const served = sum(result.classes.map(({ counts }) => counts.served))
  const usd = { class: null, unit: 'usd', better: 'lower' } as const
  const million = served === 0 ? null : ((hour / 3600) * seconds * 1e6) / served
  return [
    { ...usd, name: HOUR, value: hour },
    { ...usd, name: MILLION, value: million },
  ]
}

/** A figure in a replication at a draw of the inputs; null for memory, which draws do not have. */
export function figureOfRun({
  class: of,
  name,
}: Pick<GateFigure, 'class' | 'name'>): UncertainFigure['of'] | null {
  if (of !== null) return (drawn, run) => figureOfClass(cellOf(drawn, run, of), name)
  if (name === HOUR) return ({ scenario }) => hourOf(scenario)
  if (name !== MILLION) return null
  return ({ scenario }, { classes }) => {
    const seconds = scenario.duration_s - scenario.warmup_s
    const served = sum(classes.map((cell) => cell.served))
    return ((hourOf(scenario) / 3600) * seconds * 1e6) / served
  }
}

const hourOf = ({ pools }: Scenario) => hourlyCost(pools) ?? Number.NaN

type Cell = RunFigures['classes'][number]

/** What a replication has of a class; undefined where the scenario has no such class. */
function cellOf({ scenario }: DrawnRuns, { classes }: RunFigures, of: string): Cell | undefined {
  return classes[scenario.traffic.findIndex((traffic) => traffic.class === of)]
}

function figureOfClass(cell: Cell | undefined, name: string): number {
  if (cell === undefined) return Number.NaN
  if (name === LOST) return 1 - cell.good / cell.arrived
  const level = PERCENTILES.findIndex((p) => percentileKey(p) === name)
  return cell.latency.percentiles[level] ?? Number.NaN
}

export const metricLabel = ({ class: of, name }: Pick<GateFigure, 'class' | 'name'>) =>
  of === null ? name : `${of}: ${name}`

import { median } from 'simple-statistics'
import { whatIfInputs } from '../../runtime/jobs/what-if-inputs.ts'
import { modelKey } from '../../scenarios/index.ts'
import { batchesOf } from '../../sim/experiment/comparison/observed-run.ts'
import { structureSimulator } from '../../sim/experiment/comparison/structure.ts'
import {
  type ExecutorWork,
  executorWork,
  firstTokenDelays,
  latenciesOf,
  type Measure,
  measuresOf,
  percentilesBy,
  recordedFields,
  runPercentiles,
  runReplication,
  type SimulationInput,
} from '../../sim/experiment/index.ts'
import { meanWithError, PERCENTILES, percentile, supportsVerdict } from '../../sim/stats/index.ts'
import {
  largestError,
  type Mutant,
  type MutantCase,
  matrix,
  TRUE_SIMULATOR,
} from '../mutants/index.ts'
import type { Recorded, Recording } from './record.ts'

/** A simulator is detected if its error is larger than this and unlikely from noise. */
const FOUND = 0.03
/** Replays of a case that are rebuilt with each mutant. */
const REPLAYS = 3
/** Simulations for a predicted ratio. */
const REPLICATIONS = 10
/** Simulations for the noise of one replay, rebuilt from its measured machine. */
const OWN_RUNS = 5

/** The error of a mutant, or of the true simulator, in one check of one case. */
export interface MatrixCell {
  readonly mutant: string
  readonly case: string
  readonly check: string
  readonly time: Measure['key']
  readonly p: number
  /** signed, relative: median over replays */
  readonly error: number
  /** for most replays outside the 95 % interval of the reference */
  readonly outside: boolean
}

export interface MutantRow {
  readonly mutant: string
  readonly fault: string
  /** the largest error that counts; null if no check detected it */
  readonly finder: MatrixCell | null
  /** the largest error of all */
  readonly largest: MatrixCell
  /** number of checks of cases that detected it, and of those it ran in */
  readonly found: number
  readonly ran: number
}

export const isFound = ({ error, outside }: MatrixCell) => Math.abs(error) > FOUND && outside

/** Mutants and the true simulator in every check of the suite. */
export function mutantRows(
  recording: Recording,
  wrong: readonly Mutant[],
  onProgress: (done: number, of: number) => void,
): MutantRow[] {
  const cases = [...structureCases(recording), ...changeCases(recording)]
  const mutants = [TRUE_SIMULATOR, ...wrong]
  // where the true simulator is taken for wrong, nothing tells a mutant from it
  let accused = new Set<string>()
  return mutants.map((mutant, i) => {
    const cells = cases.flatMap((measured) => cellsOf(mutant, measured))
    onProgress(i + 1, mutants.length)
    const foundCells = cells.filter((cell) => isFound(cell) && !accused.has(placeOf(cell)))
    if (mutant === TRUE_SIMULATOR) accused = new Set(foundCells.map(placeOf))
    const named = (some: readonly MatrixCell[]) =>
      new Set(some.map((cell) => `${cell.case} ${cell.check}`)).size
    return {
      mutant: mutant.name,
      fault: mutant.fault,
      finder: largestError(foundCells),
      largest: largestError(cells)!,
      found: named(foundCells),
      ran: named(cells),
    }
  })
}

/** A percentile of a time of requests. */
interface Point {
  readonly measure: Measure
  readonly p: number
}

const placeOf = ({ case: name, check, time, p }: MatrixCell) => `${name} ${check} ${time} ${p}`

/** The reference of a mutant's error. */
interface Spread {
  readonly check: string
  /** 95 % interval of the i-th value for a correct simulator */
  readonly around: (i: number, point: Point) => readonly [low: number, high: number]
}

/** A check of a case: one `MutantCase` for each replay, and the range of noise alone. */
interface MeasuredCase {
  readonly name: string
  readonly each: readonly MutantCase[]
  /** in the order of the errors of `each` */
  readonly points: readonly Point[]
  /** reference value of the errors of `each` */
  readonly base: (i: number, point: Point) => number
  readonly spreads: readonly Spread[]
}

function cellsOf(mutant: Mutant, measured: MeasuredCase): MatrixCell[] {
  const runs = measured.each.map((each) => matrix([mutant], [each]))
  return measured.points.flatMap((point, at) => {
    // none where the mutant does not run
    const errors = runs.map((rows) => rows[at]?.error)
    const present = errors.flatMap((error, i) => (error === undefined ? [] : [{ error, i }]))
    if (present.length === 0) return []
    const error = median(present.map((each) => each.error))
    return measured.spreads.map(({ check, around }) => {
      const outside = present.filter((each) => {
        const value = measured.base(each.i, point) * (1 + each.error)
        const [low, high] = around(each.i, point)
        return value < low || value > high
      })
      const most = outside.length > present.length / 2
      const { p, measure } = point
      const place = { case: measured.name, check, time: measure.key, p }
      return { mutant: mutant.name, ...place, error, outside: most }
    })
  })
}

/** Half the 95 % interval of a further value: t s sqrt(1 + 1/n). */
function furtherHalf(values: readonly number[]): number {
  return meanWithError(values).halfWidth * Math.sqrt(values.length + 1)
}

const centred = (middle: number, half: number) => [middle - half, middle + half] as const

/** A/A: the range of a further replay, or of a further ratio of two. */
function furtherReplay(check: string, measured: ReadonlyMap<Point, readonly number[]>): Spread {
  const around = (_: number, point: Point) => {
    const values = measured.get(point)!
    return centred(meanWithError(values).mean, furtherHalf(values))
  }
  return { check, around }
}

function structureCases({ cases }: Recording): MeasuredCase[] {
  // a rehearsal is one replay, which has no range
  const several = [...cases.values()].filter(({ runs }) => runs.length >= REPLAYS)
  return several.map((recorded): MeasuredCase => {
    const { system, requests, runs } = recorded
    const work = executorWork(system)
    const points = judgedPoints(recorded)
    const measured = new Map(
      points.map((point) => [point, runs.map(({ rows }) => valueAt(recorded, rows, point))]),
    )
    const { plan, scenario } = system
    const base = (i: number, point: Point) => measured.get(point)![i]!
    const of = { plan, requests, seed: scenario.seed }
    const rebuilt = runs.slice(0, REPLAYS)
    const each = rebuilt.map(
      (run, i): MutantCase => ({
        name: recorded.case.name,
        check: 'structure',
        context: {
          work,
          shapes: batchesOf(run),
          observed: run,
          others: runs.filter((candidate) => candidate !== run).slice(0, 1),
        },
        errors(believed) {
          const { rows } = structureSimulator({ ...run, ...of, work: believed })(0)
          return points.map((point) => ({
            of: 'all' as const,
            p: point.p,
            error: valueAt(recorded, rows, point) / base(i, point) - 1,
          }))
        },
      }),
    )
    const repeated = rebuilt.map((run) => {
      const simulate = structureSimulator({ ...run, ...of, work })
      return Array.from({ length: OWN_RUNS }, (_, i) => simulate(i).rows)
    })
    const ownNoise: Spread = {
      check: 'structure, own noise',
      around: (i, point) => {
        const values = repeated[i]!.map((rows) => valueAt(recorded, rows, point))
        return centred(base(i, point), furtherHalf(values))
      },
    }
    const spreads = [furtherReplay('structure', measured), ownNoise]
    return { name: recorded.case.name, each, points, base, spreads }
  })
}

function sortedOf(
  { system }: Recorded,
  rows: Recorded['runs'][number]['rows'],
  measure: Measure,
): Float64Array {
  return latenciesOf(rows, system.scenario.warmup_s * 1000, { measure }).sorted
}

const valueAt = (recorded: Recorded, rows: Recorded['runs'][number]['rows'], point: Point) =>
  percentile(sortedOf(recorded, rows, point.measure), point.p)

const measuresIn = ({ system: { plan, scenario }, requests }: Recorded) =>
  measuresOf({ plan, requests, firstTokenDelaysMs: firstTokenDelays(scenario.traffic) })

/** Percentiles with enough samples for a verdict, up to p95: above it noise dominates. */
function judgedPoints(recorded: Recorded): Point[] {
  return measuresIn(recorded).flatMap((measure) => {
    const counts = recorded.runs.map(({ rows }) => sortedOf(recorded, rows, measure).length)
    const n = Math.min(...counts)
    return PERCENTILES.filter((p) => p <= 0.95 && supportsVerdict(n, p)).map((p) => {
      return { measure, p }
    })
  })
}

/**
 * What-ifs with the same model and replicas: for others no fields were recorded with a mutant's
 * work.
 */
function changeCases(recording: Recording): MeasuredCase[] {
  const { cases } = recording
  return [...cases.values()].flatMap((changed): MeasuredCase[] => {
    const base = cases.get(changed.case.against ?? '')
    if (base === undefined) return []
    if (executorsIn(base) !== executorsIn(changed)) return []
    const inputs = whatIfInputs([base, changed], base.runs)
    const points = measuresIn(base).flatMap((measure) => [0.5, 0.95].map((p) => ({ measure, p })))
    const measured = new Map(
      points.map((point) => {
        const [a, b] = [base, changed].map((recorded) =>
          recorded.runs.map(({ rows }) => valueAt(recorded, rows, point)),
        )
        return [point, a!.map((value, round) => b![round]! / value)]
      }),
    )
    const mean = (point: Point) => meanWithError(measured.get(point)!).mean
    const each: MutantCase = {
      name: changed.case.name,
      check: 'what-if',
      context: {
        work: executorWork(inputs[0]),
        shapes: base.runs.flatMap(({ rows }) => batchesOf({ rows })),
        observed: null,
        others: [],
      },
      errors(work) {
        const ratios = predictedRatios({ inputs, base, changed, work })
        return points.map((point) => ({
          of: 'all' as const,
          p: point.p,
          error: median(ratios.map((of) => of(point))) / mean(point) - 1,
        }))
      },
    }
    const spreads = [furtherReplay('what-if', measured)]
    return [{ name: each.name, each: [each], points, base: (_, point) => mean(point), spreads }]
  })
}

function executorsIn({ system: { scenario } }: Recorded): string {
  const pool = scenario.pools[0]!
  return `${modelKey(scenario, pool)} x ${pool.replicas}`
}

/** Ratios B/A of replications whose speed fields were recorded with the work of a mutant. */
function predictedRatios(of: {
  readonly inputs: readonly [SimulationInput, SimulationInput]
  readonly base: Recorded
  readonly changed: Recorded
  readonly work: readonly ExecutorWork[]
}): ((point: Point) => number)[] {
  const { inputs, base, changed, work } = of
  const { scenario } = base.system
  const executors = [0, work.length] as const
  const durationMs = scenario.duration_s * 1000
  const learnt = recordedFields(
    base.runs.map((run) => ({ run, work, executors, load: 0, durationMs })),
  )
  const [a, b] = inputs.map((input, side) => {
    const { requests } = side === 0 ? base : changed
    const models = input.models.map((model) => model && { ...model, ...learnt })
    return Array.from({ length: REPLICATIONS }, (_, i) =>
      runPercentiles(runReplication({ ...input, requests, models }, i)),
    )
  })
  return a!.map((run, i) => ({ measure, p }) => {
    const index = PERCENTILES.indexOf(p as (typeof PERCENTILES)[number])
    return percentilesBy(b![i]!, measure)[index]! / percentilesBy(run, measure)[index]!
  })
}

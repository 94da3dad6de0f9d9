import type { Scenario } from '../../scenarios/index.ts'
import type { ObservedRun } from '../../sim/experiment/index.ts'
import { OUTCOME, REFUSAL } from '../../sim/serving/index.ts'
import { ROW_COLUMNS, type RowColumn } from '../../sim/stats/index.ts'

/** Times that exist in every batch. */
const OF_BATCHES = ['dispatched', 'started', 'ended', 'done'] as const
/** Times that may not be reached; `leaves` may be never, and `at` is reached by every request. */
const TIMES = (Object.keys(ROW_COLUMNS) as RowColumn[]).filter(
  (name) => ROW_COLUMNS[name].unit === 'ms' && name !== 'leaves' && name !== 'at',
)
const UNBOUNDED = ['inputTokens', 'outputTokens', 'padded', 'preemptions', 'sendId'] as const
const ENDS = new Set<number>(Object.values(OUTCOME))
const REASONS = new Set<number>(Object.values(REFUSAL))
/** A run may drain for this many times its duration, or for eleven days. */
const LONGEST_DRAIN = 100
const LONGEST_MS = 1e9

/**
 * The first value in rows that no run of the scenario can produce, such as an unknown executor;
 * null if there is none. The audit checks whether decisions follow the rules.
 */
export function rowsProblem(
  { rows: { columns, count }, moves = [], changes = [], control = [], ...observed }: ObservedRun,
  scenario: Scenario,
): string | null {
  const { settings = [], probes = [] } = observed
  const executors = scenario.pools.reduce((sum, { replicas }) => sum + replicas, 0)
  const upTo: readonly (readonly [RowColumn, least: number, most: number])[] = [
    ['class', 0, scenario.traffic.length - 1],
    ['pool', 0, scenario.pools.length - 1],
    ['part', 0, Math.max(...scenario.traffic.map((traffic) => traffic.fan_out)) - 1],
    ['queue', -1, executors - 1],
    ['executor', -1, executors - 1],
    ...UNBOUNDED.map((name) => [name, 0, Number.POSITIVE_INFINITY] as const),
  ]
  const longest = Math.max(LONGEST_MS, LONGEST_DRAIN * scenario.duration_s * 1000)
  const time = `a time of at most ${longest} ms`
  if (count > 0 && columns.part[0] !== 0) return `row 0, part: expected 0, got ${columns.part[0]}`
  const problem = (key: number, name: RowColumn, allowed: string) =>
    `row ${key}, ${name}: expected ${allowed}, got ${columns[name][key]}`
  for (let key = 0; key < count; key++) {
    for (const [name, least, most] of upTo) {
      const value = columns[name][key]!
      if (value >= least && value <= most) continue
      return problem(key, name, most < Infinity ? `${least} to ${most}` : `at least ${least}`)
    }
    if (!ENDS.has(columns.outcome[key]!))
      return problem(key, 'outcome', `one of ${[...ENDS].join(', ')}`)
    if (!REASONS.has(columns.refusal[key]!))
      return problem(key, 'refusal', `one of ${[...REASONS].join(', ')}`)
    if (!(Math.abs(columns.at[key]!) <= longest)) return problem(key, 'at', time)
    const endless = TIMES.find((name) => Math.abs(columns[name][key]!) > longest)
    if (endless !== undefined) return problem(key, endless, time)
    if (columns.batch[key]! < 0) continue
    if (columns.executor[key]! < 0) return problem(key, 'executor', 'that of its batch')
    if (columns.batchSize[key]! < 1) return problem(key, 'batchSize', 'at least 1')
    const lacking = OF_BATCHES.find((name) => !Number.isFinite(columns[name][key]!))
    if (lacking !== undefined) return problem(key, lacking, time)
  }
  const strange = moves.findIndex(({ executor }) => executor >= executors)
  if (strange >= 0) {
    return `load ${strange}, executor: expected 0 to ${executors - 1}, got ${moves[strange]!.executor}`
  }
  const foreign = changes.find(({ executor }) => executor >= executors)
  if (foreign !== undefined) {
    return `change at ${foreign.at} ms, executor: expected 0 to ${executors - 1}, got ${foreign.executor}`
  }
  const tuned = scenario.tuning?.length ?? 0
  const untuned = settings.find(({ tuner }) => tuner >= tuned)
  if (untuned !== undefined) {
    return `setting changed at ${untuned.at} ms, tuner: expected below ${tuned}, got ${untuned.tuner}`
  }
  const probed = probes.flatMap(({ batches }) => batches)
  const unknown = probed.find(({ executor }) => executor >= executors)
  if (unknown !== undefined) {
    return `probe, executor: expected 0 to ${executors - 1}, got ${unknown.executor}`
  }
  const short = control.findIndex(({ ms }) => ms.length !== executors)
  if (short < 0) return null
  return `control ${short}: expected times of ${executors} executors, got ${control[short]!.ms.length}`
}

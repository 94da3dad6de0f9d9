import {
  countsBetween,
  expectAgreement,
  type ModelCounts,
  modelCounts,
  RecordProblem,
} from '../../../scenarios/evidence/statistics/index.ts'
import { Failure, readUserFile, Unreadable } from '../../../scenarios/index.ts'
import type { Estimate, Evidence } from '../../../sim/documents/index.ts'
import { PERCENTILES, percentileKey } from '../../../sim/stats/index.ts'
import { build } from '../../version.ts'
import { type DocumentOptions, LIBRARY_CALL } from '../options.ts'
import type { Imported } from './imported-log.ts'
import { type CountedWindow, statisticsScenario } from './statistics-scenario.ts'

export interface ImportStatisticsOptions extends DocumentOptions {
  /** default: the only one that has executed a batch */
  readonly model?: string | undefined
  /** between both readings; default: between the last requests of both */
  readonly seconds?: number | undefined
}

const MOST_BYTES = 64 * 2 ** 20

/**
 * What the statistics of a server show of a model: those since its start, or between two readings.
 * Throws `Failure`, also where counts of the same executions disagree.
 */
export async function importStatistics(
  paths: readonly string[],
  { model, seconds, command = LIBRARY_CALL }: ImportStatisticsOptions = {},
): Promise<Imported> {
  const [first, second] = paths
  const before = second === undefined ? null : await modelsIn(first!)
  const path = second ?? first!
  const after = chosen(await modelsIn(path), model, path)
  const window = placed(path, () => {
    const earlier = before?.find(({ name, version }) => {
      return name === after.name && version === after.version
    })
    const counts = earlier === undefined ? after : countsBetween(earlier, after)
    expectAgreement(counts)
    const lastAt = earlier?.lastAt ?? 0
    const known = lastAt > 0 && after.lastAt > lastAt ? (after.lastAt - lastAt) / 1000 : null
    return { counts, seconds: before === null ? null : (seconds ?? known) }
  })
  if (window.counts.executions === 0 || window.counts.answered === 0) {
    throw new Failure(`${path}: expected executions of ${after.name}, got none`)
  }
  const source = paths.join(', ')
  const { scenario, values, warnings } = statisticsScenario({ ...window, source })
  return {
    scenario,
    evidence: evidenceOf({ ...window, source }, { values, warnings, command, paths }),
    trace: null,
  }
}

async function modelsIn(path: string): Promise<readonly ModelCounts[]> {
  try {
    const bytes = await readUserFile(path, MOST_BYTES)
    return placed(path, () => modelCounts(bytes.toString('utf8')))
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    throw new Failure(`${path}: cannot read the statistics: ${error.message}`)
  }
}

/** Names the file of a problem. */
function placed<Read>(path: string, read: () => Read): Read {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof RecordProblem)) throw error
    throw new Failure(`${path}: ${error.message}`)
  }
}

function chosen(
  models: readonly ModelCounts[],
  name: string | undefined,
  path: string,
): ModelCounts {
  const ran = models.filter(({ executions }) => executions > 0)
  const fitting = name === undefined ? ran : ran.filter((model) => model.name === name)
  if (fitting.length === 1) return fitting[0]!
  const names = ran.map((model) => model.name).join(', ')
  if (ran.length === 0) throw new Failure(`${path}: expected a model with executions, got none`)
  if (name === undefined) throw new Failure(`${path}: set --model to one of ${names}`)
  const what = fitting.length === 0 ? 'a model with executions' : 'one version of a model'
  throw new Failure(`${path}: --model: expected ${what} (${names}), got ${name}`)
}

const NO_PERCENTILES = 'statistics have sums and counts only'

function evidenceOf(
  { counts, seconds }: CountedWindow,
  {
    values,
    warnings,
    command,
    paths,
  }: Pick<ReturnType<typeof statisticsScenario>, 'values' | 'warnings'> & {
    readonly command: string
    readonly paths: readonly string[]
  },
): Evidence {
  const { answered, failed, latencyMs } = counts
  const arrived = answered + failed
  const none: Estimate = { value: null, low: null, high: null, n: answered, reason: NO_PERCENTILES }
  const percentiles = Object.fromEntries(PERCENTILES.map((p) => [percentileKey(p), none]))
  return {
    document: 'spillway-evidence',
    format: 1,
    ...build(),
    source_format: 'statistics',
    files: paths.map((path, i) => {
      return { path, records: i === paths.length - 1 ? arrived : 0, bad: 0, others: 0 }
    }),
    first_at: null,
    duration_s: seconds ?? 0,
    requests: { arrived, answered, failed, most_in_flight: null },
    latencies: [
      {
        ...{ time: 'latency', from: 'received' },
        mean: { value: latencyMs / answered, low: null, high: null, n: answered },
        percentiles: percentiles as Evidence['latencies'][number]['percentiles'],
      },
    ],
    values: [...values],
    warnings: [...warnings],
    command,
  }
}

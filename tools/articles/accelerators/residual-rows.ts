import { type Figure, type SpreadCell, spreadOf } from '../../../sim/experiment/index.ts'
import { publishedRows } from '../published.ts'
import { factsTable, type Table } from './facts.ts'
import { generationTails, MODELS } from './generation-rows.ts'

/** Published tables that show how single batches or steps scatter, as cells of one model each. */

export interface SpreadGroup {
  readonly name: string
  readonly cells: readonly SpreadCell[]
}

const LATENCIES = factsTable('deeplearningexamples_inference_latency.csv')
/** Beside the facts. */
const RUNS = factsTable('../splitwise_perf_model.csv.gz')

export const haveSpreads = () => LATENCIES.exists && RUNS.exists

/** Groups with fewer cells leave nothing to predict. */
const LEAST_CELLS = 6

function groupsBy<T>(
  rows: readonly T[],
  nameOf: (row: T) => string,
  cellsOf: (rows: readonly T[]) => readonly SpreadCell[],
): SpreadGroup[] {
  const groups = new Map<string, T[]>()
  for (const row of rows) groups.set(nameOf(row), [...(groups.get(nameOf(row)) ?? []), row])
  return [...groups]
    .map(([name, own]) => ({ name, cells: cellsOf(own) }))
    .filter(({ cells }) => cells.length >= LEAST_CELLS)
}

function cellOf(name: string, figures: readonly (readonly [Figure, number])[]): SpreadCell {
  return { name, figures: new Map(figures) }
}

/** Mean, p95 and p99 of batches that run one after the other. */
export function convolutionGroups(): SpreadGroup[] {
  return groupsBy(
    LATENCIES.rows(),
    ({ model, gpu, precision }) => `${model}, ${gpu!.replace(/^NVIDIA /, '')}, ${precision}`,
    (rows) =>
      rows.map((row) =>
        cellOf(row.batch!, [
          ['mean', Number(row.lat_avg_ms)],
          ['p95', Number(row.lat_p95_ms)],
          ['p99', Number(row.lat_p99_ms)],
        ]),
      ),
  )
}

/** Rows of the same table whose mean is above their p99. */
export function meansAboveP99(): { readonly rows: number; readonly of: number } {
  const rows = LATENCIES.rows()
  const above = rows.filter((row) => Number(row.lat_avg_ms) > Number(row.lat_p99_ms))
  return { rows: above.length, of: rows.length }
}

/** Mean and four percentiles of a client of Triton with one request in flight. */
export function clientGroups(): SpreadGroup[] {
  const rows = publishedRows().filter(
    ({ online, users, p90Ms, p95Ms }) => !online && users === 1 && p90Ms > 0 && p95Ms > 0,
  )
  return groupsBy(
    rows,
    ({ model, heading }) => `${model}, ${heading}`,
    (own) =>
      own.map((row) =>
        cellOf(String(row.clientBatch), [
          ['mean', row.meanMs],
          ['p50', row.p50Ms],
          ['p90', row.p90Ms],
          ['p95', row.p95Ms],
          ['p99', row.p99Ms],
        ]),
      ),
  )
}

/** Five runs of each batch and length of prompts; rows under a power cap are modelled, not run. */
export function promptGroups(): SpreadGroup[] {
  const seen = new Set<string>()
  const rows = runRows(RUNS).filter(({ ms, cell }) => {
    const row = `${cell} ${ms}`
    // the table repeats some rows
    return seen.has(row) ? false : seen.add(row)
  })
  const numbers = new Map([...new Set(rows.map(({ cell }) => cell))].map((cell, i) => [cell, i]))
  const { cells } = spreadOf(
    rows.map(({ cell, ms }) => ({
      batch: numbers.get(cell)!,
      length: 1,
      prefillTokens: 0,
      ms,
      isMean: true,
    })),
  )
  return [{ name: 'prompts of Llama-2-70B and BLOOM-176B, A100 and H100', cells }]
}

const runRows = (table: Table) =>
  table.rows().flatMap((row) => {
    const { model, hardware, tensor_parallel: cards, prompt_size, batch_size, prompt_time } = row
    if (hardware!.endsWith('-pcap')) return []
    const cell = [model, hardware, cards, prompt_size, batch_size].join(' ')
    return [{ cell, ms: Number(prompt_time) }]
  })

/** Gaps between tokens of a served model, by the sequences in a step. */
export function gapGroups(): SpreadGroup[] {
  return MODELS.map((model) => ({
    name: model,
    cells: generationTails(model).map(({ batch, p50, p90, p99 }) =>
      cellOf(String(batch), [
        ['p50', p50],
        ['p90', p90],
        ['p99', p99],
      ]),
    ),
  }))
}

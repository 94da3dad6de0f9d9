import { fixed, percent, signedPercent } from '../../../reports/format.ts'
import {
  chooseResidual,
  type Figure,
  type HeldOutRatio,
  type SpreadCell,
  spreadOf,
  tryResiduals,
} from '../../../sim/experiment/index.ts'
import { errorFigures } from '../../claims/figures/parts.ts'
import { markdownTable } from '../../markdown-table.ts'
import type { Section } from '../../study.ts'
import { grouped, publishedRows, sharedTable } from '../published.ts'
import { generationTails, MODELS } from './mlenergy.ts'

/** Published tables that show how single batches or steps scatter, as cells of one model each. */

interface SpreadGroup {
  readonly name: string
  readonly cells: readonly SpreadCell[]
}

const LATENCIES = sharedTable('facts/deeplearningexamples_inference_latency.csv')
/** Beside the facts. */
const RUNS = sharedTable('splitwise_perf_model.csv.gz')

export const haveSpreads = () => LATENCIES.exists && RUNS.exists

/** Groups with fewer cells leave nothing to predict. */
const LEAST_CELLS = 6

function groupsBy<T>(
  rows: readonly T[],
  nameOf: (row: T) => string,
  cellsOf: (rows: readonly T[]) => readonly SpreadCell[],
): SpreadGroup[] {
  return [...grouped(rows, nameOf)]
    .map(([name, group]) => ({ name, cells: cellsOf(group) }))
    .filter(({ cells }) => cells.length >= LEAST_CELLS)
}

function cellOf(name: string, figures: readonly (readonly [Figure, number])[]): SpreadCell {
  return { name, figures: new Map(figures) }
}

/** Mean, p95 and p99 of batches that run one after the other. */
function convolutionGroups(): SpreadGroup[] {
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
function clientGroups(): SpreadGroup[] {
  const rows = publishedRows().filter(
    ({ online, users, p90Ms, p95Ms }) => !online && users === 1 && p90Ms > 0 && p95Ms > 0,
  )
  return groupsBy(
    rows,
    ({ model, heading }) => `${model}, ${heading}`,
    (group) =>
      group.map((row) =>
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
function promptGroups(): SpreadGroup[] {
  const runs = RUNS.rows().filter(({ hardware }) => !hardware!.endsWith('-pcap'))
  const columns = ['model', 'hardware', 'tensor_parallel', 'prompt_size', 'batch_size'] as const
  const named = grouped(runs, (row) => columns.map((column) => row[column]).join(' '))
  const { cells } = spreadOf(
    [...named.values()].flatMap((rows, batch) =>
      // the table repeats some rows
      [...new Set(rows.map((row) => Number(row.prompt_time)))].map((ms) => {
        return { batch, length: 1, prefillTokens: 0, ms, isMean: true }
      }),
    ),
  )
  return [{ name: 'prompts of Llama-2-70B and BLOOM-176B, A100 and H100', cells }]
}

/** Gaps between tokens of a served model, by the sequences in a step. */
function gapGroups(): SpreadGroup[] {
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

/** A published table, and what its residuals predict. */
type ResidualStudy = ReturnType<typeof residualStudies>[number]

const SOURCES: readonly (readonly [table: string, groups: () => SpreadGroup[]])[] = [
  ['batches of ResNet50 and ResNeXt101 on V100 and T4 (a)', convolutionGroups],
  ['clients of Triton with one request in flight (b)', clientGroups],
  ['prefill of Llama-2-70B and BLOOM-176B, five runs each (c)', promptGroups],
  ['gaps between tokens of Llama-3.1 on H100 (d)', gapGroups],
]

/** Residuals of each group, fitted on alternate cells and tried on the others. */
export function residualStudies() {
  return SOURCES.map(([table, groupsOf]) => {
    const groups = groupsOf().map(({ name, cells }) => {
      const trials = tryResiduals(cells)
      return { name, trials, chosen: chooseResidual(trials) }
    })
    const { high, low } = groups[0]!.chosen.heldOut[0]!
    return { table, ratio: `${high} ÷ ${low}`, groups }
  })
}

/** Errors of held-out ratios of all groups: by the chosen residuals, or without any. */
export function ratioErrors({ groups }: ResidualStudy, by: 'chosen' | 'none') {
  const heldOut = groups.flatMap(({ name, chosen }) =>
    chosen.heldOut.map((ratio) => ({ name, ratio })),
  )
  const errorOf = ({ error, measured }: HeldOutRatio) =>
    by === 'chosen' ? error : 1 / measured - 1
  return errorFigures(
    heldOut.map(({ name, ratio }) => ({
      at: `${ratio.cell.name} of ${name}`,
      error: errorOf(ratio),
    })),
  )
}

/** How many groups have each shape. */
export function shapesOf({ groups }: ResidualStudy): string {
  const counts = (['even', 'jitter', 'slow'] as const).map((shape) => {
    const ofShape = groups.filter(({ chosen }) => chosen.shape === shape)
    return ofShape.length === 0 ? [] : [`${shape} ${ofShape.length}`]
  })
  return counts.flat().join(', ')
}

function coefficientsOf({ groups }: ResidualStudy): string {
  const cvs = groups.flatMap(({ chosen }) => (chosen.shape === 'even' ? [] : [chosen.fit.cv]))
  if (cvs.length === 0) return '–'
  const [low, high] = [Math.min(...cvs), Math.max(...cvs)].map((cv) => fixed(cv, 3))
  return low === high ? low! : `${low} to ${high}`
}

export function residualSection(): Section {
  const studies = residualStudies()
  const rows = studies.map((study) => {
    const [chosen, none] = [ratioErrors(study, 'chosen'), ratioErrors(study, 'none')]
    return [
      study.table,
      String(study.groups.length),
      shapesOf(study),
      coefficientsOf(study),
      study.ratio,
      `${percent(chosen.median)}, worst ${signedPercent(chosen.worst.error)}`,
      `${percent(none.median)}, worst ${signedPercent(none.worst.error)}`,
    ]
  })
  const head = ['table', 'models', 'residual', 'cv', 'ratio', 'error', 'error without']
  const means = meansAboveP99()
  return { text: textOf(markdownTable(head, rows, 'lrllrrr'), means), images: [], missed: [] }
}

function textOf(table: string, means: ReturnType<typeof meansAboveP99>): string {
  return `## Scatter of single batches and steps

A law gives the mean time of a batch or step. How single ones scatter about it is its residual: \`cv\`, a lognormal, and \`slow\`, a share of them that takes a multiple.
Each model on each card has one residual, as in a scenario. Half of its cells are fitted, every other batch from the first or from the second on, and the ratio of the
highest to the lowest percentile of the other half is predicted. Of three shapes (*even* without scatter, *jitter*, *slow* with rare slow ones too), the simplest within one
standard error of the best is taken. No bar was set for residuals.

${table}

Published: (a) NVIDIA/DeepLearningExamples@729963d, ConvNets; (b) the same, triton, offline rows; (c) Mutinifni/splitwise-sim@8f99e7dc, data/perf_model.csv, without modelled
rows; (d) ML.ENERGY, as above.

- **Single batches of a fixed shape scatter little**, with a \`cv\` of a few percent. In (b) a residual takes a third off the median error of the tail, and nothing off the worst.
- **Scatter falls with the batch.** In (a) batches of up to 8 have a p99 of up to 1.56 times the mean, and large ones have hardly any scatter. One residual for all of them is too wide
  for large batches and too narrow for small ones, so it gains little.
- **Means of (a) are not of the same runs as percentiles:** in ${means.rows} of ${means.of} rows the mean is above the p99, which takes outliers rarer than 1 %. The ratio that is predicted leaves the mean out.
- **Rare slow runs are found nowhere in (b)**, by mean and four percentiles. What is rarer than 1 % shows in none of these tables.
- **Gaps between tokens are no residual (d).** They also hold steps that take in prompts, so their tail grows with the batch. A simulation has these steps already: a \`cv\` fitted to such gaps
  counts them twice. Fit residuals of an engine to steps of one kind.
- **(b) has the network of the client in it**, and (c) is pooled over models and cards, as five runs show no tail. There the likelihood prefers a second, slightly slower group of runs, which
  predicts the ratio no better than no residual.`
}

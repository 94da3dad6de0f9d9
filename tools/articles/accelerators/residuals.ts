import { fixed, percent, signedPercent } from '../../../reports/format.ts'
import {
  chooseResidual,
  type HeldOutRatio,
  type ResidualTrial,
  tryResiduals,
} from '../../../sim/experiment/index.ts'
import { markdownTable } from '../../markdown-table.ts'
import {
  clientGroups,
  convolutionGroups,
  gapGroups,
  meansAboveP99,
  promptGroups,
  type SpreadGroup,
} from './residual-rows.ts'
import type { Section } from './section.ts'
import { errorFigures } from './signed-errors.ts'

/** A published table, and what its residuals predict. */
export interface ResidualStudy {
  readonly table: string
  readonly ratio: string
  readonly groups: readonly FittedGroup[]
}

interface FittedGroup {
  readonly name: string
  readonly trials: readonly ResidualTrial[]
  readonly chosen: ResidualTrial
}

const SOURCES: readonly (readonly [table: string, groups: () => SpreadGroup[]])[] = [
  ['batches of ResNet50 and ResNeXt101 on V100 and T4 (a)', convolutionGroups],
  ['clients of Triton with one request in flight (b)', clientGroups],
  ['prefill of Llama-2-70B and BLOOM-176B, five runs each (c)', promptGroups],
  ['gaps between tokens of Llama-3.1 on H100 (d)', gapGroups],
]

/** Residuals of each group, fitted on alternate cells and tried on the others. */
export function residualStudies(): ResidualStudy[] {
  return SOURCES.map(([table, groupsOf]) => {
    const groups = groupsOf().map(({ name, cells }): FittedGroup => {
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
      row: `${ratio.cell.name} of ${name}`,
      error: errorOf(ratio),
    })),
  )
}

/** How many groups have each shape. */
export function shapesOf({ groups }: ResidualStudy): string {
  const counts = (['even', 'jitter', 'slow'] as const).map((shape) => {
    const own = groups.filter(({ chosen }) => chosen.shape === shape)
    return own.length === 0 ? [] : [`${shape} ${own.length}`]
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
    const [own, none] = [ratioErrors(study, 'chosen'), ratioErrors(study, 'none')]
    return [
      study.table,
      String(study.groups.length),
      shapesOf(study),
      coefficientsOf(study),
      study.ratio,
      `${percent(own.median)}, worst ${signedPercent(own.worst.error)}`,
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

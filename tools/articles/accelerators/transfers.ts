import { median, quantile } from 'simple-statistics'
import { percent, signedPercent } from '../../../reports/format.ts'
import type { Accelerator } from '../../../scenarios/index.ts'
import {
  chooseShape,
  type ErrorQuartiles,
  type MeasuredPass,
  predictPass,
  type RooflineFit,
  SHAPE_NAMES,
  tryShape,
  withEfficiencies,
} from '../../../sim/accelerator/index.ts'
import {
  ASSUMED_EFFICIENCY,
  type Change,
  changesKey,
  decoderPass,
  type TransferWidth,
  type TransformerWork,
} from '../../../sim/experiment/index.ts'
import type { StepBatch } from '../../../sim/world/index.ts'
import { markdownTable } from '../../markdown-table.ts'
import type { Section } from '../../study.ts'
import { grouped, type Row, sharedTable } from '../published.ts'
import { accelerator, BERT_SOURCE, bertRows, CATALOGUED, FITTED_CARDS, haveBert } from './bert.ts'
import { encoderPasses } from './encoder-fits.ts'

/** Published tables of one model on several cards, as passes that a fit can take. */

/** Public source of the runs of decoders. */
const RUNS_SOURCE = 'Mutinifni/splitwise-sim@8f99e7dc, data/perf_model.csv'

const RUNS = sharedTable('splitwise_perf_model.csv.gz')

export const haveTransfers = () => haveBert() && RUNS.exists

/** The rows of a model on a card at a precision, by one engine. */
export interface MeasuredSeries {
  readonly kind: 'encoder' | 'decoder'
  readonly model: string
  readonly card: string
  readonly precision: string
  readonly engine: string
  readonly tensor_parallel: number
  readonly passes: readonly MeasuredPass[]
}

/** Names of fits: each row is fitted with the others of its series alone. */
const ONE = { precision: 'all', kernels: 'all' } as const

function encoderSeries(): MeasuredSeries[] {
  const rows = bertRows()
  const series: MeasuredSeries[] = []
  for (const [card, gpu] of Object.entries(FITTED_CARDS)) {
    const sheet = accelerator(card)
    const ofCard = rows.filter((row) => row.gpu === gpu)
    for (const of of grouped(ofCard, (row) => `${row.framework} ${row.precision}`).values()) {
      const { framework, precision } = of[0]!
      const pool = { accelerator: sheet, precision: CATALOGUED[precision] }
      const passes = encoderPasses(pool, of)
      series.push({
        kind: 'encoder',
        model: 'BERT-base',
        card,
        precision,
        engine: framework,
        tensor_parallel: 1,
        passes,
      })
    }
  }
  return series
}

const DECODERS: Readonly<Record<string, TransformerWork>> = {
  'llama2-70b': {
    law: 'transformer-decoder',
    layers: 80,
    hidden: 8192,
    heads: 64,
    kv_heads: 8,
    feed_forward: 28_672,
    gated: true,
    vocabulary: 32_000,
  },
  'bloom-176b': {
    law: 'transformer-decoder',
    layers: 70,
    hidden: 14_336,
    heads: 112,
    gated: false,
    vocabulary: 250_880,
  },
}

const HARDWARE: Readonly<Record<string, string>> = {
  'a100-80gb': 'a100-sxm-80',
  'h100-80gb': 'h100-sxm',
}

/**
 * Prompts and steps that decode; rows under a power cap are modelled, not run. 64 prompts of
 * Llama-2-70B take less time on two cards than 16 do, so they did not all run at once: left out.
 */
function decoderSeries(): MeasuredSeries[] {
  const rows = RUNS.rows().filter(
    ({ hardware, tensor_parallel, batch_size }) =>
      hardware! in HARDWARE && !(tensor_parallel === '2' && batch_size === '64'),
  )
  const nameOf = (row: Row) => [row.model, row.hardware, row.tensor_parallel].join(' ')
  const series: MeasuredSeries[] = []
  for (const group of grouped(rows, nameOf).values()) {
    const { model, hardware, tensor_parallel: cards } = group[0]!
    const card = HARDWARE[hardware!]!
    const passes = passesOf(group, DECODERS[model!]!, accelerator(card), Number(cards))
    series.push({
      kind: 'decoder',
      model: model!,
      card,
      precision: 'FP16',
      engine: 'not stated',
      tensor_parallel: Number(cards),
      passes,
    })
  }
  return series
}

function passesOf(
  rows: readonly Row[],
  work: TransformerWork,
  sheet: Accelerator,
  cards: number,
): MeasuredPass[] {
  const pool = { accelerator: sheet, precision: 'fp16', tensor_parallel: cards } as const
  const pass = (step: StepBatch, at: MeasuredPass['at'], of: readonly Row[], column: string) => ({
    ...decoderPass(work, pool, step),
    ...ONE,
    at,
    ms: median(of.map((row) => Number(row[column]))),
  })
  const none = { decodes: 0, context: 0, prefills: 0, prefillTokens: 0 }
  const promptOf = (row: Row) => [row.batch_size, row.prompt_size].join(' ')
  const steps = grouped(rows, (row) => `${promptOf(row)} ${row.token_size}`)
  const decodes = [...steps].map(([cell, group]) => {
    const [batch, prompt, answer] = cell.split(' ').map(Number) as [number, number, number]
    const length = Math.round(prompt + answer / 2)
    const step = { ...none, decodes: batch, context: batch * length }
    return pass(step, { batch, length, prefill_tokens: 0 }, group, 'token_time')
  })
  // the time of a prompt does not depend on its answer
  const prefills = [...grouped([...steps.values()].flat(), promptOf)].map(([cell, group]) => {
    const [batch, prompt] = cell.split(' ').map(Number) as [number, number]
    const step = { ...none, prefills: batch, prefillTokens: batch * prompt }
    const at = { batch: 0, length: 0, prefill_tokens: batch * prompt }
    return pass(step, at, group, 'prompt_time')
  })
  return [...decodes, ...prefills]
}

/** Rows of one series, predicted by the fit to another one of the same model. */
interface TransferredSeries {
  readonly from: MeasuredSeries
  readonly to: MeasuredSeries
  readonly changed: readonly Change[]
  /** signed, predicted over measured - 1, one for each row */
  readonly errors: readonly number[]
}

/** Every series by the fit to every other one of its model: each card is left out once. */
export const transferStudy = (): TransferredSeries[] =>
  transfersAmong([...encoderSeries(), ...decoderSeries()])

export function transfersAmong(series: readonly MeasuredSeries[]): TransferredSeries[] {
  return series.flatMap((from) => {
    const others = series.filter((to) => to !== from && to.model === from.model)
    const fit = fitOf(from)
    return others.flatMap((to) => {
      const changed = changesOf(from, to)
      const errors = to.passes.map((pass) => predictPass(fit, pass).ms / pass.ms - 1)
      return [{ from, to, changed, errors }]
    })
  })
}

/** The fit to a whole series, as `spillway fit` makes it. */
const fitOf = (series: MeasuredSeries): RooflineFit => chosenOf(series).fit

const chosenOf = ({ passes }: MeasuredSeries) =>
  chooseShape(SHAPE_NAMES.map((name) => tryShape(name, passes)))

const CHANGES = ['card', 'precision', 'engine', 'tensor_parallel'] as const satisfies Change[]

const changesOf = (from: MeasuredSeries, to: MeasuredSeries): Change[] =>
  CHANGES.filter((what) => from[what] !== to[what])

/** What transfers of one kind missed by. */
interface Missed extends TransferWidth {
  readonly series: number
  readonly rows: number
}

export function missedBy(all: readonly TransferredSeries[]): Missed {
  const errors = all.flatMap((series) => series.errors)
  return {
    series: all.length,
    rows: errors.length,
    low: Math.floor(100 * Math.min(...errors)) / 100,
    high: Math.ceil(100 * Math.max(...errors)) / 100,
    median: Math.round(100 * median(errors.map(Math.abs))) / 100,
  }
}

/** By the kind of model and what changed, as `TRANSFER_WIDTHS` has them. */
export function missedByKind(
  all: readonly TransferredSeries[],
): Readonly<Record<MeasuredSeries['kind'], Readonly<Record<string, Missed>>>> {
  const of = (kind: MeasuredSeries['kind']) => {
    const ofKind = all.filter(({ from }) => from.kind === kind)
    const kinds = grouped(ofKind, ({ changed }) => changesKey(changed))
    return Object.fromEntries([...kinds].map(([key, some]) => [key, missedBy(some)]))
  }
  return { encoder: of('encoder'), decoder: of('decoder') }
}

type Kind = MeasuredSeries['kind']
/** By the kind of model and the card; `any`: of all cards together. */
type ByCard = Readonly<Record<Kind, Readonly<Record<string, ErrorQuartiles>>>>

/**
 * What usual efficiencies on the figures of a card miss its times by, and what the fit to the rows
 * of a series misses those by that are left out: as `USUAL_ERRORS` and `FITTED_ERRORS` have them.
 */
export function errorsByCard(
  series: readonly MeasuredSeries[] = [...encoderSeries(), ...decoderSeries()],
): { readonly usual: ByCard; readonly fitted: ByCard } {
  const each = series.map((of) => {
    const { fit, leftOut } = chosenOf(of)
    const usual = withEfficiencies(fit, USUAL)
    return {
      ...of,
      usual: of.passes.map((pass) => predictPass(usual, pass).ms / pass.ms - 1),
      fitted: leftOut.heldOut.map(({ error }) => error),
    }
  })
  const byCard = (which: 'usual' | 'fitted'): ByCard => {
    const of = (kind: Kind) => {
      const ofKind = each.filter((series) => series.kind === kind)
      if (ofKind.length === 0) return {}
      const cards = [...grouped(ofKind, ({ card }) => card), ['any', ofKind] as const]
      return Object.fromEntries(
        cards.map(([card, some]) => [card, quartilesOf(some.flatMap((series) => series[which]))]),
      )
    }
    return { encoder: of('encoder'), decoder: of('decoder') }
  }
  return { usual: byCard('usual'), fitted: byCard('fitted') }
}

const USUAL = {
  compute: ASSUMED_EFFICIENCY.compute,
  memory: ASSUMED_EFFICIENCY.memory,
  launchUs: ASSUMED_EFFICIENCY.launch_us,
  halfTokens: ASSUMED_EFFICIENCY.saturation_tokens,
  sharpness: Number.POSITIVE_INFINITY,
} as const

function quartilesOf(errors: readonly number[]): ErrorQuartiles {
  const at = (p: number) => Math.round(100 * quantile([...errors], p)) / 100
  return [
    Math.floor(100 * Math.min(...errors)) / 100,
    at(0.25),
    at(0.5),
    at(0.75),
    Math.ceil(100 * Math.max(...errors)) / 100,
  ]
}

const NAMES: Readonly<Record<string, string>> = {
  card: 'card',
  precision: 'precision',
  engine: 'framework',
  tensor_parallel: 'number of cards',
}

const KINDS = {
  encoder: 'BERT-base on T4 and A100 (a)',
  decoder: 'Llama-2-70B and BLOOM-176B on A100 and H100 (b)',
} as const

/** What fits miss by on other cards, at other precisions and with other engines. */
export function transfersSection(): Section {
  const all = transferStudy()
  const byKind = missedByKind(all)
  const rows = (['encoder', 'decoder'] as const).flatMap((kind) =>
    Object.entries(byKind[kind])
      .sort(([a], [b]) => a.split('+').length - b.split('+').length)
      .map(([key, missed]) => [
        KINDS[kind],
        key
          .split('+')
          .map((change) => NAMES[change])
          .join(', '),
        ...missedCells(missed),
      ]),
  )
  const text = `## From one card to another

A fit is of a card, a precision and an engine. How far off is it elsewhere? \`spillway fit\` takes all rows of a model on one card, at one precision and by one
framework, and predicts those of every other combination. So each card is left out once.

${markdownTable(['rows', 'what differs', 'pairs', 'predictions', 'median error', 'smallest', 'largest'], rows, 'llrrrrr')}

Errors are those of the fit, rounded outwards. Published: (a) ${BERT_SOURCE}; the two INT8 modes count as two precisions; (b) ${RUNS_SOURCE}, without modelled
rows, and without 64 sequences of Llama-2-70B on two cards, whose prompts take less time than 16 do; median of the runs, prompts and steps that decode, FP16 on 2, 4 and 8 cards.
One card to another, the same precision and framework:

${markdownTable(
  ['fitted on', 'predicted', 'model', 'median error', 'smallest', 'largest'],
  cardRows(all),
  'lllrrr',
)}

Where nothing is transferred: usual efficiencies on the figures of the card, for models without \`efficiency\`, and fits, each row predicted by the others of its series.

${markdownTable(
  ['rows', 'card', 'by', 'median', 'middle half', 'smallest', 'largest'],
  cardErrorRows(errorsByCard()),
  'lllrrrr',
)}

- **\`uncertain: { sources: included }\`** draws the speed of a model without \`efficiency\` from these errors of its card, or of all cards where it is none of them
  (\`sim/accelerator/card-errors.ts\`), and that of a transferred fit from the widths above.
- **Simulations take the smallest and the largest error** as the width of such a transfer (\`sim/experiment/transfer/transfer-widths.ts\`). An objective passes
  where it passes with the longest times of that width, too, or is undecided.
- **Two or three cards are few.** Each range is that of the cards of its rows. A card with other kernels may be further off.
- **Precisions transfer worst:** kernels that convert, and other shares of the peaks, are in none of the rows that were fitted.
- The number of cards is hardly predicted, since the exchange between them is assumed, not fitted.
- No rows show another precision or engine of a decoder, a share of a card, or other nets on several cards. There nothing is known, and no objective passes.`
  return { text, images: [], missed: [] }
}

const BY = { usual: 'usual efficiencies', fitted: 'a fit' } as const

/** A row for each kind of model and card, by usual efficiencies and by fits. */
function cardErrorRows(errors: ReturnType<typeof errorsByCard>): string[][] {
  return (['encoder', 'decoder'] as const).flatMap((kind) =>
    (['usual', 'fitted'] as const).flatMap((by) =>
      Object.entries(errors[by][kind]).map(([card, [least, lower, middle, upper, most]]) => [
        KINDS[kind],
        card === 'any' ? 'all' : card,
        BY[by],
        ...[signedPercent(middle), `${signedPercent(lower)} … ${signedPercent(upper)}`],
        ...[signedPercent(least), signedPercent(most)],
      ]),
    ),
  )
}

const missedCells = ({ series, rows, median, low, high }: Missed): string[] => [
  String(series),
  String(rows),
  percent(median),
  signedPercent(low),
  signedPercent(high),
]

/** A row for each pair of cards and each model, all precisions and frameworks together. */
function cardRows(all: readonly TransferredSeries[]): string[][] {
  const others = all.filter(({ changed }) => changed.join() === 'card')
  const groups = grouped(others, ({ from, to }) => [from.card, to.card, from.model].join(' '))
  return [...groups].map(([key, group]) => [
    ...key.split(' '),
    ...missedCells(missedBy(group)).slice(2),
  ])
}

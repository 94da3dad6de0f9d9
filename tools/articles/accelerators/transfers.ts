import { percent, signedPercent } from '../../../reports/format.ts'
import { markdownTable } from '../../markdown-table.ts'
import { BERT_SOURCE } from './bert-rows.ts'
import type { Section } from './section.ts'
import { RUNS_SOURCE } from './transfer-rows.ts'
import {
  type Missed,
  missedBy,
  missedByKind,
  type TransferredSeries,
  transferStudy,
} from './transfer-study.ts'

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
export async function transfersSection(): Promise<Section> {
  const all = await transferStudy()
  const found = missedByKind(all)
  const rows = (['encoder', 'decoder'] as const).flatMap((kind) =>
    Object.entries(found[kind])
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

- **Simulations take the smallest and the largest error** as the width of such a transfer (\`sim/experiment/transfer/transfer-widths.ts\`). An objective passes
  where it passes with the longest times of that width, too, or is undecided.
- **Two or three cards are few.** Each range is that of the cards of its rows. A card with other kernels may be further off.
- **Precisions transfer worst:** kernels that convert, and other shares of the peaks, are in none of the rows that were fitted.
- The number of cards is hardly predicted, since the exchange between them is assumed, not fitted.
- No rows show another precision or engine of a decoder, a share of a card, or other nets on several cards. There nothing is known, and no objective passes.`
  return { text, images: [], missed: [] }
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
  const groups = new Map<string, TransferredSeries[]>()
  for (const one of all) {
    if (one.changed.join() !== 'card') continue
    const key = [one.from.card, one.to.card, one.from.model].join(' ')
    groups.set(key, [...(groups.get(key) ?? []), one])
  }
  return [...groups].map(([key, own]) => [
    ...key.split(' '),
    ...missedCells(missedBy(own)).slice(2),
  ])
}

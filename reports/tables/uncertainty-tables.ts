import { probabilityText, type Result, type Uncertainty } from '../../sim/documents/index.ts'
import {
  declared,
  estimateText,
  NONE,
  percent,
  type Quantity,
  threeDigits,
  valueText,
} from '../format.ts'
import type { ResultTable } from './result-tables.ts'
import {
  type Answer,
  answerName,
  answerQuantity,
  clearAnswers,
  enoughText,
  narrowedEnds,
} from './uncertainty-answers.ts'
import {
  elasticityText,
  endsText,
  type Figure,
  figureName,
  METRICS,
  movedFigures,
  NOTABLE,
  notableEffects,
  shownFigures,
} from './uncertainty-figures.ts'

type Input = Uncertainty['inputs'][number]

/** Both intervals of the figure of an objective: ", by draws; [42, 61] ms with the inputs, …". */
export function withInputsText(
  { estimate, with_inputs: wide }: Result['objectives'][number],
  quantity: Quantity,
): string {
  if (wide === undefined) return ''
  const ends = endsText(estimate, wide, quantity)
  return ` by draws, ${ends} with uncertain inputs, holds with probability ${probabilityText(wide.p_holds)}`
}

/** "models.encoder.work.base_ms 71 %, 2 more": the largest; a dash where nothing is notable. */
export function causesText({ effects, together }: Figure): string {
  const [largest, ...more] = notableEffects({ effects })
  const rest = together !== null && together >= NOTABLE
  if (largest === undefined) return rest ? `together ${percent(together, 0.03)}` : NONE
  const others = more.length + (rest ? 1 : 0)
  const text = `${largest.input} ${percent(largest.share.value, 0.03)}`
  return others === 0 ? text : `${text}, ${others} more`
}

/** Whether an effect is of which law a model follows: there is no 1 % more of that. */
const isOfLaws = ({ inputs }: Uncertainty, { input }: Figure['effects'][number]) =>
  inputs.some(({ name, laws }) => name === input && laws !== undefined)

export const MAY_STILL_MOVE = 'further draws may still move ends of intervals'

/** Inputs whose share is surely below this are left out. */
const LEAST_SHARE = 0.01

/** "23.5 [21.7, 25.1] %", and the total share where others have much of it. */
function shareText({ share, total }: Figure['effects'][number]): string {
  const text = estimateText({ ...share, n: 1 }, 'share')
  if (total === undefined) return text
  return `${text}, with others ${estimateText({ ...total, n: 1 }, 'share')}`
}

/** What states the width of an input, beside its name; nothing for the scenario. */
const BY: Readonly<Record<NonNullable<Input['source']>, string>> = {
  scenario: '',
  fit: ', by its fit',
  transfer: ', by what transfers missed',
  catalogue: ', by its card',
  benchmark: ', assumed of a benchmark',
  profile: ', by its profile',
}

/** Name of an input with its source, its stated value and what it may be. */
export function inputCells({ name, source = 'scenario', value, low, high, laws }: Input): string[] {
  const head = `${name}${BY[source]}`
  if (laws !== undefined) return [head, NONE, `one of ${laws}, each as likely`]
  return [head, declared(value), `${threeDigits(low)} to ${threeDigits(high)}`]
}

/** Of each input, how wide the interval of an answer would be if it were known better. */
function narrowingRows(answer: Answer, { inputs }: Uncertainty): string[][] {
  const quantity = answerQuantity(answer)
  return answer.narrowings.map(({ input, left, enough }, i) => [
    answerName(answer),
    input,
    endsText(answer.draws, narrowedEnds(answer, left.value), quantity),
    estimateText({ ...left, n: 1 }, 'share'),
    inputs[i]!.laws === undefined ? enoughText(inputs[i]!, enough.low) : NONE,
  ])
}

export const INPUT_COLUMNS = ['uncertain input', 'stated', 'may be (95 %)']

export const UNCERTAINTY_TABLES: readonly ResultTable[] = [
  {
    caption: 'Uncertain inputs',
    columns: INPUT_COLUMNS,
    rows: ({ uncertainty }) => (uncertainty?.inputs ?? []).map(inputCells),
  },
  {
    caption: 'Both intervals',
    columns: ['figure', 'stated inputs', 'by draws', 'with uncertain inputs', 'hangs on'],
    rows: ({ uncertainty }) =>
      uncertainty === undefined
        ? []
        : shownFigures(uncertainty).map((figure) => {
            const { quantity } = METRICS[figure.metric]
            const { draws } = figure
            return [
              figureName(figure),
              valueText(draws, quantity),
              endsText(draws, draws, quantity),
              endsText(draws, figure, quantity),
              causesText(figure),
            ]
          }),
    note: ({ uncertainty }) =>
      uncertainty === undefined
        ? null
        : [
            `by draws: what other seeds may give, at the stated inputs; with uncertain inputs: what ${uncertainty.draws} draws of them give, and other seeds`,
            'hangs on: the largest share of the variance that an input has alone, and how many more are notable; together: of several at once',
            ...(uncertainty.settled ? [] : [MAY_STILL_MOVE]),
          ],
  },
  {
    caption: 'What moves the answer',
    columns: ['figure', '1 % more of', 'moves it by', 'share of the variance'],
    rows: ({ uncertainty }) =>
      uncertainty === undefined
        ? []
        : movedFigures(uncertainty).flatMap((figure) =>
            figure.effects
              .filter(({ share }) => share.high >= LEAST_SHARE)
              .map((effect) => [
                figureName(figure),
                effect.input,
                isOfLaws(uncertainty, effect) ? NONE : elasticityText(effect),
                shareText(effect),
              ]),
          ),
    note: ({ uncertainty }) =>
      uncertainty === undefined
        ? null
        : 'inputs with less than 1 % of the variance of a figure are left out: to know them better changes nothing',
  },
  {
    caption: 'What narrows the answer',
    columns: ['figure', 'known exactly', 'interval as wide as about', 'of its width', 'enough'],
    rows: ({ uncertainty }) =>
      uncertainty === undefined
        ? []
        : clearAnswers(uncertainty).flatMap((answer) => narrowingRows(answer, uncertainty)),
    note: ({ uncertainty }) =>
      uncertainty === undefined || clearAnswers(uncertainty).length === 0
        ? null
        : 'enough: below this width of the input, to know it exactly narrows the interval by less than 5 %',
  },
]

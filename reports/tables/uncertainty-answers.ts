import { parseObjective } from '../../scenarios/index.ts'
import type { Uncertainty } from '../../sim/documents/index.ts'
import { declared, NONE, percentileName, type Quantity, threeDigits } from '../format.ts'
import { figureName, METRICS } from './uncertainty-figures.ts'

/** What answers hang on, and what would narrow them, in words. */

export type Answer = Uncertainty['answers'][number]

/** "web: latency p99", also of an objective on it. */
export function answerName({ class: name, objective, metric, p }: Answer): string {
  if (metric !== null) return figureName({ class: name, metric, p })
  const stated = parseObjective(objective!)!
  if (stated.kind === 'cost') return METRICS.usd_per_million.name
  if (stated.kind === 'goodput') return `${name}: ${METRICS.goodput_share.name}`
  const what = stated.kind === 'call' ? 'call' : METRICS[stated.kind].name
  const { percentile, window_s } = stated
  const window = window_s === null ? '' : ` in the worst ${declared(window_s)} s`
  return `${name}: ${what} ${percentileName(percentile)}${window}`
}

export function answerQuantity({ objective, metric }: Answer): Quantity {
  if (metric !== null) return METRICS[metric].quantity
  const { kind } = parseObjective(objective!)!
  if (kind === 'cost') return 'usd'
  return kind === 'goodput' ? 'share' : 'time'
}

/** A fit that leaves more than this share of the variance open shows no causes. */
const MUCH_OPEN = 0.2

/** Whether effects on an answer are known so well that it can be said what narrows it. */
export const isClear = ({ effects, open }: Answer) =>
  effects.length > 0 && open !== null && open <= MUCH_OPEN

export const clearAnswers = ({ answers }: Uncertainty) => answers.filter(isClear)

interface Ends {
  readonly low: number | null
  readonly high: number | null
}

/** Of times, rates and costs, logarithms of ends; shares as they are. */
function scaledEnds({ low, high }: Ends, quantity: Quantity) {
  if (low === null || high === null) return null
  const onLogs = quantity !== 'share' && low > 0
  const [from, to] = onLogs ? [Math.log(low), Math.log(high)] : [low, high]
  return { onLogs, from, to }
}

/** An interval that has this share of its width, around its middle. */
export function narrowedEnds(answer: Answer, left: number): Ends {
  const scaled = scaledEnds(answer, answerQuantity(answer))
  if (scaled === null) return { low: null, high: null }
  const { onLogs, from, to } = scaled
  const [middle, half] = [(from + to) / 2, (left * (to - from)) / 2]
  const end = (at: number) => (onLogs ? Math.exp(at) : at)
  return { low: end(middle - half), high: end(middle + half) }
}

/** The share of the width of an answer that it would have if all inputs were known. */
export function shareOfDraws(answer: Answer): number | null {
  const quantity = answerQuantity(answer)
  const [whole, draws] = [answer, answer.draws].map((ends) => scaledEnds(ends, quantity))
  if (!whole || !draws || whole.to === whole.from) return null
  return Math.min(1, (draws.to - draws.from) / (whole.to - whole.from))
}

/** A width that is smaller by this factor is no claim. */
const LEAST_WIDTH = 0.01

/** "± 6 %", or "± 2" of an input that may be 0; null where no width is known to be enough. */
export function widthText(
  { low, high }: Uncertainty['inputs'][number],
  share: number,
): string | null {
  if (share < LEAST_WIDTH) return null
  if (!(low > 0)) return `± ${threeDigits((share * (high - low)) / 2)}`
  const part = (high / low) ** (share / 2) - 1
  return `± ${Number((100 * part).toPrecision(2))} %`
}

/** "known", "± 6 %" */
export const enoughText = (input: Uncertainty['inputs'][number], share: number): string =>
  share >= 1 ? 'known' : (widthText(input, share) ?? NONE)

import type { Result, Uncertainty } from '../../sim/documents/index.ts'
import { listed, percent } from '../format.ts'
import {
  type Answer,
  answerName,
  answerQuantity,
  isClear,
  narrowedEnds,
  shareOfDraws,
  widthText,
} from './uncertainty-answers.ts'
import {
  elasticityText,
  endsText,
  type Figure,
  figureName,
  movedFigures,
  NOTABLE,
  notableEffects,
} from './uncertainty-figures.ts'

/** An elasticity above this makes an answer hang on one digit of an input. */
const ILL = 10

/** What moves so much that an answer is worth little; none for most results. */
export function illConditioned({ uncertainty }: Pick<Result, 'uncertainty'>): string[] {
  if (uncertainty === undefined) return []
  const named = [
    ...uncertainty.answers.map((answer) => ({ ...answer, name: answerName(answer) })),
    ...movedFigures(uncertainty).map((figure) => ({ ...figure, name: figureName(figure) })),
  ]
  const stated = new Set<string>()
  return named.flatMap(({ class: ofClass, name, effects }) => {
    const causes = effects.filter(isIll)
    // the answer of a class, and then no other figure of it by the same inputs
    const key = JSON.stringify([ofClass, ...causes.map(({ input }) => input)])
    if (causes.length === 0 || stated.has(key)) return []
    stated.add(key)
    const each = causes.map((effect, i) => {
      const moves = i === 0 ? `moves ${name} ` : ''
      return `1 % more of ${effect.input} ${moves}by ${elasticityText(effect)}`
    })
    return [`ill-conditioned: ${listed(each)}`]
  })
}

const isIll = ({ elasticity: { low, high } }: Figure['effects'][number]) => low > ILL || high < -ILL

/** What each answer hangs on, what to measure next, and what is known well enough. */
export function uncertaintySentences({ uncertainty }: Pick<Result, 'uncertainty'>): string[] {
  if (uncertainty === undefined) return []
  return uncertainty.answers.flatMap((answer) => answerSentences(answer, uncertainty))
}

function answerSentences(answer: Answer, uncertainty: Uncertainty): string[] {
  if (answer.effects.length === 0) return [unmoved(answer)]
  const causes = causesOf(answer, uncertainty)
  return isClear(answer) ? [causes, ...nextMeasurement(answer, uncertainty)] : [causes]
}

/**
 * What an answer that has effects hangs on, or that the draws do not show it. `shown`: names of
 * inputs where there is little room.
 */
export function causesOf(
  answer: Answer,
  { draws }: Uncertainty,
  shown = (input: string) => input,
): string {
  if (isClear(answer)) return hangsOn(answer, shown)
  return `what ${answerName(answer)} hangs on is not clear: ${percent(answer.open!, 0.03)} of its variance over ${draws} draws of the inputs is left open`
}

/** Draws that have more than this share of a width have all of it, but for chance. */
const UNMOVED = 0.9

/** Without effects: nothing moves it, or some draws move it to infinity. */
function unmoved(answer: Answer): string {
  const name = answerName(answer)
  const hasEnds = answer.low !== null && answer.high !== null
  return hasEnds && (shareOfDraws(answer) ?? 1) > UNMOVED
    ? `no uncertain input moves ${name}`
    : `what ${name} hangs on is not known: in some draws of the uncertain inputs it is infinite`
}

/** Longer lists do not help. */
const MOST_NAMES = 3

/** "a, b and 2 more" */
function shortList(texts: readonly string[], most = MOST_NAMES): string {
  if (texts.length <= most) return listed(texts)
  return listed([...texts.slice(0, most), `${texts.length - most} more`])
}

/** "web: latency p99 hangs on A (71 % of what is not known) and B (24 %)" */
function hangsOn(answer: Answer, shown: (input: string) => string): string {
  const name = answerName(answer)
  const { effects } = answer
  const together = answer.together ?? 0
  const share = (value: number) => percent(value, 0.03)
  const notable = notableEffects(answer)
  if (notable.length === 0) {
    const totals = effects.filter(({ total }) => (total?.value ?? 0) >= NOTABLE)
    const each = totals
      .toSorted((a, b) => b.total!.value - a.total!.value)
      .map(({ input, total }) => `${shown(input)} (${share(total!.value)} with others)`)
    const which = each.length === 0 ? '' : `: ${shortList(each)}`
    return `${name} hangs on no input alone${which}`
  }
  const each = notable.map(({ input, share: alone, total }, i) => {
    const all = total?.value ?? alone.value
    const others = all - alone.value >= NOTABLE ? `, ${share(all)} with others` : ''
    return `${shown(input)} (${share(alone.value)}${i === 0 ? ' of what is not known' : ''}${others})`
  })
  const rest = together < NOTABLE ? '' : `; ${share(together)} is of no input alone`
  return `${name} hangs on ${shortList(each)}${rest}`
}

/** An interval that is narrower by less than this share has not changed. */
const UNCHANGED = 0.95

/** The input that narrows an answer most, and those that are known well enough. */
function nextMeasurement(answer: Answer, { inputs }: Uncertainty): string[] {
  const name = answerName(answer)
  const known = answer.narrowings
    .map((narrowing, i) => ({ ...narrowing, of: inputs[i]! }))
    .toSorted((a, b) => a.left.value - b.left.value)
  const [first, ...others] = known
  if (first === undefined) return []
  const ofDraws = shareOfDraws(answer) ?? 0
  // draws and inputs add up in squares
  if (Math.sqrt(1 - ofDraws ** 2) < first.left.value) {
    return [
      `more replications narrow ${name} more than any measurement: draws alone are ${percent(ofDraws, 0.03)} of the width of its interval`,
      ...wellKnown(known),
    ]
  }
  if (first.left.high > UNCHANGED) {
    return [`no single measurement is sure to narrow ${name} by 5 %`, ...wellKnown(known)]
  }
  const rivals = others.filter(({ left }) => left.low < first.left.high && left.high <= UNCHANGED)
  const quantity = answerQuantity(answer)
  const before = endsText(answer.draws, answer, quantity)
  const after = endsText(answer.draws, narrowedEnds(answer, first.left.value), quantity)
  const width = widthText(first.of, first.enough.low)
  const enough = width === null ? '' : `, and known within ${width} about as far`
  const as = rivals.map(({ input }) => input)
  const also = as.length === 0 ? '' : `, or about as well ${shortList(as)}`
  return [
    `next measurement: ${first.input}${also}; known exactly, it narrows ${name} from ${before} to about the width of ${after}${enough}`,
    ...wellKnown(others),
  ]
}

type Known = Answer['narrowings'][number] & { readonly of: Uncertainty['inputs'][number] }

/** "knowing B better than ± 6 % changes nothing; C and D are known well enough" */
function wellKnown(others: readonly Known[]): string[] {
  const better = others.flatMap(({ input, of, enough }) => {
    const width = enough.low >= 1 ? null : widthText(of, enough.low)
    return width === null ? [] : [`${input} better than ${width}`]
  })
  const known = others.flatMap(({ input, enough }) => (enough.low >= 1 ? [input] : []))
  const texts = [
    ...(better.length === 0 ? [] : [`knowing ${shortList(better)} changes nothing`]),
    ...(known.length === 0
      ? []
      : [`${shortList(known)} ${known.length === 1 ? 'is' : 'are'} known well enough`]),
  ]
  return texts.length === 0 ? [] : [texts.join('; ')]
}

import { type Objective, parseObjective } from '../../scenarios/index.ts'
import type { Result, Verdict } from '../../sim/documents/index.ts'
import {
  declared,
  estimateText,
  exactText,
  percent,
  percentileName,
  type Quantity,
} from '../format.ts'
import { lostText } from './lost.ts'
import { undecidedText } from './summary.ts'
import { withInputsText } from './uncertainty-tables.ts'

/** An objective with its figure and its limit, as a sentence. */
export interface ObjectiveSentence {
  readonly world: Result['world']
  readonly verdict: Verdict
  readonly text: string
}

/** Every objective of a result: "web: p99 latency is 62 ms, below the limit of 250 ms". */
export function objectiveSentences(result: Result): ObjectiveSentence[] {
  return result.objectives.map((line) => {
    const { class: name, text, verdict } = line
    const objective = parseObjective(text)
    const trafficClass = result.classes.find((candidate) => candidate.name === name)
    const lost = trafficClass === undefined ? null : lostOf(trafficClass, objective?.kind)
    const sentence = objective === null ? text : sentenceOf(objective, line, lost)
    return { world: result.world, verdict, text: `${name}: ${sentence}` }
  })
}

/** The requests, or the calls, that a percentile counts as infinitely long. */
function lostOf({ counts, calls }: Result['classes'][number], kind: Objective['kind'] | undefined) {
  if (kind !== 'call' || calls === null) return lostText([counts])
  const share = 1 - calls.answered / Math.max(1, calls.made)
  return share > 0 ? `${percent(share)} of the calls were not answered` : null
}

const QUANTITIES = {
  latency: 'latency',
  ttft: 'time to the first token (TTFT)',
  tpot: 'time of each further token (TPOT)',
  call: 'time of a call with all its attempts',
} as const

function sentenceOf(
  objective: Objective,
  line: Result['objectives'][number],
  lost: string | null,
): string {
  const { verdict, estimate } = line
  const reason = undecidedText(line)
  const open = reason === null ? '' : `: ${reason}`
  if (objective.kind === 'goodput') {
    const limit = exactText(objective.share, 'share')
    const shown = figureText(line, 'share')
    return `goodput, requests served within every limit of their class, is ${shown}${judged(verdict, limit, GOODPUT)}${open}`
  }
  if (objective.kind === 'cost') {
    const limit = exactText(objective.limitUsd, 'usd')
    return `cost of a million served requests is ${figureText(line, 'usd')}${judged(verdict, limit, TIMES)}${open}`
  }
  const limit = exactText(objective.limitMs, 'time')
  const { percentile, kind, window_s } = objective
  const window = window_s === null ? '' : ` in the worst ${declared(window_s)} s`
  const what = `${percentileName(percentile)} ${QUANTITIES[kind]}${window}`
  const all = objective.kind === 'call' ? 'calls' : 'arrivals'
  if (estimate.value === null && verdict === 'FAIL') {
    const share = lost === null ? 'too many requests were lost' : lost
    return `${what} of all ${all} is infinite, as ${share}; the limit is ${limit}`
  }
  const counted = lost === null ? '' : ` of all ${all}, where a lost one never ends,`
  const note = lost === null ? '' : `; ${lost}`
  const shown = figureText(line, 'time')
  return `${what}${counted} is ${shown}${judged(verdict, limit, TIMES)}${open}${note}`
}

function figureText(line: Result['objectives'][number], quantity: Quantity): string {
  const { estimate } = line
  if (estimate.value === null) return 'not known'
  return `${estimateText(estimate, quantity)}${withInputsText(line, quantity)}`
}

interface Words {
  readonly PASS: string
  readonly FAIL: string
}

const TIMES: Words = { PASS: 'below', FAIL: 'not below' }
const GOODPUT: Words = { PASS: 'above', FAIL: 'not above' }

function judged(verdict: Verdict, limit: string, words: Words): string {
  if (verdict === 'UNDECIDED') return `, which does not decide about the limit of ${limit}`
  return `, ${words[verdict]} the limit of ${limit}`
}

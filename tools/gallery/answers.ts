import {
  capitalise,
  declared,
  estimateText,
  exactText,
  listed,
  objectiveLimit,
  percentileName,
  type Quantity,
} from '../../reports/format.ts'
import { lostText } from '../../reports/tables/lost.ts'
import { objectiveSentences } from '../../reports/tables/objective-sentences.ts'
import { type Objective, parseObjective } from '../../scenarios/index.ts'
import { type Estimate, type Result, type Verdict, worstOrNull } from '../../sim/documents/index.ts'
import type { System, Systems } from './entry.ts'

/** Sentences of the gallery, made from results. */

type ObjectiveLine = Result['objectives'][number]

/** A system in an answer. */
export interface Answering {
  /** "with FIFO" */
  readonly phrase: string
  readonly objectives: readonly ObjectiveLine[]
  /** what became of the lost requests of a class, as a percentile may be infinite for them */
  readonly lost: (className: string) => string | null
}

const answering = ({ phrase, result: { objectives, classes } }: System): Answering => ({
  phrase,
  objectives,
  lost: (className) =>
    lostText(classes.filter(({ name }) => name === className).map(({ counts }) => counts)),
})

/** Each objective of one result with its verdict, a sentence each. */
export function verdictSentences(result: Result): string {
  return objectiveSentences(result)
    .map(({ verdict, text }) => `**${verdict}** ${text}.`)
    .join(' ')
}

/**
 * Which systems meet every objective, and a sentence for each objective with the figure and the
 * verdict of each system.
 */
export function objectivesCompared(systems: readonly [Answering, ...Answering[]]): string {
  return `${systemsJudged(systems)} ${figuresJudged(systems)}`
}

/** The same of systems that were simulated. */
export const systemsCompared = ([first, ...others]: Systems) =>
  objectivesCompared([answering(first), ...others.map(answering)])

/** "Every objective is met with shedding; one or more are missed with FIFO." */
function systemsJudged(systems: readonly [Answering, ...Answering[]]): string {
  const several = systems[0].objectives.length > 1
  const by = (wanted: Verdict) =>
    listed(
      systems
        .filter(
          ({ objectives }) => worstOrNull(objectives.map(({ verdict }) => verdict)) === wanted,
        )
        .map(({ phrase }) => phrase),
    )
  const parts = [
    [several ? 'every objective is met' : 'the objective is met', by('PASS')],
    [several ? 'one or more are undecided' : 'it is undecided', by('UNDECIDED')],
    [several ? 'one or more are missed' : 'it is missed', by('FAIL')],
  ]
  const texts = parts.flatMap(([what, which]) => (which === '' ? [] : [`${what} ${which}`]))
  return `${capitalise(texts.join('; '))}.`
}

function figuresJudged(systems: readonly [Answering, ...Answering[]]): string {
  const [first] = systems
  const several = new Set(first.objectives.map(({ class: name }) => name)).size > 1
  return first.objectives
    .map(({ class: name, text }, i) => {
      const objective = parseObjective(text)!
      const of = several ? ` of ${name}` : ''
      const figures = systems.map((system) => {
        const line = system.objectives[i]!
        return `${figureOf(system, line, objective)} ${system.phrase} (**${line.verdict}**)`
      })
      const what = headed(objectiveName(objective))
      return `${what}${of} is ${listed(figures)}; the objective is ${limitText(objective)}.`
    })
    .join(' ')
}

function figureOf(system: Answering, line: ObjectiveLine, objective: Objective): string {
  const { quantity } = objectiveLimit(objective)
  if (line.estimate.value !== null) return estimateText(line.estimate, quantity)
  if (line.verdict !== 'FAIL') return 'not known'
  const lost = system.lost(line.class)
  return lost === null ? 'infinite' : `infinite, as ${lost},`
}

const KINDS = {
  latency: 'latency',
  ttft: 'time to the first token',
  tpot: 'time of each further token',
  call: 'time of a call',
} as const

/** "p95 latency in the worst 15 s", "goodput" */
export function objectiveName(objective: Objective): string {
  if (objective.kind === 'goodput') return 'goodput'
  if (objective.kind === 'cost') return 'cost of a million served requests'
  const { percentile, kind, window_s } = objective
  const window = window_s === null ? '' : ` in the worst ${declared(window_s)} s`
  return `${percentileName(percentile)} ${KINDS[kind]}${window}`
}

/** "above 75 %", "below 250 ms" */
export function limitText(objective: Objective): string {
  const { limit, quantity } = objectiveLimit(objective)
  return `${objective.kind === 'goodput' ? 'above' : 'below'} ${exactText(limit, quantity)}`
}

/** "Goodput is 14.1 [13.6, 14.6] % with FIFO and 80.2 [79.2, 81.2] % with shedding." */
export function figuresCompared(
  what: string,
  quantity: Quantity,
  figures: readonly { readonly phrase: string; readonly estimate: Estimate | null }[],
): string {
  const texts = figures.map(({ phrase, estimate }) => {
    const isKnown = estimate !== null && estimate.value !== null
    return `${isKnown ? estimateText(estimate, quantity) : 'not known'} ${phrase}`
  })
  return `${what} is ${listed(texts)}.`
}

/** A name as the first word of a sentence: "Goodput", but "p95 latency". */
export const headed = (name: string) => (/^p\d/.test(name) ? name : capitalise(name))

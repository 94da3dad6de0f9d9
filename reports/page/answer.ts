import { type Comparison, type WhatIf, worst } from '../../sim/documents/index.ts'
import { type LabelledWorld, type ReportInput, sidesOf, worlds } from '../charts/frame.ts'
import { capitalise, estimateText } from '../format.ts'
import { leftOutWidths } from '../tables/left-out-widths.ts'
import { lostText } from '../tables/lost.ts'
import { memoryAlarms } from '../tables/memory-rows.ts'
import { type ObjectiveSentence, objectiveSentences } from '../tables/objective-sentences.ts'
import {
  checksOf,
  decisiveReason,
  headroomText,
  hostText,
  noiseFloorText,
  notCountedReplays,
  overloadText,
  precisionText,
  resultCostText,
} from '../tables/summary.ts'
import { illConditioned, uncertaintySentences } from '../tables/uncertainty-sentences.ts'
import { whatIfAnswer } from '../tables/what-if-answer.ts'
import { changesText } from '../what-if-text.ts'
import { type Html, html, NOTHING } from './html.ts'
import { warningList } from './page-parts.ts'

/** The first screen, below the question of the scenario: its answers, and how far to trust them. */
export function answer(input: ReportInput): Html {
  const { measured, simulated, comparison } = input
  const host = measured?.host ?? simulated?.host
  return html`${doubts(input)}${comparison?.what_if ? whatIfBox(comparison.what_if, input) : NOTHING}
${objectives(input)}
${headroom(input)}${precision(input)}
${costs(input)}${leftOut(input)}
${causes(input)}${warnings(input)}${memoryWarnings(input)}
${comparison ? trust(comparison) : NOTHING}
${host ? html`<p class="quiet">On ${hostText(host)}</p>` : NOTHING}`
}

function whatIfBox(whatIf: WhatIf, { against }: ReportInput): Html {
  const ofA = against
    ? 'Charts, and comparisons of simulated with measured,'
    : 'Objectives, tables and charts'
  return html`<p class="verdict">${whatIfAnswer(whatIf)}</p>
<p class="quiet">Measured latency of B over that of A. From A to B:</p>
<ul class="plain">${changesText(whatIf).map((change) => html`<li>${change.replace(' → ', '\u00a0→\u00a0')}</li>\n`)}</ul>
<p class="quiet">${ofA} are of A, except for the section “B against A”.</p>`
}

/** The verdict of each objective in words; where none is stated, the latency of each class. */
function objectives(input: ReportInput): Html {
  const sides = sidesOf(input)
  const present = sides.flat()
  if (present.every(({ result }) => result.objectives.length === 0)) {
    return present.length === 0 && input.comparison ? NOTHING : unjudged(present)
  }
  const alone = present.length === 1
  return html`${alone ? verdicts([{ ...present[0]!, label: '' }]) : sides.map(verdicts)}`
}

/** The objectives of one side. */
function verdicts(side: readonly LabelledWorld[]): Html {
  const sentences = side.flatMap(({ label, result }) =>
    objectiveSentences(result).map((sentence) => ({ ...sentence, label })),
  )
  const last = side.at(-1)
  if (last === undefined || sentences.length === 0) return NOTHING
  // a measurement decides before a simulation
  const deciding = sentences.filter(({ world }) => world === last.name)
  const verdict = worst(deciding.map((sentence) => sentence.verdict))
  const [only, ...more] = deciding
  if (more.length === 0) {
    const others = sentences.filter((sentence) => sentence !== only)
    return html`${box(verdict, labelled(only!))}${list(others)}`
  }
  const some = deciding.filter((sentence) => sentence.verdict === verdict).length
  const what = { PASS: 'met', FAIL: 'missed', UNDECIDED: 'undecided' }[verdict]
  const ofWorld = last.label === '' ? '' : `, ${last.label}`
  return html`${box(verdict, html`${some} of ${deciding.length} objectives ${what}${ofWorld}`)}
${list(sentences)}`
}

function precision(input: ReportInput): Html[] {
  return worlds(input).flatMap(({ result }) => {
    const text = precisionText(result)
    return text === null ? [] : [html`<p>${capitalise(text)}.</p>\n`]
  })
}

function headroom(input: ReportInput): Html[] {
  return worlds(input).flatMap(({ result }) => {
    const text = headroomText(result)
    return text === null ? [] : [html`<p><b>Headroom</b>: ${text}</p>\n`]
  })
}

/** By the prices of the pools, which both sides have in common. */
function costs(input: ReportInput): Html[] {
  const several = worlds(input).length > 1
  return worlds(input).flatMap(({ name, result }) => {
    const text = resultCostText(result)
    if (text === null) return []
    const of = several ? html` (<span class="${name}">${name}</span>)` : NOTHING
    return [html`<p><b>Cost</b>${of}: ${text}</p>\n`]
  })
}

/** Widths that the intervals leave out. */
function leftOut(input: ReportInput): Html[] {
  return worlds(input).flatMap(({ result }) => {
    const text = leftOutWidths(result)
    return text === null ? [] : [html`<p class="quiet">Intervals ${text}.</p>\n`]
  })
}

/** What makes an answer worth little, before any of them. */
function doubts(input: ReportInput): Html {
  const texts = sidesOf(input).flatMap((side) =>
    side.flatMap(({ label, result }) => illConditioned(result).map((text) => `${label}: ${text}`)),
  )
  return warningList(texts)
}

/** What answers hang on where inputs are not known, and what to measure next. */
function causes(input: ReportInput): Html[] {
  return worlds(input).flatMap(({ result }) =>
    uncertaintySentences(result).map((text) => html`<p>${text}.</p>\n`),
  )
}

const box = (verdict: string, text: Html) =>
  html`<p class="verdict ${verdict}"><b class="${verdict}">${verdict}</b> – ${text}</p>`

interface Labelled extends ObjectiveSentence {
  /** empty where there is one side and one world */
  readonly label: string
}

function list(sentences: readonly Labelled[]): Html {
  const lines = sentences.map(
    (sentence) =>
      html`<li><b class="${sentence.verdict}">${sentence.verdict}</b> ${labelled(sentence)}</li>\n`,
  )
  return lines.length === 0 ? NOTHING : html`<ul class="plain">${lines}</ul>`
}

const labelled = ({ world, label, text }: Labelled) =>
  html`${label === '' ? NOTHING : html`<span class="${world}">${label}</span>, `}${text}`

/** Without objectives, the latency of at most this many classes is shown. */
const MOST_CLASSES = 6

function unjudged(present: readonly LabelledWorld[]): Html {
  const lines = present.flatMap(({ name, label, result }) =>
    result.classes.slice(0, MOST_CLASSES).map((trafficClass) => {
      const { p50, p99 } = trafficClass.latency.percentiles
      const tail = p99.value === null ? '' : `, p99 ${estimateText(p99, 'time')}`
      const lost = lostText([trafficClass.counts])
      const served = lost === null ? '' : `${lost}; of the others `
      const text = `${trafficClass.name}: ${served}p50 ${estimateText(p50, 'time')}${tail}`
      return html`<li><span class="${name}">${label}</span>, ${text}</li>\n`
    }),
  )
  return html`<p class="verdict"><b>No verdict</b> – the scenario states no objective; add one under slo</p>
${lines.length > 0 ? html`<ul class="plain">${lines}</ul>` : NOTHING}`
}

/** The checks of the simulation against replays, under a heading of their own. */
function trust(comparison: Comparison): Html {
  const { not_seen } = comparison
  return html`<h2>Can the simulation be trusted?</h2>
${box(comparison.verdict, html`${decisiveReason(comparison)}`)}
<ul class="plain">${checksOf(comparison).map((check) => html`<li class="quiet"><b class="${check.verdict}">${check.verdict}</b> ${check.name}: ${check.reason}</li>\n`)}${not_seen === undefined ? NOTHING : html`<li class="quiet">not seen: ${not_seen}</li>\n`}<li class="quiet">noise floor (A/A): ${noiseFloorText(comparison)}</li>
</ul>`
}

/** Warnings of the documents, such as why a replay does not count. */
function warnings(input: ReportInput): Html {
  const { measured, comparison } = input
  const results = sidesOf(input).flatMap((side) =>
    side.flatMap(({ label, result }) =>
      [...[overloadText(result) ?? []].flat(), ...result.warnings].map(
        (text) => `${label}: ${text}`,
      ),
    ),
  )
  // the measured document has the same warnings
  const texts = comparison && !measured ? notCountedReplays(comparison) : []
  return warningList([...results, ...texts])
}

function memoryWarnings(input: ReportInput): Html[] {
  return sidesOf(input).flatMap((side) =>
    side.flatMap(({ name, label, result }) =>
      memoryAlarms(result).map(
        (text) =>
          html`<p class="warning"><b>Out of memory</b> (<span class="${name}">${label}</span>): ${text}.</p>\n`,
      ),
    ),
  )
}

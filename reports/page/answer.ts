import type { Comparison, WhatIf } from '../../sim/documents/index.ts'
import { type ReportInput, worlds, worst } from '../charts/frame.ts'
import { estimateText } from '../format.ts'
import { memoryAlarms } from '../tables/memory-rows.ts'
import { type ObjectiveSentence, objectiveSentences } from '../tables/objective-sentences.ts'
import {
  checksOf,
  decisiveReason,
  headroomText,
  hostText,
  NOT_VALID,
  noiseFloorText,
  notCountedTexts,
  overloadText,
} from '../tables/summary.ts'
import { whatIfAnswer } from '../tables/what-if-answer.ts'
import { changesText } from '../what-if-text.ts'
import { type Html, html, isolated, NOTHING } from './html.ts'

/** The first screen: the question of the scenario, its answers, and how far to trust them. */
export function answer(input: ReportInput, name: string): Html {
  const { measured, simulated, comparison } = input
  const documents = [measured, simulated, comparison].filter((document) => document !== null)
  const description = documents[0]?.scenario.description ?? ''
  const host = measured?.host ?? simulated?.host
  return html`<h1>${isolated(name)}</h1>
${description === '' ? NOTHING : html`<p class="question">${isolated(description)}</p>`}
${comparison?.what_if ? whatIfBox(comparison.what_if) : NOTHING}
${objectives(input)}
${headroom(input)}
${warnings(input)}${memoryWarnings(input)}
${comparison ? trust(comparison) : NOTHING}
${host ? html`<p class="quiet">On ${hostText(host)}</p>` : NOTHING}`
}

function whatIfBox(whatIf: WhatIf): Html {
  return html`<p class="verdict">${whatIfAnswer(whatIf)}</p>
<p class="quiet">Measured latency of B over that of A. From A to B:</p>
<ul class="plain">${changesText(whatIf).map((change) => html`<li>${change.replace(' → ', '\u00a0→\u00a0')}</li>\n`)}</ul>
<p class="quiet">Objectives, tables and charts are of A, except for the section “B against A”.</p>`
}

/** The verdict of each objective in words; where none is stated, the latency of each class. */
function objectives(input: ReportInput): Html {
  const present = worlds(input)
  const sentences = present.flatMap(({ result }) => objectiveSentences(result))
  const several = present.length > 1
  if (sentences.length === 0) {
    return present.length === 0 && input.comparison ? NOTHING : unjudged(input)
  }
  // a measurement decides before a simulation
  const last = present.at(-1)!.name
  const deciding = sentences.filter(({ world }) => world === last)
  const verdict = worst(deciding.map((sentence) => sentence.verdict))!
  const [only, ...more] = deciding
  if (more.length === 0) {
    const others = sentences.filter((sentence) => sentence !== only)
    return html`${box(verdict, sided(only!, several))}${list(others, several)}`
  }
  const some = deciding.filter((sentence) => sentence.verdict === verdict).length
  const what = { PASS: 'met', FAIL: 'missed', UNDECIDED: 'undecided' }[verdict]
  const ofWorld = several ? `, ${last}` : ''
  return html`${box(verdict, html`${some} of ${deciding.length} objectives ${what}${ofWorld}`)}
${list(sentences, several)}`
}

function headroom(input: ReportInput): Html[] {
  return worlds(input).flatMap(({ result }) => {
    const text = headroomText(result)
    return text === null ? [] : [html`<p><b>Headroom</b>: ${text}</p>\n`]
  })
}

const box = (verdict: string, text: Html) =>
  html`<p class="verdict ${verdict}"><b class="${verdict}">${verdict}</b> – ${text}</p>`

function list(sentences: readonly ObjectiveSentence[], several: boolean): Html {
  const lines = sentences.map(
    (one) => html`<li><b class="${one.verdict}">${one.verdict}</b> ${sided(one, several)}</li>\n`,
  )
  return lines.length === 0 ? NOTHING : html`<ul class="plain">${lines}</ul>`
}

const sided = ({ world, text }: ObjectiveSentence, several: boolean) =>
  html`${several ? html`<span class="${world}">${world}</span>, ` : NOTHING}${text}`

/** Without objectives, the latency of at most this many classes is shown. */
const MOST_CLASSES = 6

function unjudged(input: ReportInput): Html {
  const lines = worlds(input).flatMap(({ name, result }) =>
    result.classes.slice(0, MOST_CLASSES).map((own) => {
      const { p50, p99 } = own.latency.percentiles
      const tail = p99.value === null ? '' : `, p99 ${estimateText(p99, 'time')}`
      const text = `${own.name}: p50 ${estimateText(p50, 'time')}${tail}`
      return html`<li><span class="${name}">${name}</span>, ${text}</li>\n`
    }),
  )
  return html`<p class="verdict"><b>No verdict</b> – the scenario states no objective; add one under slo</p>
${lines.length > 0 ? html`<ul class="plain">${lines}</ul>` : NOTHING}`
}

/** The checks of the simulation against replays, under a heading of their own. */
function trust(comparison: Comparison): Html {
  return html`<h2>Can the simulation be trusted?</h2>
${box(comparison.verdict, html`${decisiveReason(comparison)}`)}
<ul class="plain">${checksOf(comparison).map((check) => html`<li class="quiet"><b class="${check.verdict}">${check.verdict}</b> ${check.name}: ${check.reason}</li>\n`)}<li class="quiet">noise floor (A/A): ${noiseFloorText(comparison)}</li>
</ul>`
}

/** Warnings of the documents, such as why a replay does not count. */
function warnings(input: ReportInput): Html {
  const { measured, comparison } = input
  const results = worlds(input).flatMap(({ name, result }) => [
    ...(result.valid ? [] : [`${name}: ${NOT_VALID}`]),
    ...[overloadText(result) ?? []].flat().map((text) => `${name}: ${text}`),
    ...result.warnings.map((text) => `${name}: ${text}`),
  ])
  // the measured document has the same warnings
  const texts = comparison && !measured ? notCountedTexts(comparison) : []
  return warningList([...results, ...texts])
}

/** Warnings in one frame, so that many of them do not push the answer away. */
export function warningList(texts: readonly string[]): Html {
  if (texts.length === 0) return NOTHING
  return html`<ul class="warning plain">${texts.map((text) => html`<li>${text}</li>\n`)}</ul>\n`
}

function memoryWarnings(input: ReportInput): Html[] {
  return worlds(input).flatMap(({ name, result }) =>
    memoryAlarms(result).map(
      (text) =>
        html`<p class="warning"><b>Out of memory</b> (<span class="${name}">${name}</span>): ${text}.</p>\n`,
    ),
  )
}

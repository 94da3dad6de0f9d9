import { doNotCount, type Result, replicaUse, type WhatIf } from '../../sim/documents/index.ts'
import { sidesOf, worlds } from '../charts/frame.ts'
import { allCharts, type ChartName, MOST_SPACES, type ReportInput } from '../charts/index.ts'
import { declared, plural, runsText, toleranceText } from '../format.ts'
import { AVAILABILITY_TABLES, availablePools } from '../tables/availability-tables.ts'
import { ENERGY_TABLES, poweredPools } from '../tables/energy-tables.ts'
import { MEMORY_TABLES } from '../tables/memory-rows.ts'
import { memorySpaces } from '../tables/memory-spaces.ts'
import { REPLICA_HOURS } from '../tables/replica-hours.ts'
import { RESULT_TABLES } from '../tables/result-tables.ts'
import { hostText } from '../tables/summary.ts'
import { UNCERTAINTY_TABLES } from '../tables/uncertainty-tables.ts'
import { measuredText, notCountedRounds } from '../what-if-text.ts'
import { answer } from './answer.ts'
import { assumptionsSection } from './assumptions-section.ts'
import { blameSection } from './blame-page.ts'
import { documentPage, drawnFigures } from './document-page.ts'
import { type Html, html, isolated, NOTHING } from './html.ts'
import { question, warningList } from './page-parts.ts'
import {
  arenaSection,
  bothSidesSection,
  comparisonSection,
  percentileSection,
  resultTables,
  splitSection,
  whatIfSection,
} from './page-tables.ts'

export interface PageInput extends ReportInput {
  /** the command that reproduces the comparison; without one, the page */
  readonly command: string
}

/**
 * The report as one HTML file. It needs neither network nor scripts, can be printed, and starts
 * with the verdict. Any of the documents may be missing.
 */
export async function reportHtml(input: PageInput): Promise<string> {
  const charts = await drawnFigures((width) => allCharts(input, width))
  const show = (...names: ChartName[]) => names.map((name) => charts.get(name) ?? NOTHING)
  const { comparison } = input
  const present = worlds(input)
  const any = present.length > 0
  const { name, description } = (input.measured ?? input.simulated ?? comparison)?.scenario ?? NONE
  const body = html`${answer(input)}
${comparison?.what_if ? whatIf(input, comparison.what_if, show('what-if')) : NOTHING}
${show('tail', 'ttft-tail', 'tpot-tail', 'class-tails')}${unknown(input, show('both-intervals', 'input-shares'))}
${any ? html`<h2>Percentiles</h2>${percentileSection(input)}` : NOTHING}
${comparison ? html`<h2>Simulated against measured</h2>${comparisonSection(comparison)}${show('errors')}` : NOTHING}
${comparison ? html`${show('error-split')}${splitSection(comparison)}` : NOTHING}
${comparison ? arenaSection(comparison) : NOTHING}
${comparison?.steps ? html`<h2>Steps of the engines</h2>${show('step-lanes')}` : NOTHING}
${
  any
    ? html`<h2>Where the time went</h2>${show('where-time-went')}
${input.blame ? html`<h2>Blame</h2>${await blameSection(input.blame, 'h3')}` : NOTHING}
<h2>Over time</h2>${show('rates', 'queue-depth', 'latency-heat', 'machine-speed')}
${show('tuned-settings')}
${replicas(input, show('replicas-over-time'))}
${hours(input, show('replica-hours'))}
${energy(input, show('power-over-time'))}
${memory(input, charts)}
<h2>Batches, requests and pools</h2>${show('batch-sizes')}${resultTables(input, RESULT_TABLES)}
${assumptionsSection(input, show('batch-times'))}`
    : NOTHING
}`
  return documentPage({
    title: `${name} – Spillway report`,
    heading: isolated(name),
    question: question(description),
    body,
    made: provenance(input),
    command: input.command,
    does: comparison ? 'reproduces it' : 'writes this page again',
  })
}

const NONE = { name: 'no documents', description: '' }

/** Uncertain inputs, and what they do to figures. */
function unknown(input: ReportInput, figures: readonly Html[]): Html {
  if (worlds(input).every(({ result }) => result.uncertainty === undefined)) return NOTHING
  return html`<h2>What is not known</h2>
${figures}${resultTables(input, UNCERTAINTY_TABLES)}`
}

/** Replicas that start and stop, and what scalers decided. */
function replicas(input: ReportInput, figures: readonly Html[]): Html {
  const any = sidesOf(input).some((side) =>
    side.some(({ result }) => availablePools(result).length > 0),
  )
  if (!any) return NOTHING
  return html`<h2>Replicas</h2>
${figures}${resultTables(input, AVAILABILITY_TABLES)}`
}

/** What is paid for and what the work needs, where capacities are known. */
function hours(input: ReportInput, figures: readonly Html[]): Html {
  const any = worlds(input).some(({ result }) => replicaUse(result).length > 0)
  if (!any) return NOTHING
  return html`<h2>Replica-hours</h2>
${figures}${resultTables(input, [REPLICA_HOURS])}`
}

/** Power, heat and energy of accelerators, where a result has them. */
function energy(input: ReportInput, figures: readonly Html[]): Html {
  const powered = sidesOf(input).flatMap((side) =>
    side.filter(({ result }) => poweredPools(result).length > 0),
  )
  const heated = powered.some(({ result }) =>
    poweredPools(result).some(({ energy }) => energy.series.heat !== null),
  )
  if (powered.length === 0) return NOTHING
  return html`<h2>${heated ? 'Power, heat and energy' : 'Power and energy'}</h2>
${figures}${resultTables(input, ENERGY_TABLES)}`
}

/** Charts of memory, the number of spaces without a chart, and the figures of each space. */
function memory(input: ReportInput, charts: ReadonlyMap<ChartName, Html>): Html {
  if (worlds(input).every(({ result }) => result.memory.length === 0)) return NOTHING
  const figures = [...charts].flatMap(([name, figure]) => (/^memory-/.test(name) ? [figure] : []))
  const others = memorySpaces(input).length - MOST_SPACES
  const more =
    others <= 0
      ? NOTHING
      : html`<p class="quiet">The fullest are drawn; ${plural(others, 'further space')} in the tables only.</p>\n`
  return html`<h2>Memory</h2>
${figures}${more}${resultTables(input, MEMORY_TABLES)}<p class="quiet">Internal fragmentation: bytes of chunks beyond the size requested, at the peak. External
fragmentation: the most free memory outside the largest free chunk, as a share of the memory reserved and not in use.
Figures of a pool are those of its fullest replica, counts are of all replicas. The warm-up is included.</p>
`
}

function whatIf(input: ReportInput, document: WhatIf, figures: readonly Html[]): Html {
  return html`<h2>B against A</h2>
<p>Predicted from a profile that was recorded without the change, then measured in ${measuredText(document)}.</p>
${warningList(input.against?.measured ? namedRounds(document) : notCountedRounds(document))}
${figures}${whatIfSection(document)}${bothSidesSection(input)}`
}

/** The rounds that do not count, where warnings of both sides have the reasons. */
function namedRounds({ not_counted }: WhatIf): string[] {
  if (not_counted.length === 0) return []
  const rounds = not_counted.map(({ round }) => ({ number: round }))
  return [`${doNotCount('round', rounds)}, as a replay of A or B does not`]
}

function provenance(input: ReportInput): Html {
  const facts = [...commonFacts(input), ...worlds(input).flatMap(({ result }) => factsOf(result))]
  return html`<ul>${assumptions(input).map((text) => html`<li>${text}</li>\n`)}</ul>
<dl>${facts.map(([term, text]) => html`<dt>${term}</dt><dd>${text}</dd>\n`)}</dl>`
}

type Fact = readonly [term: string, text: string]

function commonFacts({ simulated, measured, comparison }: ReportInput): Fact[] {
  const any = measured ?? simulated ?? comparison
  if (!any) return []
  const { scenario, seed, version, commit, profile } = any
  const facts: Fact[] = [
    ['scenario', `${scenario.name} (${scenario.hash})`],
    ['seed', String(seed)],
    ['version', commit === null ? version : `${version} (${commit})`],
  ]
  if (profile) facts.push(['profile', `${profile.name} (${profile.hash})`])
  if (comparison) {
    facts.push(['structure tolerance', toleranceText(comparison.tolerance)])
    if (comparison.what_if) {
      const { scenario: changed, requests } = comparison.what_if
      facts.push(['what if (B)', `${changed.name} (${changed.hash}), requests ${requests}`])
    }
  }
  return facts
}

function factsOf(result: Result): Fact[] {
  const { world, duration_s, requests, host } = result
  const runs = `${runsText(result)} of ${declared(duration_s)} s, requests ${requests}`
  return [[world, runs], ...(host ? [[`${world} on`, hostText(host)] as const] : [])]
}

function assumptions({ simulated, measured, comparison }: ReportInput): string[] {
  const any = measured ?? simulated
  const texts = ['Intervals are 95 %. A figure that the sample cannot support is left out.']
  if (any) {
    texts.push(
      'A latency runs from the scheduled arrival to the completion, over served requests; a late load generator adds to it. Objectives count all arrivals: a lost request takes infinitely long.',
      'Curves are the median of runs. Figures in tables and titles are means over runs, so they may differ a little.',
    )
    if (any.warmup_s > 0) texts.push(`The first ${any.warmup_s} s of each run is left out.`)
  }
  if (simulated && measured) {
    texts.push(
      simulated.requests === measured.requests
        ? 'Simulation and replays served the same requests with the same control plane.'
        : 'Simulation and replays served different draws of the requests.',
    )
  }
  if (comparison?.what_if) {
    texts.push(
      'Both sides alternated, so that a slow period of the machine affects both.',
      ...(comparison.what_if.slice_ms === null
        ? []
        : [
            'At the end of each slice no request is sent, so that executors finish before the other side plays.',
          ]),
    )
  }
  if (simulated?.profile) {
    const isWider = simulated.uncertainty !== undefined
    const what = isWider ? 'intervals by draws are not' : 'intervals are of the draws only, not'
    texts.push(
      `Simulated service times come from the profile named below. Simulated ${what} of the profile.`,
    )
  }
  return texts
}

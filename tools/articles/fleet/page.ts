import { within } from '../../../sim/stats/index.ts'
import { figuresOfFleet } from '../../claims/figures/fleet.ts'
import { markdownTable } from '../../markdown-table.ts'
import type { Article } from '../../study.ts'
import { haveTraces } from '../azure.ts'
import { SHARED } from '../published.ts'
import {
  intervalText as interval,
  PARTS,
  PLACEMENTS,
  type Placement,
  placementSection,
  placementStudy,
  placementText,
} from './placement.ts'
import { haveRates } from './rates.ts'
import {
  ATTAINED,
  codeStudy,
  DRAWS,
  EVENING_H,
  EVENINGS,
  FACTOR,
  type ScalingExtent,
  SERVICE_S,
  SMALL_SCALING,
  type Study,
  type StudyRow,
  WHOLE_SCALING,
  waveStudy,
} from './scaling.ts'

/** The page on fleets: scalers and places on recorded traffic. */

/** Starts of a replica, s: pods were measured at 110; llm-d states up to 7 minutes. */
const STARTS_S = [110, 420] as const

/** How much is played. */
interface Extent extends ScalingExtent {
  /** starts of a replica on the wave, s */
  readonly startsS: readonly number[]
  readonly placements: readonly Placement[]
  readonly parts: number
}

const WHOLE: Extent = { ...WHOLE_SCALING, startsS: STARTS_S, placements: PLACEMENTS, parts: PARTS }

/** For a smoke run. */
const SMALL: Extent = {
  ...SMALL_SCALING,
  ...{ startsS: STARTS_S.slice(0, 1), placements: PLACEMENTS.slice(0, 1), parts: 2 },
}

export const fleet: Article<'fleet'> = {
  study: 'fleet',
  isThere: () => haveRates() && haveTraces(),
  missing: `expected the rates of ServeGen and the Azure traces in ${SHARED.pathname}`,
  smoke: async () => {
    const { studies, placements } = await played(SMALL)
    fleetText(studies, placementText(placements))
    return `${studies.length} kinds of traffic scaled and ${placements.length} placement played`
  },
  make: async () => {
    const { studies, placements } = await played(WHOLE)
    const placement = placementSection(placements)
    const page = fleetText(studies, placement.text)
    return { page, figures: figuresOfFleet(studies), sections: [placement] }
  },
}

async function played(extent: Extent) {
  const studies: Study[] = []
  for (const startS of extent.startsS) studies.push(await waveStudy(startS, extent))
  studies.push(await codeStudy(STARTS_S[0], extent))
  return { studies, placements: await placementStudy(extent.placements, extent.parts) }
}

function fleetText(studies: readonly Study[], placement: string): string {
  const [from, to] = EVENING_H.map(
    (hour) => `${Math.floor(hour)}:${String(60 * (hour % 1)).padStart(2, '0')}`,
  )
  return `# Fleet: scalers and places on recorded traffic

\`npm run articles -- fleet --write\` generates this page from recorded rates and requests that are not part of this repository. It does not depend on the machine, and takes
about an hour.

## Does a forecast beat a reaction?

${verdict(studies)}

${studies.map(finding).join('\n')}

How it was compared:

- **Traffic.** The evenings (${from} to ${to}) of ${EVENINGS} days in a row of ServeGen m-small, from the second on, at 1/${Math.round(1 / FACTOR)} of the rate. The recorded rates have one value for ten minutes; between two of them the rate is taken to be linear,
  which is not in the data and helps forecasts. Arrivals are Poisson, requests take ${SERVICE_S.wave} s, so some 90 replicas are busy at the peak. Azure code is replayed with fresh Poisson arrivals at the
  rate of each second; requests take ${SERVICE_S.code} s.
- **Pool.** Replicas serve one request at a time from a shared queue. A request is in time within three times its mean service time. A replica starts within the stated median, and a
  fifth more at p99.
- **Policies.** \`predictive\` is the policy of that name; on the wave it has the rates of all days before as \`history_rps\`. \`recent rate\` is the same policy without forecasts: the recent rate with
  the headroom that its past changes call for. \`hpa\` scales by concurrency and \`keda\` by the rate for each replica, both with their defaults.
- **Equal attainment.** Each policy has one setting: the load for each replica. It is varied in steps of 1.5 % (5 % with Azure code), for each policy and time. \`replica-hours\` are the fewest with which ${100 * ATTAINED.wave} % of
  the requests are in time (${100 * ATTAINED.code} % with Azure code, where a burst is over before replicas start), and \`predictive against it\` compares them. So all policies have their best setting in hindsight.
- **Without hindsight.** The second table of the wave has, for each evening, the setting that was best on the evening before. Then the policies attain different shares, so read the two
  columns together: ${studies.filter(isWave).map(fragility).join(', ')}. What needs fewer replicas on a known evening has less left on an unknown one.
- **Intervals.** 95 %, paired over ${EVENINGS} evenings, or over ${DRAWS} draws of arrivals. Regret is against the [oracle](../reference/glossary.md#oracle) with the same traffic.
- **What was seen before.** \`predictive\` was not changed for this page: its rules and defaults are those that lost an earlier, coarser comparison with \`recent rate\` at 1/400 of the rate. There the noise of
  the arrivals hides the wave.

${studies.map(section).join('\n\n')}

${placement}
`
}

const isWave = ({ name }: Study) => name !== 'Azure code'
const beats = ({ hoursLess }: StudyRow) => (hoursLess.high ?? 0) < 0

/** What the settings of the evening before lead to. */
function fragility({ startS, rows }: Study): string {
  const [predictive, hpa] = ['predictive', 'hpa'].map((name) =>
    rows.find(({ policy }) => policy === name),
  )
  if (!predictive?.before || !hpa?.before) return ''
  const [ahead, behind] = [predictive, hpa].map(({ before }) => percent(before!.attained.value))
  return `with starts of ${startS} s \`predictive\` has ${ahead} in time and \`hpa\` ${behind}`
}

/** The bar: on the wave, fewer replica-hours than every policy that reacts. */
function verdict(studies: readonly Study[]): string {
  const waves = studies.filter(isWave)
  const met = waves.every(({ rows }) => rows.slice(2).every(beats))
  const alone = waves.filter(({ rows }) => beats(rows[1]!)).map(({ startS }) => `${startS} s`)
  const part =
    alone.length === 0
      ? 'Against its own reactive part no difference is found: what pays there is to scale by the rate, with the headroom that past errors call for.'
      : `Against its own reactive part it needs fewer with starts of ${alone.join(' and ')}.`
  return met
    ? `The bar is **met**: on the wave of ServeGen \`predictive\` needs fewer replica-hours than \`hpa\` and \`keda\` for the same share in time. ${part}`
    : `The bar is **missed**: on the wave of ServeGen \`predictive\` should need fewer replica-hours than \`hpa\` and \`keda\` for the same share in time, and does not everywhere. ${part}`
}

const percent = (share: number, digits = 1) =>
  `${(100 * share).toFixed(digits).replace('-', '−')} %`

/** What is found of a pair; a difference counts only where its interval excludes 0. */
function against(row: StudyRow): string {
  const more = (row.hoursLess.low ?? 0) > 0
  const comparison = beats(row) ? 'fewer than' : more ? 'more than' : 'no difference found from'
  return `${comparison} \`${row.policy}\` (${interval(row.hoursLess, percent)})`
}

function finding({ name, startS, rows }: Study): string {
  const [predictive, ...others] = rows
  const forecasts =
    predictive!.forecasts === 0
      ? 'follows no forecast, as none is better than the recent rate'
      : `follows a forecast in ${percent(predictive!.forecasts, 0)} of its decisions`
  return `- **${name}, starts of ${startS} s**: \`predictive\` ${forecasts}. Replica-hours: ${others.map(against).join('; ')}.`
}

const minus = (value: number) => value.toFixed(1).replace('-', '−')

function section({ name, startS, rows }: Study): string {
  const heads = [
    ...['policy', 'in time', 'replica-hours', 'regret', 'by forecast', 'not attained'],
    'predictive against it',
  ]
  const table = rows.map((row, i) => [
    `\`${row.policy}\``,
    interval(within(row.attained, 1), (value) => percent(value, 2)),
    interval(row.replicaHours, minus),
    interval(row.regret, minus),
    percent(row.forecasts, 0),
    `${row.unattained}`,
    i === 0 ? '–' : interval(row.hoursLess, percent),
  ])
  const best = `### ${name}, starts of ${startS} s\n\n${markdownTable(heads, table)}`
  const before = rows.flatMap(({ policy, before }, i) =>
    before === null
      ? []
      : [
          [
            `\`${policy}\``,
            interval(within(before.attained, 1), (value) => percent(value, 2)),
            interval(before.replicaHours, minus),
            i === 0 ? '–' : interval(before.hoursLess, percent),
            i === 0 ? '–' : interval(before.attainedLess, (value) => percent(value, 2)),
          ],
        ],
  )
  if (before.length === 0) return best
  const later = [
    ...['policy', 'in time', 'replica-hours', 'predictive against it: hours', 'in time'],
  ]
  return `${best}\n\nWith the setting that was best on the evening before:\n\n${markdownTable(later, before)}`
}

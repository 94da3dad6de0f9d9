import { writeWhole } from '../../../runtime/folders/write-whole.ts'
import type { Interval } from '../../../sim/stats/index.ts'
import { markdownTable } from '../../markdown-table.ts'
import { SHARED } from '../published.ts'
import { haveRates } from './rates.ts'
import {
  ATTAINED,
  codeStudy,
  FACTOR,
  PAIRS,
  SERVICE_S,
  type Study,
  type StudyRow,
  waveStudy,
} from './scaling-study.ts'

/** The page on fleets: what forecasts gain on recorded traffic. */

const PAGE = 'docs/background/fleet.md'
/** Starts of a replica, s: pods were measured at 110; llm-d states up to 7 minutes. */
const STARTS_S = [110, 420] as const

/** Composes the page; `--write` keeps it. Returns false, and states so, where data are missing. */
export async function fleetPart(write: boolean): Promise<boolean> {
  if (!haveRates()) {
    process.stderr.write(
      `skipped fleet: expected the rates of ServeGen and the Azure code trace in ${SHARED.pathname}\n`,
    )
    return false
  }
  const studies: Study[] = []
  for (const startS of STARTS_S) studies.push(await waveStudy(startS))
  studies.push(await codeStudy(STARTS_S[0]))
  const text = fleetText(studies)
  process.stdout.write(text)
  if (write) await writeWhole(PAGE, text)
  return true
}

export function fleetText(studies: readonly Study[]): string {
  return `# Fleet: what forecasts gain on recorded traffic

Does a scaler that forecasts beat one that reacts, at the same share of requests in time? \`npm run articles -- fleet --write\` generates this page from recorded
rates that are not part of this repository. It does not depend on the machine.

${verdict(studies)}

${studies.map(finding).join('\n')}

How it was compared:

- **Traffic.** ServeGen m-small has one rate for ten minutes. Between two of them the rate is taken to be linear, which is not in the data, and arrivals are Poisson.
  The rate is 1/${Math.round(1 / FACTOR)} of the recorded one, and requests take ${SERVICE_S.wave} s, so that a day is simulated in a second. A fleet at the full rate has less noise in what its scaler measures.
  Azure code is replayed with fresh Poisson arrivals at the rate of each second; requests take ${SERVICE_S.code} s.
- **Pool.** Replicas serve one request at a time from a shared queue. A request is in time within twice its mean service time. A replica starts within the stated median, and a
  fifth more at p99.
- **Policies.** \`predictive\` is the policy of that name. \`recent rate\` is the same policy without forecasts: the recent rate with the headroom that its past changes call for.
  \`hpa\` scales by concurrency with the defaults of Kubernetes.
- **Equal attainment.** One setting of each policy (capacity of a replica, or target) is tuned so that ${100 * ATTAINED.wave} % of the requests are in time
  (${100 * ATTAINED.code} % with Azure code), on traffic that does not count: day 3, or the first part of the trace. The counted traffic is days 4 to 13, each with two days of history, or the second part
  of the trace.
- **Intervals.** 95 %, paired over ${PAIRS} days, or over ${PAIRS} draws of arrivals. Regret is against the [oracle](../reference/glossary.md#oracle) with the same traffic.
- **Not a held-out result.** On Azure code the service time, the setting that is tuned and the target were chosen after figures of the counted part had been seen, because the tuned part
  could not attain more. On the wave only scale, service time and steps were chosen, before its counted days were seen. The tuning is coarse, so all three policies share a setting.

${studies.map(section).join('\n\n')}
`
}

/** The bar: on the wave, forecasts pay less than every other policy at no worse attainment. */
function verdict(studies: readonly Study[]): string {
  const waves = studies.filter(({ name }) => name !== 'Azure code')
  const met = waves.some(({ rows }) =>
    rows
      .slice(1)
      .every(
        ({ hoursLess, attainedLess }) => (hoursLess.high ?? 0) < 0 && (attainedLess.high ?? 0) >= 0,
      ),
  )
  return met
    ? 'The bar is **met**: on the wave of ServeGen forecasts pay less at no worse attainment.'
    : 'The bar is **missed**: on the wave of ServeGen forecasts should pay less at no worse attainment, and they do not at this scale. Settings that attain the same on the\nday of tuning do not attain the same on other days, so read replica-hours beside the share in time.'
}

const percent = (share: number, digits = 1) =>
  `${(100 * share).toFixed(digits).replace('-', '−')} %`

function interval({ value, low, high }: Interval, text: (value: number) => string): string {
  return low === null || high === null
    ? text(value)
    : `${text(value)} [${text(low)}, ${text(high)}]`
}

const isBetween = ({ low, high }: Interval) =>
  low !== null && high !== null && low <= 0 && high >= 0

/** What is found of a pair; a difference counts only where its interval excludes 0. */
function against({ policy, attainedLess, hoursLess }: StudyRow): string {
  const hours = `replica-hours differ by ${interval(hoursLess, (value) => percent(value))}`
  const more = (hoursLess.low ?? 0) > 0
  const less = (hoursLess.high ?? 0) < 0
  const alike = isBetween(attainedLess)
    ? 'no difference in attainment was found'
    : `attainment differs by ${interval(attainedLess, (value) => percent(value, 2))}`
  const verdict = less
    ? (attainedLess.high ?? 0) < 0
      ? 'pays less, but attains less'
      : 'beats it'
    : more
      ? 'pays more'
      : 'does not beat it'
  return `against \`${policy}\` it ${verdict} (${hours}; ${alike})`
}

function finding({ name, startS, rows }: Study): string {
  const [own, ...others] = rows
  const forecasts =
    own!.forecasts === 0
      ? 'follows no forecast, as none is better than the recent rate'
      : `follows a forecast in ${percent(own!.forecasts, 0)} of its decisions`
  return `- **${name}, starts of ${startS} s**: \`predictive\` ${forecasts}; ${others.map(against).join('; ')}.`
}

function section({ name, startS, rows }: Study): string {
  const heads = ['policy', 'setting', 'in time', 'replica-hours', 'regret', 'by forecast']
  const table = rows.map((row) => [
    `\`${row.policy}\``,
    row.setting.toFixed(3),
    interval(row.attained, (value) => percent(value, 2)),
    interval(row.replicaHours, (value) => value.toFixed(1)),
    interval(row.regret, (value) => value.toFixed(1).replace('-', '−')),
    percent(row.forecasts, 0),
  ])
  return `## ${name}, starts of ${startS} s

${markdownTable(heads, table)}`
}

import { visibleLine } from '../../scenarios/index.ts'
import type { Evidence, EvidenceValue } from '../../sim/documents/index.ts'
import { PERCENTILES, percentileKey, percentileLabel } from '../../sim/stats/index.ts'
import { count, estimateText, NONE, plural, threeDigits } from '../format.ts'
import { alignColumns } from './align.ts'

/** What records show, for a terminal: counts, times, and what each value rests on. */
export function evidenceText(evidence: Evidence): string {
  const { files, source_format: format, requests, duration_s: seconds, first_at: first } = evidence
  const sumOf = (key: 'bad' | 'others') => files.reduce((sum, file) => sum + file[key], 0)
  const [bad, others] = [sumOf('bad'), sumOf('others')]
  const at = first === null ? '' : `, from ${first}`
  const most = requests.most_in_flight
  const inFlight = most === null ? 'an unknown number' : count(most)
  const head = [
    `${files.map(({ path }) => visibleLine(path)).join(', ')}: read as ${format}`,
    `${plural(requests.arrived, 'request')} in ${threeDigits(seconds)} s${at}; ${count(requests.failed)} failed, at most ${inFlight} in flight${
      bad === 0 ? '' : `; ${plural(bad, 'record')} could not be read`
    }${others === 0 ? '' : `; ${plural(others, 'line')} without a request`}`,
  ]
  return [
    ...head,
    '',
    ...timesTable(evidence),
    alignColumns([
      ['value of the scenario', 'is', 'may be (95 %)', 'basis', 'n'],
      ...shownRows(evidence.values),
    ]),
    ...reasons(evidence.values),
    '',
    ...evidence.warnings.map((text) => `note: ${visibleLine(text)}`),
  ].join('\n')
}

const NAMES = { latency: 'latency', ttft: 'time to first token', tpot: 'time per output token' }
const SINCE = { scheduled: 'as scheduled', sent: 'from sending', received: 'from receiving' }

function timesTable({ latencies, values }: Evidence): string[] {
  if (latencies.length === 0) return []
  const rows = latencies.map(({ time, from, mean, percentiles }) => [
    time === 'tpot' ? NAMES[time] : `${NAMES[time]}, ${SINCE[from]}`,
    estimateText(mean, 'time'),
    ...PERCENTILES.map((p) => estimateText(percentiles[percentileKey(p)], 'time')),
  ])
  const scheduled = latencies.some(({ from }) => from === 'scheduled')
  const isLoop = values.some(({ path }) => path.endsWith('.arrivals.users'))
  const omitted =
    scheduled || isLoop || latencies.every(({ from }) => from === 'received')
      ? []
      : ['Times count from sending: a wait before it is not in them, and no schedule is recorded.']
  return [
    alignColumns([['time', 'mean', ...PERCENTILES.map(percentileLabel)], ...rows]),
    ...omitted,
    '',
  ]
}

/** Of the steps of a schedule the first and the last. */
function shownRows(values: readonly EvidenceValue[]): string[][] {
  const steps = values.filter(({ path }) => STEP.test(path))
  const hidden = new Set(steps.slice(1, -1))
  return values.flatMap((value) => {
    if (!hidden.has(value)) return [valueRow(value)]
    return value === steps[1] ? [[`… ${plural(hidden.size, 'step')} more`, '', '', '', '']] : []
  })
}

const STEP = /\.schedule\.\d+\./

function valueRow({ path, value, low, high, basis, n }: EvidenceValue): string[] {
  const shown = (end: number | null, open: string) => (end === null ? open : threeDigits(end))
  const range = low === null && high === null ? NONE : `${shown(low, '?')} to ${shown(high, '?')}`
  const is = typeof value === 'number' ? threeDigits(value) : (value ?? NONE)
  return [path, is, range, basis, n === 0 ? NONE : count(n)]
}

/** Why each value is what it is; values that share a reason are on one line. */
function reasons(values: readonly EvidenceValue[]): string[] {
  const lastKey = ({ path }: EvidenceValue) => /[^.]+(\.\d+)?$/.exec(path)![0]
  const byReason = new Map<string, EvidenceValue[]>()
  for (const value of values) {
    const others = byReason.get(value.why)
    if (others === undefined) byReason.set(value.why, [value])
    else others.push(value)
  }
  return [...byReason].map(
    ([why, of]) => `  ${[...new Set(of.map(lastKey))].join(', ')}: ${visibleLine(why)}`,
  )
}

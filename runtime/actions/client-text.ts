import { alignColumns, fixed, threeDigits } from '../../reports/index.ts'
import type { ClientReport } from '../jobs/client.ts'

const HEAD = ['', 'p50', 'p99', 'longest']

/** How late the client of a machine is, for a terminal. */
export function clientText(report: ClientReport): string {
  const { host, requests, rate_rps, seconds, failed, not_counted } = report
  const rows = [
    ['sent late', report.sent_late],
    ['answered after', report.answered],
    ['taken late', report.taken_late],
  ] as const
  const lost = failed === 0 ? '' : `, ${fixed(failed, 0)} without an answer`
  const counts =
    not_counted === null
      ? 'A replay with such a client counts, as its part is at most 5 ms (p99) or 10 % of latencies.'
      : `A replay with such a client does not count: ${not_counted.reason} (${not_counted.figure}).`
  return [
    `${host.cpu}, ${host.cores} cores: ${fixed(requests, 0)} requests in ${seconds} s ` +
      `(Poisson, ${fixed(rate_rps, 0)}/s)${lost}`,
    '',
    alignColumns([HEAD, ...rows.map(([name, part]) => [name, ...figuresOf(part)])]),
    '',
    'Sent late: from when a request is due. Taken late: from its answer to when it counts as answered. Between both is',
    'the round trip to a server on this machine that answers at once, and shares its cores with the client.',
    counts,
  ].join('\n')
}

const figuresOf = (part: ClientReport['sent_late']) =>
  [part.p50_ms, part.p99_ms, part.longest_ms].map((ms) => `${threeDigits(ms)} ms`)

import type { Path } from '../parse/located.ts'
import type { Arrivals } from '../schema/schema.ts'
import { checkRates } from './check-rates.ts'
import type { ClassDraft, Draft, Report } from './draft.ts'

type Trace = Extract<Arrivals, { process: 'trace' }>

export function checkArrivals(draft: Draft, report: Report): void {
  for (const traffic of draft.classes) {
    const { arrivals } = traffic
    const path = [...traffic.path, 'arrivals']
    if (arrivals === null) continue
    switch (arrivals.process) {
      case 'closed-loop':
        break
      case 'trace':
        checkTrace(traffic, arrivals, draft, report)
        break
      case 'servegen':
        checkOneOf(['rate_rps', 'load'], path, draft, report)
        break
      case 'sum':
        for (const [i, part] of arrivals.of.entries()) {
          checkRates(part, [...path, 'of', i], draft, report)
        }
        break
      default:
        checkRates(arrivals, path, draft, report)
    }
  }
}

/** Refuses the second of two keys that exclude each other. */
function checkOneOf(
  keys: readonly [string, string],
  path: Path,
  draft: Draft,
  report: Report,
): void {
  if (!keys.every((key) => draft.has([...path, key]))) return
  report.key([...path, keys[1]], `either ${keys.join(' or ')}`, 'both')
}

/** Formats with column names in the scenario. */
const MAPPED: readonly Trace['format'][] = ['csv', 'jsonl', 'parquet']

function checkTrace(traffic: ClassDraft, trace: Trace, draft: Draft, report: Report): void {
  const path = [...traffic.path, 'arrivals']
  const { format } = trace
  if (!MAPPED.includes(format)) {
    for (const key of ['columns', 'time_unit']) {
      report.remove([...path, key], `format ${format} determines it`)
    }
  } else {
    const needs = `which format ${format} needs`
    if (!trace.columns) report.value([...path, 'columns'], `a map { time: NAME }, ${needs}`)
    if (!trace.time_unit) report.value([...path, 'time_unit'], `s, ms, us, ns or iso, ${needs}`)
  }
  checkOneOf(['time_scale', 'load'], path, draft, report)
  const window = trace.window
  if (window && 'to_s' in window && window.from_s >= window.to_s) {
    report.value([...path, 'window', 'to_s'], `more than from_s ${window.from_s}`)
  }
  // invalid output_tokens might have been meant to be those of the trace
  const unclear = traffic.output_tokens === null && draft.has([...traffic.path, 'output_tokens'])
  if (traffic.output_tokens?.distribution !== 'trace' && !unclear) {
    const why = 'no output_tokens are taken from the trace'
    report.remove([...path, 'columns', 'output_tokens'], why)
  }
  if (!traffic.input_tokens || traffic.input_tokens.distribution === 'trace') return
  for (const keys of [['length_scale'], ['max_length'], ['columns', 'input_tokens']]) {
    report.remove([...path, ...keys], 'no length is taken from the trace')
  }
}

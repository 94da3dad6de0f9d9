import type { Path } from '../parse/located.ts'
import type { Arrivals } from '../schema/schema.ts'
import { checkRates } from './check-rates.ts'
import type { ClassDraft, Draft } from './draft.ts'

type Trace = Extract<Arrivals, { process: 'trace' }>

export function checkArrivals(draft: Draft): void {
  for (const traffic of draft.classes) {
    const { arrivals } = traffic
    const path = [...traffic.path, 'arrivals']
    if (arrivals === null) continue
    switch (arrivals.process) {
      case 'closed-loop':
        break
      case 'trace':
        checkTrace(traffic, arrivals, draft)
        break
      case 'servegen':
        checkOneOf(['rate_rps', 'load'], path, draft)
        break
      case 'sum':
        for (const [i, part] of arrivals.of.entries()) {
          checkRates(part, [...path, 'of', i], draft)
        }
        break
      default:
        checkRates(arrivals, path, draft)
    }
  }
}

/** Refuses the second of two keys that exclude each other. */
function checkOneOf(keys: readonly [string, string], path: Path, draft: Draft): void {
  if (!keys.every((key) => draft.has([...path, key]))) return
  draft.refuseKey([...path, keys[1]], `either ${keys.join(' or ')}`, 'both')
}

/** Formats with column names in the scenario. */
const MAPPED: readonly Trace['format'][] = ['csv', 'jsonl', 'parquet']

function checkTrace(traffic: ClassDraft, trace: Trace, draft: Draft): void {
  const path = [...traffic.path, 'arrivals']
  const { format } = trace
  if (!MAPPED.includes(format)) {
    for (const key of ['columns', 'time_unit']) {
      draft.unused([...path, key], `format ${format} determines it`)
    }
  } else {
    const needs = `which format ${format} needs`
    if (!trace.columns) draft.refuse([...path, 'columns'], `a map { time: NAME }, ${needs}`)
    if (!trace.time_unit) draft.refuse([...path, 'time_unit'], `s, ms, us, ns or iso, ${needs}`)
  }
  checkOneOf(['time_scale', 'load'], path, draft)
  const window = trace.window
  if (window && 'to_s' in window && window.from_s >= window.to_s) {
    draft.refuse([...path, 'window', 'to_s'], `more than from_s ${window.from_s}`)
  }
  // invalid output_tokens might have been meant to be those of the trace
  const unclear = traffic.output_tokens === null && draft.has([...traffic.path, 'output_tokens'])
  if (traffic.output_tokens?.distribution !== 'trace' && !unclear) {
    const why = 'no output_tokens are taken from the trace'
    draft.unused([...path, 'columns', 'output_tokens'], why)
  }
  if (!traffic.input_tokens || traffic.input_tokens.distribution === 'trace') return
  for (const keys of [['length_scale'], ['max_length'], ['columns', 'input_tokens']]) {
    draft.unused([...path, ...keys], 'no length is taken from the trace')
  }
}

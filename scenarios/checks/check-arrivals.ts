import type { Path } from '../parse/located.ts'
import type { Arrivals } from '../schema/schema.ts'
import { checkRates } from './check-rates.ts'
import type { ClassDraft, Draft, Report } from './draft.ts'

type Trace = Extract<Arrivals, { process: 'trace' }>

export function checkArrivals(draft: Draft, report: Report): void {
  for (const traffic of draft.classes) {
    const path = [...traffic.path, 'arrivals']
    if (traffic.arrivals?.process === 'trace') checkTrace(traffic, traffic.arrivals, draft, report)
    else if (traffic.arrivals?.process === 'servegen') checkServegen(traffic.arrivals, path, report)
    else if (traffic.arrivals?.process === 'sum') {
      for (const [i, part] of traffic.arrivals.of.entries()) {
        checkRates(part, [...path, 'of', i], draft, report)
      }
    } else if (traffic.arrivals && traffic.arrivals.process !== 'closed-loop')
      checkRates(traffic.arrivals, path, draft, report)
  }
}

type Servegen = Extract<Arrivals, { process: 'servegen' }>

function checkServegen({ rate_rps, load }: Servegen, path: Path, report: Report): void {
  if (rate_rps === undefined || load === undefined) return
  report('key', [...path, 'load'], 'either rate_rps or load, got both')
}

/** Formats with column names in the scenario. */
const MAPPED: readonly Trace['format'][] = ['csv', 'jsonl', 'parquet']

function checkTrace(traffic: ClassDraft, trace: Trace, draft: Draft, report: Report): void {
  const path = [...traffic.path, 'arrivals']
  if (!MAPPED.includes(trace.format)) {
    for (const key of ['columns', 'time_unit']) {
      if (!draft.has([...path, key])) continue
      report('key', [...path, key], `no ${key}: format ${trace.format} has its own, got "${key}"`)
    }
  } else {
    if (!trace.columns) {
      const text = `a map { time: NAME }, which format ${trace.format} needs, got nothing`
      report('value', [...path, 'columns'], text)
    }
    if (!trace.time_unit) {
      const text = `s, ms, us, ns or iso, which format ${trace.format} needs, got nothing`
      report('value', [...path, 'time_unit'], text)
    }
  }
  if (trace.time_scale !== undefined && trace.load !== undefined) {
    report('key', [...path, 'load'], 'either time_scale or load, got both')
  }
  const window = trace.window
  if (window && 'to_s' in window && window.from_s >= window.to_s) {
    const text = `more than from_s ${window.from_s}, got ${window.to_s}`
    report('value', [...path, 'window', 'to_s'], text)
  }
  const outputs = [...path, 'columns', 'output_tokens']
  const taken = traffic.outputs?.distribution === 'trace'
  // invalid output_tokens might have been meant to be those of the trace
  const unclear = traffic.outputs === null && draft.has([...traffic.path, 'output_tokens'])
  if (!taken && !unclear && draft.has(outputs)) {
    const text = 'no columns.output_tokens, as no output_tokens are taken from the trace'
    report('key', outputs, `${text}, got "output_tokens"`)
  }
  if (!traffic.lengths || traffic.lengths.distribution === 'trace') return
  for (const keys of [['length_scale'], ['max_length'], ['columns', 'input_tokens']]) {
    if (!draft.has([...path, ...keys])) continue
    const why = 'as no length is taken from the trace'
    report('key', [...path, ...keys], `no ${keys.join('.')}, ${why}, got "${keys.at(-1)}"`)
  }
}

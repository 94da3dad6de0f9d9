import type { Path } from '../parse/located.ts'
import type { Arrivals } from '../schema/schema.ts'
import { checkRates } from './check-rates.ts'
import type { ClassDraft, Draft, Report } from './draft.ts'

type Trace = Extract<Arrivals, { process: 'trace' }>

export function checkArrivals(draft: Draft, report: Report): void {
  for (const own of draft.classes) {
    const path = [...own.path, 'arrivals']
    if (own.arrivals?.process === 'trace') checkTrace(own, own.arrivals, draft, report)
    else if (own.arrivals?.process === 'servegen') checkServegen(own.arrivals, path, report)
    else if (own.arrivals?.process === 'sum') {
      for (const [i, part] of own.arrivals.of.entries()) {
        checkRates(part, [...path, 'of', i], draft, report)
      }
    } else if (own.arrivals && own.arrivals.process !== 'closed-loop')
      checkRates(own.arrivals, path, draft, report)
  }
}

type Servegen = Extract<Arrivals, { process: 'servegen' }>

function checkServegen({ rate_rps, load }: Servegen, path: Path, report: Report): void {
  if (rate_rps === undefined || load === undefined) return
  report('key', [...path, 'load'], 'either rate_rps or load, got both')
}

/** Formats whose columns the scenario names. */
const MAPPED: readonly Trace['format'][] = ['csv', 'jsonl', 'parquet']

function checkTrace(own: ClassDraft, trace: Trace, draft: Draft, report: Report): void {
  const path = [...own.path, 'arrivals']
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
  const taken = own.outputs?.distribution === 'trace'
  // those that are not valid may have been meant to be taken
  const unclear = own.outputs === null && draft.has([...own.path, 'output_tokens'])
  if (!taken && !unclear && draft.has(outputs)) {
    const text = 'no columns.output_tokens, as no output_tokens are taken from the trace'
    report('key', outputs, `${text}, got "output_tokens"`)
  }
  if (!own.lengths || own.lengths.distribution === 'trace') return
  for (const keys of [['length_scale'], ['max_length'], ['columns', 'input_tokens']]) {
    if (!draft.has([...path, ...keys])) continue
    const why = 'as no length is taken from the trace'
    report('key', [...path, ...keys], `no ${keys.join('.')}, ${why}, got "${keys.at(-1)}"`)
  }
}

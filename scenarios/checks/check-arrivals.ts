import type { Path } from '../parse/located.ts'
import type { TraceProcess } from '../schema/schema.ts'
import { LENGTH_LAWS } from '../schema/takes-length.ts'
import { GUESSED, hasColumns } from '../schema/trace-columns.ts'
import { checkChanges, checkRates } from './check-rates.ts'
import type { ClassDraft, Draft } from './draft.ts'

export function checkArrivals(draft: Draft): void {
  for (const traffic of draft.classes) {
    const { arrivals } = traffic
    const path = [...traffic.path, 'arrivals']
    if (arrivals === null) continue
    if (arrivals.process === 'trace') checkTrace(traffic, arrivals, draft)
    else if ('surges' in arrivals) checkRates(arrivals, path, draft)
    else if (arrivals.process !== 'sum') checkOneOf(['rate_rps', 'load'], path, draft)
    else for (const [i, part] of arrivals.of.entries()) checkRates(part, [...path, 'of', i], draft)
  }
}

/** Refuses the second of two keys that exclude each other. */
function checkOneOf(keys: readonly [string, string], path: Path, draft: Draft): void {
  if (!keys.every((key) => draft.has([...path, key]))) return
  draft.refuseKey([...path, keys[1]], `either ${keys.join(' or ')}`, 'both')
}

const NO_LENGTH = 'no length is taken from the trace'

/** Each copy costs time for every row, also where the factor is low. */
const MOST_COPIES = 1000

function checkCopies(trace: TraceProcess, path: Path, draft: Draft): void {
  const { growth, surges, waves } = trace
  if (growth === 1 && surges.length + waves.length === 0) {
    draft.unused([...path, 'copy_shift_s'], 'no growth, surges or waves copy the trace')
  }
  const most =
    surges.reduce((sum, { factor }) => sum + Math.max(0, factor - 1), 1) *
    waves.reduce((product, { amplitude }) => product * (1 + amplitude), growth)
  if (most <= MOST_COPIES) return
  const text = `at most ${MOST_COPIES} requests for each recorded one, with growth, surges and waves`
  draft.refuse(path, text, `up to ${Math.round(most)}`)
}

function checkTrace(traffic: ClassDraft, trace: TraceProcess, draft: Draft): void {
  const path = [...traffic.path, 'arrivals']
  if (hasColumns(trace)) {
    for (const keys of [...GUESSED.map((key) => ['columns', key]), ['time_unit']]) {
      draft.unused([...path, ...keys], `format ${trace.format} determines it`)
    }
  }
  if (trace.columns?.class === undefined) {
    draft.unused([...path, 'class_values'], 'no columns.class names the column of these values')
  }
  checkOneOf(['time_scale', 'load'], path, draft)
  // a kept scenario states its defaults
  if (trace.growth !== 1) checkOneOf(['growth', 'load'], path, draft)
  checkChanges(trace, path, draft)
  checkCopies(trace, path, draft)
  const window = trace.window
  if (window && 'to_s' in window && window.from_s >= window.to_s) {
    draft.refuse([...path, 'window', 'to_s'], `more than from_s ${window.from_s}`)
  }
  // invalid output_tokens might have been meant to be those of the trace
  const unclear = traffic.output_tokens === null && draft.has([...traffic.path, 'output_tokens'])
  if (traffic.output_tokens?.distribution !== 'trace' && !unclear) {
    const why = 'no output_tokens are taken from the trace'
    for (const keys of [['output_scale'], ['columns', 'output_tokens']]) {
      draft.unused([...path, ...keys], why)
    }
  }
  if (!traffic.input_tokens || traffic.input_tokens.distribution === 'trace') return
  for (const keys of [['length_scale'], ['max_length'], ['columns', 'input_tokens']]) {
    const why = draft.lengthless ? `no request has a length; ${LENGTH_LAWS}` : NO_LENGTH
    draft.unused([...path, ...keys], why)
  }
}

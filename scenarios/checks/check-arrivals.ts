import type { Path } from '../located.ts'
import type { Arrivals } from '../schema.ts'
import type { ClassDraft, Draft, Report } from './draft.ts'

type Rated = Exclude<Arrivals, { process: 'trace' }>
type Trace = Extract<Arrivals, { process: 'trace' }>

export function checkArrivals(draft: Draft, report: Report): void {
  for (const own of draft.classes) {
    const path = [...own.path, 'arrivals']
    if (own.arrivals?.process === 'trace') checkTrace(own, own.arrivals, draft, report)
    else if (own.arrivals) checkRated(own.arrivals, path, draft, report)
  }
}

function checkRated(arrivals: Rated, path: Path, draft: Draft, report: Report): void {
  exactlyOne(arrivals, ['rate_rps', 'load', 'schedule'], path, draft, report)
  const end = draft.durationS ?? Number.POSITIVE_INFINITY
  const within = (atS: number, at: Path) => {
    if (atS < end) return
    report('value', [...at, 'at_s'], `a time before the end at duration_s ${end}, got ${atS}`)
  }
  for (const [i, surge] of arrivals.surges.entries()) within(surge.at_s, [...path, 'surges', i])
  const steps = arrivals.schedule ?? []
  for (const [i, step] of steps.entries()) {
    const at = [...path, 'schedule', i]
    exactlyOne(step, ['rate_rps', 'load'], at, draft, report)
    within(step.at_s, at)
    const before = steps[i - 1]
    if (!before && step.at_s !== 0) {
      report('value', [...at, 'at_s'], `0 for the first step, got ${step.at_s}`)
    } else if (before && step.at_s <= before.at_s) {
      const text = `more than at_s ${before.at_s} of the step before, got ${step.at_s}`
      report('value', [...at, 'at_s'], text)
    }
  }
  if (steps.length > 0 && steps.every((step) => !step.rate_rps && !step.load)) {
    report('value', [...path, 'schedule'], 'a step with a rate above 0, got none')
  }
}

function exactlyOne<T extends object>(
  value: T,
  keys: readonly (keyof T & string)[],
  path: Path,
  draft: Draft,
  report: Report,
): void {
  const given = keys.filter((key) => value[key] !== undefined)
  if (given.length === 1) return
  const list = `exactly one of ${keys.join(', ')}`
  if (given.length === 0) {
    report('value', path, `${list}, got none`)
    return
  }
  const { key, overrides } = draft.latest(path, given)
  const others = given.filter((other) => other !== key).map((other) => `${other}: null`)
  const hint = overrides ? `; to drop what is inherited, set ${others.join(' and ')}` : ''
  report('key', [...path, key], `${list}, got ${given.join(' and ')}${hint}`)
}

function checkTrace(own: ClassDraft, trace: Trace, draft: Draft, report: Report): void {
  const path = [...own.path, 'arrivals']
  if (trace.format === 'azure-llm') {
    for (const key of ['columns', 'time_unit']) {
      if (!draft.has([...path, key])) continue
      report('key', [...path, key], `no ${key}: format azure-llm has its own, got "${key}"`)
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
  if (!own.lengths || own.lengths.distribution === 'trace') return
  for (const keys of [['length_scale'], ['max_length'], ['columns', 'input_tokens']]) {
    if (!draft.has([...path, ...keys])) continue
    const why = 'as no length is taken from the trace'
    report('key', [...path, ...keys], `no ${keys.join('.')}, ${why}, got "${keys.at(-1)}"`)
  }
}

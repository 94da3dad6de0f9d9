import { checkEnd } from './check-end.ts'
import type { ClassDraft, Draft, Report } from './draft.ts'

const COLUMNS = ['input_tokens', 'output_tokens'] as const

/** Checks the correlation and the schedule of the lengths of a class. */
export function checkLengthLaws(draft: Draft, report: Report): void {
  for (const traffic of draft.classes) {
    if (draft.has([...traffic.path, 'length_correlation'])) checkCorrelation(traffic, draft, report)
    if (draft.has([...traffic.path, 'length_schedule'])) checkSchedule(traffic, draft, report)
  }
}

function checkCorrelation(traffic: ClassDraft, draft: Draft, report: Report): void {
  const at = [...traffic.path, 'length_correlation']
  const missing = COLUMNS.find((column) => !draft.has([...traffic.path, column]))
  if (missing !== undefined) {
    report('key', at, `no length_correlation without ${missing}, got "length_correlation"`)
    return
  }
  for (const column of COLUMNS) {
    const distribution = lengthsOf(traffic, column)?.distribution
    if (distribution !== 'fixed' && distribution !== 'trace') continue
    const text = `no length_correlation, as ${column} are ${distribution}`
    report('key', at, `${text}, got "length_correlation"`)
  }
}

function checkSchedule(traffic: ClassDraft, draft: Draft, report: Report): void {
  const path = [...traffic.path, 'length_schedule']
  checkEnd(traffic.lengthSchedule ?? [], path, draft, report)
  let before = Number.NEGATIVE_INFINITY
  for (const [i, step] of (traffic.lengthSchedule ?? []).entries()) {
    const at = [...path, i]
    if (step.at_s <= before) {
      const text = `more than at_s ${before} of the step before, got ${step.at_s}`
      report('value', [...at, 'at_s'], text)
    }
    before = step.at_s
    for (const column of COLUMNS) {
      const key = column.replace('tokens', 'level')
      if (!draft.has([...at, key])) continue
      const distribution = lengthsOf(traffic, column)?.distribution
      const drawn = distribution !== 'trace' && distribution !== 'fixed'
      if (draft.has([...traffic.path, column]) && drawn) continue
      const why = drawn ? `without ${column}` : `as ${column} are ${distribution}`
      report('key', [...at, key], `no ${key}, ${why}, got "${key}"`)
    }
    if (COLUMNS.some((column) => draft.has([...at, column.replace('tokens', 'level')]))) continue
    report('value', at, 'input_level or output_level, got neither')
  }
}

function lengthsOf(traffic: ClassDraft, column: (typeof COLUMNS)[number]) {
  return column === 'input_tokens' ? traffic.lengths : traffic.outputs
}

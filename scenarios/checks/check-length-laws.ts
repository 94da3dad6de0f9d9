import { checkEnd } from './check-end.ts'
import type { ClassDraft, Draft, Report } from './draft.ts'

const COLUMNS = ['input_tokens', 'output_tokens'] as const

/** Whether the lengths of a class can be what is said of them together, and over time. */
export function checkLengthLaws(draft: Draft, report: Report): void {
  for (const own of draft.classes) {
    if (draft.has([...own.path, 'length_correlation'])) checkCorrelation(own, draft, report)
    if (draft.has([...own.path, 'length_schedule'])) checkSchedule(own, draft, report)
  }
}

function checkCorrelation(own: ClassDraft, draft: Draft, report: Report): void {
  const at = [...own.path, 'length_correlation']
  const missing = COLUMNS.find((column) => !draft.has([...own.path, column]))
  if (missing !== undefined) {
    report('key', at, `no length_correlation without ${missing}, got "length_correlation"`)
    return
  }
  for (const column of COLUMNS) {
    const distribution = lengthsOf(own, column)?.distribution
    if (distribution !== 'fixed' && distribution !== 'trace') continue
    const text = `no length_correlation, as ${column} are ${distribution}`
    report('key', at, `${text}, got "length_correlation"`)
  }
}

function checkSchedule(own: ClassDraft, draft: Draft, report: Report): void {
  const path = [...own.path, 'length_schedule']
  checkEnd(own.lengthSchedule ?? [], path, draft, report)
  let before = Number.NEGATIVE_INFINITY
  for (const [i, step] of (own.lengthSchedule ?? []).entries()) {
    const at = [...path, i]
    if (step.at_s <= before) {
      const text = `more than at_s ${before} of the step before, got ${step.at_s}`
      report('value', [...at, 'at_s'], text)
    }
    before = step.at_s
    for (const column of COLUMNS) {
      const key = column.replace('tokens', 'level')
      if (!draft.has([...at, key])) continue
      const distribution = lengthsOf(own, column)?.distribution
      const drawn = distribution !== 'trace' && distribution !== 'fixed'
      if (draft.has([...own.path, column]) && drawn) continue
      const why = drawn ? `without ${column}` : `as ${column} are ${distribution}`
      report('key', [...at, key], `no ${key}, ${why}, got "${key}"`)
    }
    if (COLUMNS.some((column) => draft.has([...at, column.replace('tokens', 'level')]))) continue
    report('value', at, 'input_level or output_level, got neither')
  }
}

function lengthsOf(own: ClassDraft, column: (typeof COLUMNS)[number]) {
  return column === 'input_tokens' ? own.lengths : own.outputs
}

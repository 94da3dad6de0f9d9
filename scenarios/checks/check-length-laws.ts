import type { ClassDraft, Draft } from './draft.ts'
import { checkEnd, checkRising } from './ordered.ts'

const COLUMNS = ['input_tokens', 'output_tokens'] as const

/** Checks the correlation and the schedule of the lengths of a class. */
export function checkLengthLaws(draft: Draft): void {
  for (const traffic of draft.classes) {
    const at = [...traffic.path, 'length_correlation']
    const missing = COLUMNS.find((column) => !draft.has([...traffic.path, column]))
    if (missing !== undefined) draft.unused(at, `it needs ${missing}`)
    else {
      for (const column of COLUMNS) {
        const why = notDrawn(traffic, column)
        if (why !== null) draft.unused(at, why)
      }
    }
    checkSchedule(traffic, draft)
  }
}

function checkSchedule(traffic: ClassDraft, draft: Draft): void {
  const path = [...traffic.path, 'length_schedule']
  const steps = traffic.length_schedule ?? []
  checkEnd(steps, path, draft)
  const times = steps.map(({ at_s }) => at_s)
  checkRising(times, (i) => [...path, i, 'at_s'], 'the at_s of the step before', draft)
  for (const i of steps.keys()) {
    const keys = COLUMNS.map((column) => [...path, i, column.replace('tokens', 'level')])
    for (const [index, column] of COLUMNS.entries()) {
      const missing = draft.has([...traffic.path, column]) ? null : `the class has no ${column}`
      const why = notDrawn(traffic, column) ?? missing
      if (why !== null) draft.unused(keys[index]!, why)
    }
    if (keys.some((key) => draft.has(key))) continue
    draft.refuse([...path, i], 'the key input_level or output_level', 'neither')
  }
}

/** Why lengths are not drawn; null if they are, as far as they can be read. */
function notDrawn(traffic: ClassDraft, column: (typeof COLUMNS)[number]): string | null {
  const distribution = traffic[column]?.distribution
  const drawn = distribution !== 'trace' && distribution !== 'fixed'
  return drawn ? null : `${column} have distribution ${distribution}`
}

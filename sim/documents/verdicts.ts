import type { CaseVerdict } from './gate-document.ts'

/** The verdicts of all documents, from the worst to the best. */
const VERDICTS: readonly CaseVerdict[] = [
  'FAIL',
  'NOT COMPARABLE',
  'UNDECIDED',
  'NEW',
  'IMPROVED',
  'PASS',
]

/** 0 for the best. */
export const rankOf = (verdict: CaseVerdict): number =>
  VERDICTS.length - 1 - VERDICTS.indexOf(verdict)

/** Sorts the worst first. */
export const byVerdict = (a: CaseVerdict, b: CaseVerdict): number => rankOf(b) - rankOf(a)

/** The worst of some verdicts, whatever their order; of nothing nothing can be said. */
export const worst = <V extends CaseVerdict>(verdicts: readonly V[]): V | 'UNDECIDED' =>
  worstOrNull(verdicts) ?? 'UNDECIDED'

/** The same; null for none, as of a scenario without objectives. */
export const worstOrNull = <V extends CaseVerdict>(verdicts: readonly V[]): V | null =>
  verdicts.toSorted(byVerdict)[0] ?? null

/** The best of some verdicts, where one of several is to be chosen; null for none. */
export const best = <V extends CaseVerdict>(verdicts: readonly V[]): V | null =>
  verdicts.toSorted(byVerdict).at(-1) ?? null

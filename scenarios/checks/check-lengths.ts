import type { Path } from '../parse/located.ts'
import type { Lengths } from '../schema/schema.ts'
import { LENGTH_LAWS } from '../schema/takes-length.ts'
import { bringsLengths, type ClassDraft, type Draft } from './draft.ts'
import { checkPair, checkRising } from './ordered.ts'

export function checkLengths(draft: Draft): void {
  const lengthless = draft.lengthless
  for (const traffic of draft.classes) {
    checkTokens('input_tokens', traffic, draft)
    checkTokens('output_tokens', traffic, draft)
    const { path, input_tokens } = traffic
    if (!input_tokens || !lengthless) continue
    if (input_tokens.distribution === 'fixed' && input_tokens.value === 1) continue
    const names = [...new Set(draft.pools.map(({ model }) => model))].join(', ')
    const hint = hasDeclaredWork(draft) ? `; ${LENGTH_LAWS}` : ''
    draft.unused([...path, 'input_tokens'], `requests of ${names} have no length${hint}`)
  }
}

function hasDeclaredWork(draft: Draft): boolean {
  return draft.pools.some((pool) => 'work' in (draft.modelOf(pool) ?? {}))
}

function checkTokens(
  column: 'input_tokens' | 'output_tokens',
  { path, arrivals, [column]: lengths }: ClassDraft,
  draft: Draft,
): void {
  if (!lengths) return
  checkDistribution(lengths, [...path, column], draft)
  if (lengths.distribution !== 'trace' || !arrivals) return
  const at = [...path, column, 'distribution']
  if (arrivals.process !== 'trace') {
    draft.refuse(at, `another one with process ${arrivals.process}`)
  } else if (!bringsLengths(arrivals, column)) {
    draft.refuse(at, `columns.${column}, which names the column of the trace`, 'nothing')
  }
}

function checkDistribution(lengths: Lengths, path: Path, draft: Draft): void {
  if (lengths.distribution === 'uniform') checkPair(lengths, ['min', 'max'], path, draft)
  if (lengths.distribution === 'lognormal') {
    const { min, median, max } = lengths
    checkPair(lengths, ['median', 'p99'], path, draft)
    checkPair(lengths, ['min', 'max'], path, draft)
    if (min <= max && (median < min || median > max)) {
      draft.refuse([...path, 'median'], `a median from min ${min} to max ${max}`)
    }
  }
  if (lengths.distribution === 'quantiles') checkQuantiles(lengths.quantiles, path, draft)
}

function checkQuantiles(pairs: readonly [number, number][], path: Path, draft: Draft): void {
  const at = (i: number, part: 0 | 1) => [...path, 'quantiles', i, part]
  const levels = pairs.map(([level]) => level)
  if (levels[0] !== 0) draft.refuse(at(0, 0), 'probability 0 first')
  checkRising(levels, (i) => at(i, 0), 'the probability before', draft)
  for (const [i, [, length]] of pairs.entries()) {
    const before = pairs[i - 1]?.[1] ?? 0
    if (length < before) draft.refuse(at(i, 1), `at least ${before}, the length before`)
  }
  if (levels.at(-1) !== 1) draft.refuse(at(pairs.length - 1, 0), 'probability 1 last')
}

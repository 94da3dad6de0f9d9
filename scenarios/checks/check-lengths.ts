import type { Path } from '../parse/located.ts'
import type { Lengths } from '../schema/schema.ts'
import { bringsLengths, type ClassDraft, type Draft, isLengthless, type Report } from './draft.ts'
import { checkPair, checkRising } from './ordered.ts'

export function checkLengths(draft: Draft, report: Report): void {
  const lengthless = isLengthless(draft)
  for (const traffic of draft.classes) {
    checkTokens('input_tokens', traffic, report)
    checkTokens('output_tokens', traffic, report)
    const { path, input_tokens } = traffic
    if (!input_tokens || !lengthless) continue
    if (input_tokens.distribution === 'fixed' && input_tokens.value === 1) continue
    const names = [...new Set(draft.pools.map(({ model }) => model))].join(', ')
    report.remove([...path, 'input_tokens'], `requests of ${names} have no length`)
  }
}

function checkTokens(
  column: 'input_tokens' | 'output_tokens',
  { path, arrivals, [column]: lengths }: ClassDraft,
  report: Report,
): void {
  if (!lengths) return
  checkDistribution(lengths, [...path, column], report)
  if (lengths.distribution !== 'trace' || !arrivals) return
  const at = [...path, column, 'distribution']
  if (arrivals.process !== 'trace') {
    report.value(at, `another one with process ${arrivals.process}`)
  } else if (!bringsLengths(arrivals, column)) {
    report.value(at, `columns.${column}, which names the column of the trace`, 'nothing')
  }
}

function checkDistribution(lengths: Lengths, path: Path, report: Report): void {
  if (lengths.distribution === 'uniform') checkPair(lengths, ['min', 'max'], path, report)
  if (lengths.distribution === 'lognormal') {
    const { min, median, max } = lengths
    checkPair(lengths, ['median', 'p99'], path, report)
    checkPair(lengths, ['min', 'max'], path, report)
    if (min <= max && (median < min || median > max)) {
      report.value([...path, 'median'], `a median from min ${min} to max ${max}`)
    }
  }
  if (lengths.distribution === 'quantiles') checkQuantiles(lengths.quantiles, path, report)
}

function checkQuantiles(pairs: readonly [number, number][], path: Path, report: Report): void {
  const at = (i: number, part: 0 | 1) => [...path, 'quantiles', i, part]
  const levels = pairs.map(([level]) => level)
  if (levels[0] !== 0) report.value(at(0, 0), 'probability 0 first')
  checkRising(levels, (i) => at(i, 0), 'the probability before', report)
  for (const [i, [, length]] of pairs.entries()) {
    const before = pairs[i - 1]?.[1] ?? 0
    if (length < before) report.value(at(i, 1), `at least ${before}, the length before`)
  }
  if (levels.at(-1) !== 1) report.value(at(pairs.length - 1, 0), 'probability 1 last')
}

import type { Path } from '../parse/located.ts'
import type { Arrivals, Lengths } from '../schema/schema.ts'
import { bringsLengths, type Draft, isLengthless, type Report } from './draft.ts'

export function checkLengths(draft: Draft, report: Report): void {
  const lengthless = isLengthless(draft)
  for (const { path: at, arrivals, lengths, outputs } of draft.classes) {
    checkTokens('input_tokens', lengths, { path: at, arrivals }, report)
    checkTokens('output_tokens', outputs, { path: at, arrivals }, report)
    const path = [...at, 'input_tokens']
    if (!lengths) continue
    const isOne = lengths.distribution === 'fixed' && lengths.value === 1
    if (lengthless && !isOne && draft.has(path)) {
      const names = [...new Set(draft.pools.map(({ model }) => model))].join(', ')
      const why = `nothing in either world would use it, as requests of ${names} have no length`
      report('key', path, `no input_tokens: ${why}, got distribution ${lengths.distribution}`)
    }
  }
}

function checkTokens(
  column: 'input_tokens' | 'output_tokens',
  lengths: Lengths | null,
  { path: at, arrivals }: { readonly path: Path; readonly arrivals: Arrivals | null },
  report: Report,
): void {
  if (!lengths) return
  const path = [...at, column]
  checkDistribution(lengths, path, report)
  if (lengths.distribution !== 'trace' || !arrivals) return
  if (arrivals.process !== 'trace') {
    const text = `lengths of their own for process ${arrivals.process}, got trace`
    report('value', [...path, 'distribution'], text)
  } else if (!bringsLengths(arrivals, column)) {
    const text = `columns.${column} to say where the trace has its lengths, got nothing`
    report('value', [...path, 'distribution'], text)
  }
}

function checkDistribution(lengths: Lengths, path: Path, report: Report): void {
  const ordered = (low: string, a: number, high: string, b: number) => {
    if (a > b) report('value', [...path, high], `at least ${low} ${a}, got ${b}`)
  }
  if (lengths.distribution === 'uniform') ordered('min', lengths.min, 'max', lengths.max)
  if (lengths.distribution === 'lognormal') {
    const { min, median, p99, max } = lengths
    ordered('median', median, 'p99', p99)
    ordered('min', min, 'max', max)
    if (min <= max && (median < min || median > max)) {
      report('value', [...path, 'median'], `a median from min ${min} to max ${max}, got ${median}`)
    }
  }
  if (lengths.distribution === 'quantiles') checkQuantiles(lengths.quantiles, path, report)
}

function checkQuantiles(pairs: readonly [number, number][], path: Path, report: Report): void {
  for (const [i, [p, length]] of pairs.entries()) {
    const at = [...path, 'quantiles', i]
    const before = pairs[i - 1]
    if (!before) {
      if (p !== 0) report('value', [...at, 0], `probability 0 first, got ${p}`)
      continue
    }
    if (p <= before[0]) {
      report('value', [...at, 0], `more than ${before[0]}, the probability before, got ${p}`)
    }
    if (length < before[1]) {
      report('value', [...at, 1], `at least ${before[1]}, the length before, got ${length}`)
    }
  }
  const last = pairs.at(-1)![0]
  if (last !== 1) {
    report('value', [...path, 'quantiles', pairs.length - 1, 0], `probability 1 last, got ${last}`)
  }
}

import type { Comparison } from './comparison-document.ts'

/** What a document has of each token time. */
interface TokenTimes<T> {
  readonly ttft: T
  readonly tpot?: T | undefined
}

type NamedTime<T> = T & { readonly key: 'ttft' | 'tpot'; readonly title: string }

/** Token times with their titles; none where no tokens are generated. */
export function namedTimes<T extends object>(times: TokenTimes<T> | undefined): NamedTime<T>[] {
  if (times === undefined) return []
  const { ttft, tpot } = times
  const first = { ...ttft, key: 'ttft' as const, title: 'TTFT' }
  return tpot === undefined ? [first] : [first, { ...tpot, key: 'tpot', title: 'TPOT' }]
}

/** Every check of a token time in a comparison. */
export function tokenChecks({
  token_times,
  what_if,
}: Pick<Comparison, 'token_times'> & {
  readonly what_if: Pick<NonNullable<Comparison['what_if']>, 'token_times'> | null
}) {
  const ofReplays = namedTimes(token_times).flatMap(({ title, checks }) => [
    ...(checks.structure ? [{ title, key: 'structure' as const, ...checks.structure }] : []),
    { title, key: 'prediction' as const, ...checks.prediction },
  ])
  const ofChange = namedTimes(what_if?.token_times).map(({ title, check }) => {
    return { title, key: 'what_if' as const, ...check }
  })
  return [...ofReplays, ...ofChange]
}

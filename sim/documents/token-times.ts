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

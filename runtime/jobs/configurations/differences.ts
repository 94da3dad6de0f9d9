/** Parts of what is kept in a folder, in which it may differ from another one. */
export type Parts<T> = readonly (readonly [name: string, of: (whole: T) => unknown])[]

/** What two differ in, each with the value of both: "seed: 1 there, 2 here". */
export function differencesOf<T>(parts: Parts<T>, there: T, here: T): string[] {
  return parts.flatMap(([name, of]) => {
    const [theirs, ours] = [of(there), of(here)]
    if (JSON.stringify(theirs) === JSON.stringify(ours)) return []
    return [`${name}: ${shown(theirs)} there, ${shown(ours)} here`]
  })
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'none'
  if (typeof value !== 'object') return String(value)
  const text = JSON.stringify(value)
  return text.length > 200 ? `${text.slice(0, 197)}…` : text
}

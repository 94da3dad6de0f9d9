/**
 * Edit distance with swapped neighbours as one edit (optimal string alignment; Damerau 1964,
 * Levenshtein 1966).
 */
export function editDistance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let best = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, before[j - 2]! + 1)
      }
      next.push(best)
    }
    before = row
    row = next
  }
  return row[b.length]!
}

/** With more candidates, many would be near. */
const MOST_CANDIDATES = 500

/**
 * The candidate that the user most likely meant, or null if none is near: at most a third of its
 * letters differ, or one text contains the other (`rate` for `rate_rps`). Case, `_` and `-` are
 * ignored (`maxBatch` for `max_batch`).
 */
export function nearest(text: string, candidates: readonly string[]): string | null {
  const typed = plain(text)
  if (typed === '' || typed.length > 100 || candidates.length > MOST_CANDIDATES) return null
  let best: string | null = null
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const wanted = plain(candidate)
    const short = Math.min(typed.length, wanted.length)
    const contained = short >= 3 && (typed.includes(wanted) || wanted.includes(typed))
    const edits = editDistance(typed, wanted)
    const allowed = wanted.length < 2 ? 0 : Math.max(1, Math.floor(wanted.length / 3))
    const near = contained || edits <= allowed
    // a contained text is nearer than one with an edit: `gpu` means `webgpu`, not `cpu`
    const distance = contained ? edits / 1000 : edits
    if (near && distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/**
 * The candidates that the user may have meant: those that contain the text, or else all that are
 * near.
 */
export function nearNames(text: string, candidates: readonly string[]): string[] {
  const near = candidates.filter((candidate) => nearest(text, [candidate]) !== null)
  const containing = near.filter((candidate) => plain(candidate).includes(plain(text)))
  return containing.length > 0 ? containing : near
}

/** The end of a message with the meant candidate, if one is near. */
export function didYouMean(text: unknown, candidates: readonly string[]): string {
  const near = typeof text === 'string' ? nearest(text, candidates) : null
  return near === null ? '' : `; did you mean ${near}?`
}

function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[_\s-]/g, '')
}

import { z } from 'zod'

/** Digits of Math.exp and similar functions may differ between versions of Node. */
export const digestsFigures = z.strictObject({
  /** of Node, with which the results were made */
  node: z.string(),
  /** SHA-256 of the result of each scenario of the library; null where its trace was missing */
  results: z.record(z.string(), z.string().nullable()),
})
export type DigestsFigures = z.infer<typeof digestsFigures>

/** Each result that is new, gone or another, as a line; a result without its trace is neither. */
export function changedResults(
  before: DigestsFigures['results'],
  after: DigestsFigures['results'],
): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return names.flatMap((name) => {
    const [was, is] = [before[name], after[name]]
    if (was === null || is === null || was === is) return []
    if (was === undefined) return [`${name}: new`]
    return [`${name}: ${is === undefined ? 'gone' : 'differs'}`]
  })
}

/** What may be the name of a class, pool, model, variant and the like. */
export const NAME = {
  pattern: /^[a-z0-9][a-z0-9._-]{0,99}$/i,
  text: 'a name of letters, digits, . _ or - (at most 100)',
  /** Names that every JavaScript object has: a map by names would find them instead of nothing. */
  taken: Object.getOwnPropertyNames(Object.prototype) as readonly string[],
  takenText: 'another name: JavaScript has this one for itself',
} as const

/** What a text has to be instead, if it cannot be a name; null if it can. */
export function nameProblem(text: string): string | null {
  if (!NAME.pattern.test(text)) return NAME.text
  return NAME.taken.includes(text) ? NAME.takenText : null
}

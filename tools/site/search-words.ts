/**
 * Both run in the browser as well, each on its own. A key such as `max_batch` is found by its
 * parts, and a query for it finds it first.
 */

/** Words of a page. */
export const indexedWords = (text: string) =>
  text
    .split(/[^\p{L}\p{N}_]+/u)
    .flatMap((word) => (word.includes('_') ? [word, ...word.split('_')] : [word]))
    .filter((word) => word !== '')

/** Words of a query. */
export const queriedWords = (text: string) =>
  text.split(/[^\p{L}\p{N}_]+/u).filter((word) => word !== '')

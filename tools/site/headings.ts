/** The text of a heading without its markup. */
export function headingText(heading: string): string {
  return heading
    .replace(/<\/?a\b[^>]*>|[`*]/g, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim()
}

/** The anchor of a heading as GitHub makes it, so that a link works there and on the site. */
export function githubSlug(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-')
}

/** Words that the prose of the repository avoids, and a search for them. */

interface Avoided {
  readonly pattern: RegExp
  readonly instead: string
}

/** `who` is for people: a request, batch, model or replica is "it" or is named. */
const PEOPLE = 'people|person|users?|readers?|authors?|operators?|contributors?|colleagues?'

export const AVOIDED: readonly Avoided[] = [
  {
    pattern: new RegExp(`(?<!\\b(?:${PEOPLE})\\s)\\b(who|whom|whoever)\\b`, 'gi'),
    instead: 'name the request, batch or model',
  },
  { pattern: /\b(some|any|no|every)body\b/gi, instead: 'name the request, batch or model' },
  { pattern: /\b(is|are|was|were|be|been|being)\s+told\b/gi, instead: 'gets, is configured with' },
  { pattern: /\b(comes?|came)\s+to\b/gi, instead: 'arrives at, is' },
  { pattern: /\b(go|goes|went)\s+by\b/gi, instead: 'depends on, uses' },
  { pattern: /\bcomes?\s+and\s+goe?s?\b/gi, instead: 'model swapping' },
  { pattern: /\bstandstills?\b/gi, instead: 'stall' },
  {
    // "How long that takes a calibration measures."
    pattern:
      /\b(how|what|whether|which)\b[^.?!:;,|]*\b(is|are|has|have|takes?|does|lies?)\b[^.?!:;,|]*\b(an?|the)\s+[\w\s-]{1,30}\s(does not |do not )?(measures?|decides?|tells?|says?|knows?|shows?|reports?)[.,;]/gi,
    instead: 'the subject first, then the verb',
  },
]

export interface Prose {
  readonly path: string
  readonly text: string
}

/** `path:line: "phrase" (what to write instead)` for each phrase that is avoided. */
export function avoidedWords(files: readonly Prose[]): string[] {
  return files.flatMap(({ path, text }) =>
    AVOIDED.flatMap(({ pattern, instead }) =>
      [...text.matchAll(pattern)].map((match) => {
        const line = text.slice(0, match.index).split('\n').length
        return `${path}:${line}: "${match[0].replace(/\s+/g, ' ')}" (${instead})`
      }),
    ),
  )
}

/** The prose of a Markdown page: code is blanked, so that lines keep their numbers. */
export function proseOfPage(markdown: string): string {
  return markdown
    .replace(/^\s*```[\s\S]*?^\s*```/gm, (block) => block.replace(/[^\n]/g, ' '))
    .replace(/`[^`\n]*`/g, (code) => ' '.repeat(code.length))
}

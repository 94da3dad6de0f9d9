import { visible } from '../../scenarios/index.ts'

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text for use in HTML content and quoted attributes. */
function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => ENTITIES[character]!)
}

/** HTML that needs no escaping. */
export interface Html {
  readonly html: string
}

type Part = Html | string | number | readonly Part[]

/**
 * Builds HTML. Inserted text is escaped; inserted `Html` and lists of it are not. Right-to-left
 * words are isolated, so that they reorder nothing beside them.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let [text, inTag] = ['', false]
  strings.forEach((literal, i) => {
    const [opened, closed] = [literal.lastIndexOf('<'), literal.lastIndexOf('>')]
    if (opened !== closed) inTag = opened > closed
    text += literal + (i < parts.length ? render(parts[i]!, inTag ? escapeHtml : content) : '')
  })
  return { html: text }
}

/** A foreign text as a whole, in its own direction. */
export const isolated = (text: string): Html => ({ html: `<bdi>${escapeHtml(text)}</bdi>` })

/** A text for elements that cannot hold others, such as titles. */
export const unmarked = (text: string): Html => ({ html: escapeHtml(text) })

function render(part: Part, ofText: (text: string) => string): string {
  if (typeof part === 'string') return ofText(part)
  if (typeof part === 'number') return String(part)
  return 'html' in part ? part.html : part.map((inserted) => render(inserted, ofText)).join('')
}

/** Words in right-to-left letters (by their Unicode blocks), and spaces between them. */
const BLOCKS =
  '\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufefc\\u{10800}-\\u{10fff}\\u{1e800}-\\u{1efff}'
const RIGHT_TO_LEFT = new RegExp(`[${BLOCKS}]+(?:[ \\u00a0]+[${BLOCKS}]+)*`, 'gu')

const content = (text: string) => escapeHtml(text).replace(RIGHT_TO_LEFT, '<bdi>$&</bdi>')

export const NOTHING: Html = { html: '' }

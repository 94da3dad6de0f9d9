/**
 * Characters that no reader sees but a terminal, a browser or an XML parser acts on: controls,
 * formats (bidirectional and invisible ones), separators of lines, halves of pairs, noncharacters.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}]/gu
/** Most texts hold nothing else, and take a tenth of the time to look through. */
const PLAIN = /^[\t\n\x20-\x7e]*$/

/** Text that can be printed, drawn and put into a page: `\u{202e}` in place of what is hidden. */
export function visible(text: string): string {
  if (PLAIN.test(text)) return text
  return text.replace(HIDDEN, (one) => (one === '\n' || one === '\t' ? one : codeOf(one)))
}

/** The same for what shares a line with other texts: line breaks and tabs are shown, too. */
export function visibleLine(text: string): string {
  return visible(text).replace(/[\n\t]/g, codeOf)
}

/** JSON that can be printed and has the same content: nothing hidden stands outside of strings. */
export function visibleJson(json: string): string {
  if (PLAIN.test(json)) return json
  return json.replace(HIDDEN, (one) => (one === '\n' ? one : unitsOf(one)))
}

const codeOf = (one: string) => `\\u{${one.codePointAt(0)!.toString(16)}}`

const unitsOf = (one: string) =>
  Array.from(
    { length: one.length },
    (_, i) => `\\u${one.charCodeAt(i).toString(16).padStart(4, '0')}`,
  ).join('')

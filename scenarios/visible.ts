/**
 * Characters that are invisible to readers but affect a terminal, a browser or an XML parser:
 * controls, formats (bidirectional and invisible ones), line separators, unpaired surrogates,
 * noncharacters.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}]/gu
/** Most texts hold only these characters, and are checked ten times as fast. */
const PLAIN = /^[\t\n\x20-\x7e]*$/

/**
 * The second # of what a runner of continuous integration takes for a command wherever it stands in
 * a line: `##[…]` of GitHub Actions, `##vso[…]` of Azure Pipelines.
 */
const COMMAND = /(?<=#)#(?=[a-z]*\[)/gi

/**
 * Text that can be printed, drawn and put into a page: hidden characters are shown as `\u{202e}`,
 * and no part of it is a command to a runner that shows it.
 */
export function visible(text: string): string {
  const shown = PLAIN.test(text)
    ? text
    : text.replace(HIDDEN, (character) =>
        character === '\n' || character === '\t' ? character : codeOf(character),
      )
  return shown.includes('##') ? shown.replace(COMMAND, codeOf) : shown
}

/** The same for a text that shares a line with others: line breaks and tabs are shown, too. */
export function visibleLine(text: string): string {
  return visible(text).replace(/[\n\t]/g, codeOf)
}

/**
 * JSON that can be printed and has the same content: hidden characters and commands occur only
 * inside strings.
 */
export function visibleJson(json: string): string {
  const shown = PLAIN.test(json)
    ? json
    : json.replace(HIDDEN, (character) => (character === '\n' ? character : unitsOf(character)))
  return shown.includes('##') ? shown.replace(COMMAND, unitsOf) : shown
}

const codeOf = (character: string) => `\\u{${character.codePointAt(0)!.toString(16)}}`

const unitsOf = (character: string) =>
  character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')

const [QUOTE, BACKSLASH, COMMA, BRACKET, BRACE] = [0x22, 0x5c, 0x2c, 0x5b, 0x7b]
const [END_BRACKET, END_BRACE] = [0x5d, 0x7d]

/** Each level of a parser takes memory, many times its one character. */
const MOST_LEVELS = 1000

/** Whether a text has no more than 1000 levels as JSON. */
export function isShallow(text: string): boolean {
  let level = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at)
    else if (code === BRACKET || code === BRACE) {
      if (++level > MOST_LEVELS) return false
    } else if (code === END_BRACKET || code === END_BRACE) level--
  }
  return true
}

/** Where the string that begins at `from` ends. */
function endOfString(text: string, from: number): number {
  let at = from + 1
  for (; at < text.length && text.charCodeAt(at) !== QUOTE; at++) {
    if (text.charCodeAt(at) === BACKSLASH) at++
  }
  return at
}

/** Whether a text has at most `most` values as JSON, which has a comma before each next. */
export function hasFewValues(text: string, most: number): boolean {
  let count = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at)
    else if ((code === COMMA || code === BRACKET || code === BRACE) && ++count > most) {
      return false
    }
  }
  return true
}
